/// Opens the regular file at `path` for reading, for a path that was found rather than chosen.
///
/// Whatever else may lie there (a pipe, a terminal, a device) is not waited for, and not opened again: the status that is
/// judged is that of what was opened.
///
/// - Returns: the descriptor, to be closed, and the file's status.
/// - Throws: `Failure` naming the path; also when it is no regular file.
package func openRegularFile(_ path: String) throws(Failure) -> (descriptor: Int32, status: stat) {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
  guard descriptor >= 0 else { throw Failure.system(path, doing: "open") }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else {
    let failure = Failure.system(path, doing: "inspect")
    close(descriptor)
    throw failure
  }
  guard status.st_mode & S_IFMT == S_IFREG else {
    close(descriptor)
    throw notRegular(path, status)
  }
  return (descriptor, status)
}

private func notRegular(_ path: String, _ status: stat) -> Failure {
  if status.st_mode & S_IFMT == S_IFDIR {
    return Failure(path, why: "is a directory", remedy: "name a file")
  }
  return Failure(path, why: "is not a regular file", remedy: "name a file")
}

/// The whole content of the regular file at `path`, at most `limit` bytes of it.
///
/// Its size is judged before anything is read, so that a sparse file of a terabyte costs nothing.
///
/// - Throws: `Failure` naming the path; also when the file is longer than `limit`, or no regular file.
package func readFile(_ path: String, limit: Int = .max) throws(Failure) -> [UInt8] {
  let (descriptor, _) = try openRegularFile(path)
  defer { close(descriptor) }
  return try readAll(descriptor, path: path, limit: limit)
}

/// What a person named on the command line to be read: a file, a pipe or a device, waited for.
///
/// - Throws: `Failure` naming the path; also when there is more than `limit` bytes of it.
package func readNamedInput(_ path: String, limit: Int = .max) throws(Failure) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
  guard descriptor >= 0 else { throw Failure.system(path, doing: "open") }
  defer { close(descriptor) }
  return try readAll(descriptor, path: path, limit: limit)
}

/// Everything that can still be read from an open descriptor (standard input is 0).
package func readAll(_ descriptor: Int32, path: String, limit: Int = .max) throws(Failure) -> [UInt8] {
  var result: [UInt8] = []
  var status = stat()
  if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
    guard Int(status.st_size) <= limit else { throw tooLong(path, limit) }
    // A sparse file may claim more than there is memory for; what is there is read all the same.
    result.reserveCapacity(min(Int(status.st_size), 1 << 28))
  }
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    if count == 0 { return result }
    if count < 0 {
      if errno == EINTR { continue }
      throw Failure.system(path, doing: "read")
    }
    guard result.count + count <= limit else { throw tooLong(path, limit) }
    result.append(contentsOf: chunk[..<count])
  }
}

private func tooLong(_ path: String, _ limit: Int) -> Failure {
  Failure(path, why: "is longer than \(limit) bytes", remedy: "split it")
}

/// Whether a file or directory is at `path` (links followed).
package func fileExists(_ path: String) -> Bool {
  var status = stat()
  return fileStatus(path, &status) == 0
}

/// Whether a directory is at `path` (links followed).
package func isDirectory(_ path: String) -> Bool {
  var status = stat()
  return fileStatus(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
