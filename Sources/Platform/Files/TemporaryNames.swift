import CSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

// What is written beside its place: random names that nobody can lie in wait at, and locks by which another process tells
// what is still being written from what a killed process left.

/// The mode of files that hold a person's text: their owner's alone.
package let privateFileMode: mode_t = 0o600
/// The mode of folders of such files.
package let privateDirectoryMode: mode_t = 0o700

/// Makes a new file and opens it for reading and writing. Whatever is at `path`, a link too, is an error.
///
/// - Returns: the descriptor, to be closed.
package func createFile(_ path: String, mode: mode_t = privateFileMode) throws(Failure) -> Int32 {
  let (descriptor, code) = WriteGate.pass { _ in createExclusively(path, mode) }
  guard descriptor >= 0 else { throw Failure.system(path, doing: "create", errno: code) }
  return descriptor
}

private func createExclusively(_ path: String, _ mode: mode_t) -> (descriptor: Int32, code: Int32) {
  let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
  return (descriptor, errno)
}

/// A file in `directory` without a name, open for reading and writing, its owner's alone. Nothing of it stays behind,
/// however the process ends.
///
/// - Returns: the descriptor, to be closed; -1, with errno, where none can be made.
package func openUnnamedFile(inDirectory directory: String) -> Int32 {
  let unnamed = directory.withSystemPath { inkling_open_unnamed_file($0) } ?? -1
  if unnamed >= 0 { return unnamed }
  // File systems without such files have named ones for a moment.
  let name = joinPath(directory, TemporaryName.random(for: "inkling", TemporaryName.fresh))
  return WriteGate.pass { _ in
    let (descriptor, code) = createExclusively(name, privateFileMode)
    if descriptor >= 0 { unlink(name) }
    errno = code
    return descriptor
  }
}

/// Opens a log for appending, and makes it, its owner's alone, if it is not there. What is there is never replaced.
///
/// - Returns: the descriptor, to be closed.
package func openForAppending(_ path: String) throws(Failure) -> Int32 {
  let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
  let descriptor = open(path, flags, privateFileMode)
  guard descriptor >= 0 else { throw Failure.system(path, doing: "open") }
  return descriptor
}

/// Names of temporaries: the target's name, `.tmp-` (or `.old-` for what makes room), the process and 64 random bits.
enum TemporaryName {
  static let fresh = ".tmp-"
  static let aside = ".old-"

  static func random(for name: String, _ mark: String) -> String {
    let bits = UInt64.random(in: 0 ... .max)
    let digits = String(bits, radix: 16)
    return stem(name) + mark + "\(getpid())-" + String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Names have at most 255 bytes.
  private static func stem(_ name: String) -> String {
    var stem = name
    while stem.utf8.count > 200 { stem.removeLast() }
    return stem
  }

  /// Whether `name` is that of a temporary for `target`.
  ///
  /// - Parameter process: set where the name has nothing but the process in it, as those of 0.1.0 have.
  static func isTemporary(_ name: String, of target: String, _ mark: String, process: inout pid_t?) -> Bool {
    process = nil
    let prefix = stem(target) + mark
    guard name.hasPrefix(prefix) else { return false }
    let parts = name.dropFirst(prefix.count).split(separator: "-", omittingEmptySubsequences: false)
    guard let number = parts.first.flatMap({ pid_t($0) }), number > 0 else { return false }
    if parts.count == 1 {
      process = number
      return true
    }
    return parts.count == 2 && parts[1].utf8.count == 16
      && parts[1].utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }
}

/// Whether what a descriptor refers to could be locked for this process.
enum LockOutcome {
  case locked
  /// Another process has it.
  case held
  /// The file system has no locks.
  case unsupported
}

func lockWithoutWaiting(_ descriptor: Int32) -> LockOutcome {
  while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
    if errno == EINTR { continue }
    return errno == EWOULDBLOCK ? .held : .unsupported
  }
  return .locked
}

/// Whether `path` itself, no link behind it, is what the descriptor refers to.
func isSameFile(_ path: String, _ descriptor: Int32) -> Bool {
  var named = stat()
  var opened = stat()
  return lstat(path, &named) == 0 && fstat(descriptor, &opened) == 0
    && named.st_dev == opened.st_dev && named.st_ino == opened.st_ino
}

/// A path's folder and its last part.
func splitPath(_ path: String) -> (folder: String, name: String) {
  guard let slash = path.lastIndex(of: "/") else { return (".", path) }
  return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
}

func joinPath(_ folder: String, _ name: String) -> String {
  folder == "/" ? "/" + name : folder == "." ? name : folder + "/" + name
}

/// A new file or folder beside `path`, locked for as long as its descriptor is open.
///
/// Whoever looks for what killed processes left takes the lock before removing anything; what it took between the
/// making and the locking here is made again under another name.
func makeTemporary(
  beside path: String, isDirectory: Bool, newFolders: [String] = []
) throws(Failure) -> (path: String, descriptor: Int32) {
  let (folder, name) = splitPath(path)
  var code: Int32 = 0
  for _ in 0..<100 {
    let temporary = joinPath(folder, TemporaryName.random(for: name, TemporaryName.fresh))
    let entry = WriteGate.Temporary(
      isDirectory: isDirectory, target: path, replaces: fileExists(path), newFolders: newFolders)
    let made: (descriptor: Int32, code: Int32) = WriteGate.pass { state in
      var result: (descriptor: Int32, code: Int32)
      if isDirectory {
        guard mkdir(temporary, privateDirectoryMode) == 0 else { return (-1, errno) }
        result.descriptor = open(temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        result.code = errno
      } else {
        result = createExclusively(temporary, privateFileMode)
      }
      if result.descriptor >= 0 {
        state.temporaries[temporary] = entry
        state.newFolders.removeAll(where: newFolders.contains)
      }
      return result
    }
    code = made.code
    if made.descriptor < 0 {
      if code == EEXIST || (isDirectory && code == ENOENT && fileExists(folder)) { continue }
      break
    }
    if lockWithoutWaiting(made.descriptor) != .held, isSameFile(temporary, made.descriptor) {
      return (temporary, made.descriptor)
    }
    close(made.descriptor)
    WriteGate.pass { state in state.temporaries[temporary] = nil }
  }
  throw Failure.system(path, doing: "create", errno: code)
}

/// Removes the files that killed processes left of writing `path`, but not those of living ones.
///
/// - Parameter includesOldNames: whether names with nothing but a process in them count, if that process is no more.
package func removeAbandonedTemporaries(of path: String, includesOldNames: Bool = false) {
  let (folder, name) = splitPath(path)
  for entry in directoryEntries(folder) {
    var process: pid_t?
    guard TemporaryName.isTemporary(entry, of: name, TemporaryName.fresh, process: &process) else { continue }
    if let process, !includesOldNames || isAlive(process) { continue }
    let leftover = joinPath(folder, entry)
    guard let (descriptor, _) = try? openRegularFile(leftover) else { continue }
    defer { close(descriptor) }
    guard lockWithoutWaiting(descriptor) == .locked, isSameFile(leftover, descriptor) else { continue }
    WriteGate.pass { _ in _ = unlink(leftover) }
  }
}

func isAlive(_ process: pid_t) -> Bool { kill(process, 0) == 0 || errno != ESRCH }
