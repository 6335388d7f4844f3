/// Makes `path` and the directories above it, like `mkdir -p`.
package func createDirectories(_ path: String) throws(Failure) {
  if isDirectory(path) { return }
  if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
    try createDirectories(String(path[..<slash]))
  }
  if mkdir(path, 0o755) != 0 && errno != EEXIST { throw Failure.system(path, doing: "create") }
  guard isDirectory(path) else {
    throw Failure(path, why: "is not a directory", remedy: "choose another place")
  }
}

/// Removes `path` and everything below it, links not followed. Missing is not an error.
package func removeTree(_ path: String) {
  var status = stat()
  guard lstat(path, &status) == 0 else { return }
  if status.st_mode & S_IFMT == S_IFDIR {
    for name in directoryEntries(path) { removeTree(path + "/" + name) }
    rmdir(path)
  } else {
    unlink(path)
  }
}

/// The names in a directory without `.` and `..`, sorted by their bytes; empty if it cannot be read.
package func directoryEntries(_ path: String) -> [String] { (try? readDirectory(path)) ?? [] }

/// The names in a directory without `.` and `..`, sorted by their bytes.
package func readDirectory(_ path: String) throws(Failure) -> [String] {
  guard let stream = path.withSystemPath({ opendir($0) }) ?? nil else {
    throw Failure.system(path, doing: "read")
  }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(systemPath: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}
