import CSystem

/// Replaces the file at `path` by one with `bytes`, so that a reader sees the old content or the new, whole.
public func writeFileAtomically(_ path: String, _ bytes: [UInt8]) throws(Failure) {
  let temporary = "\(path).tmp-\(getpid())"
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw Failure.system(path, doing: "create") }
  do throws(Failure) {
    defer { close(descriptor) }
    let outcome: Result<Void, Failure> = bytes.withUnsafeBytes { buffer in
      do throws(Failure) {
        try writeAll(descriptor, buffer, path: path)
        return .success(())
      } catch { return .failure(error) }
    }
    try outcome.get()
    guard fsync(descriptor) == 0 else { throw Failure.system(path, doing: "write") }
  } catch {
    unlink(temporary)
    throw error
  }
  guard rename(temporary, path) == 0 else {
    let failure = Failure.system(path, doing: "replace")
    unlink(temporary)
    throw failure
  }
}

/// Removes what killed processes left of writing `path`: siblings `path.tmp-PID` of processes that are no more.
public func removeAbandonedTemporaries(of path: String) {
  let slash = path.lastIndex(of: "/")
  let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  let prefix = (slash.map { String(path[path.index(after: $0)...]) } ?? path) + ".tmp-"
  for name in directoryEntries(directory) where name.hasPrefix(prefix) {
    guard let process = pid_t(name.dropFirst(prefix.count)), process > 0 else { continue }
    if kill(process, 0) != 0 && errno == ESRCH { removeTree(directory + "/" + name) }
  }
}

/// Makes `path` and the directories above it, like `mkdir -p`.
public func createDirectories(_ path: String) throws(Failure) {
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
public func removeTree(_ path: String) {
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
public func directoryEntries(_ path: String) -> [String] {
  guard let stream = path.withSystemPath({ opendir($0) }) ?? nil else { return [] }
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

/// A directory that is written beside its final place and renamed into it when whole.
///
/// Until `commit()` the old directory is untouched; without a commit, or on `cancel()`, nothing is left behind.
/// The exchange is one `renameat2(RENAME_EXCHANGE)` on Linux, so that no reader finds the directory missing.
public struct DirectoryReplacement: ~Copyable {
  public let path: String
  /// Where to write the new content.
  public let temporaryPath: String
  private var isDone = false

  /// Makes an empty temporary sibling of `path` (and the directories above it).
  public init(_ path: String) throws(Failure) {
    var trimmed = path
    while trimmed.count > 1 && trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.path = trimmed
    temporaryPath = "\(trimmed).tmp-\(getpid())"
    if let slash = trimmed.lastIndex(of: "/"), slash != trimmed.startIndex {
      try createDirectories(String(trimmed[..<slash]))
    }
    if fileExists(trimmed) && !isDirectory(trimmed) {
      throw Failure(trimmed, why: "is a file, not a directory", remedy: "choose another --output")
    }
    removeAbandonedTemporaries(of: trimmed)
    removeTree(temporaryPath)
    guard mkdir(temporaryPath, 0o755) == 0 else { throw Failure.system(trimmed, doing: "create") }
  }

  /// Puts the new directory in the old one's place and removes the old one.
  public mutating func commit() throws(Failure) {
    if fileExists(path) {
      guard exchange(temporaryPath, path) else { throw Failure.system(path, doing: "replace") }
      removeTree(temporaryPath)
    } else if rename(temporaryPath, path) != 0 {
      throw Failure.system(path, doing: "create")
    }
    isDone = true
  }

  /// Removes what was written so far.
  public mutating func cancel() {
    guard !isDone else { return }
    removeTree(temporaryPath)
    isDone = true
  }

  deinit { if !isDone { removeTree(temporaryPath) } }
}

/// Exchanges two paths atomically where the system can, else by two renames.
private func exchange(_ first: String, _ second: String) -> Bool {
  if inkling_exchange_paths(first, second) { return true }
  let aside = second + ".old-\(getpid())"
  guard rename(second, aside) == 0 else { return false }
  guard rename(first, second) == 0 else {
    rename(aside, second)
    return false
  }
  return rename(aside, first) == 0
}
