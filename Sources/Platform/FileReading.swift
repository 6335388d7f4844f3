/// The whole content of the file at `path`, at most `limit` bytes of it.
///
/// - Throws: `Failure` naming the path; also when the file is longer than `limit`.
public func readFile(_ path: String, limit: Int = .max) throws(Failure) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw Failure.system(path, doing: "open") }
  defer { close(descriptor) }
  return try readAll(descriptor, path: path, limit: limit)
}

/// Everything that can still be read from an open descriptor (standard input is 0).
public func readAll(_ descriptor: Int32, path: String, limit: Int = .max) throws(Failure) -> [UInt8] {
  var result: [UInt8] = []
  var status = stat()
  if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
    guard Int(status.st_size) <= limit else {
      throw Failure(path, why: "is longer than \(limit) bytes", remedy: "split it")
    }
    result.reserveCapacity(Int(status.st_size))
  }
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    if count == 0 { return result }
    if count < 0 {
      if errno == EINTR { continue }
      throw Failure.system(path, doing: "read")
    }
    guard result.count + count <= limit else {
      throw Failure(path, why: "is longer than \(limit) bytes", remedy: "split it")
    }
    result.append(contentsOf: chunk[..<count])
  }
}

/// Writes all of `bytes` to an open descriptor, however many calls that takes.
public func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, path: String) throws(Failure) {
  var offset = 0
  while offset < bytes.count {
    let count = write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
    if count < 0 {
      if errno == EINTR { continue }
      throw Failure.system(path, doing: "write")
    }
    offset += count
  }
}

/// Whether a file or directory is at `path` (links followed).
public func fileExists(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0
}

/// Whether a directory is at `path` (links followed).
public func isDirectory(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
