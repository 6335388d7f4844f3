/// A directory that is written beside its final place and renamed into it when whole.
///
/// Only what is absent, empty or of the same kind is ever replaced, and what a person keeps in such a directory moves
/// into the new one. Until `commit()` the old directory is untouched; without a commit, or on `cancel()`, nothing is
/// left behind. What a killed process leaves, the next replacement of the same path removes, after moving what is a
/// person's to where it belongs. A link is followed, and stays.
///
/// The exchange is one `renameat2(RENAME_EXCHANGE)` on Linux, so that no reader finds the directory missing. The
/// directory that goes and the one that comes are locked meanwhile, so that several processes can replace the same path.
package struct DirectoryReplacement: ~Copyable {
  /// The directory's own place, links resolved.
  package let path: String
  /// Where to write the new content.
  package let temporaryPath: String
  private let kind: DirectoryKind
  /// Holds the new directory's lock.
  private let descriptor: Int32
  private var isDone = false

  /// Makes an empty temporary sibling of `path` (and the directories above it).
  ///
  /// - Throws: `Failure` where something is that must not be replaced, or cannot be.
  package init(_ path: String, kind: DirectoryKind) throws(Failure) {
    let made = try begin(path, kind)
    self.kind = kind
    self.path = made.target
    temporaryPath = made.temporary
    descriptor = made.descriptor
    removeAbandoned(self.path, kind)
  }

  /// Whether something is at the path that would be replaced.
  package var replaces: Bool { fileExists(path) }

  /// Puts the new directory in the old one's place, moves what is a person's into it, and removes the rest of the old one.
  ///
  /// - Returns: what could not be moved, and stays where the failures say.
  package mutating func commit() throws(Failure) -> [Failure] {
    fsync(descriptor)
    for _ in 0..<1000 {
      let old = try lockExisting()
      let exchange = DirectoryExchange(
        temporary: temporaryPath, path: path, kind: kind, oldDescriptor: old)
      let outcome = WriteGate.pass { state in
        let outcome = exchange.run()
        if case .placed = outcome {
          state.temporaries[exchange.temporary] = nil
          state.placed.append(exchange.path)
        }
        return outcome
      }
      if let old { close(old) }
      switch outcome {
      case .retry: continue
      case .failed(let failure): throw failure
      case .placed(let problems):
        isDone = true
        close(descriptor)
        removeAbandoned(path, kind)
        return problems
      }
    }
    throw Failure(
      path, why: "is replaced by other programs again and again", remedy: "stop them, and try again")
  }

  /// The locked descriptor of the directory that is at the path now; nil if there is none.
  private func lockExisting() throws(Failure) -> Int32? {
    // A minute: whoever puts a directory in place holds it for milliseconds.
    for _ in 0..<30_000 {
      let old = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard old >= 0 else {
        if errno == ENOENT { return nil }
        if errno == ENOTDIR || errno == ELOOP {
          throw Failure(path, why: "is no directory any more", remedy: "choose another --output")
        }
        throw Failure.system(path, doing: "replace")
      }
      if lockWithoutWaiting(old) != .held { return old }
      close(old)
      usleep(2_000)
    }
    throw Failure(path, why: "is held by another program", remedy: "end it, and try again")
  }

  /// Removes what was written so far.
  package mutating func cancel() {
    guard !isDone else { return }
    isDone = true
    Self.remove(temporaryPath)
    close(descriptor)
  }

  private static func remove(_ temporary: String) {
    WriteGate.pass { state in
      guard let entry = state.temporaries.removeValue(forKey: temporary) else { return }
      WriteGate.remove(temporary, entry)
    }
  }

  deinit {
    guard !isDone else { return }
    Self.remove(temporaryPath)
    close(descriptor)
  }
}

private func begin(
  _ path: String, _ kind: DirectoryKind
) throws(Failure) -> (target: String, temporary: String, descriptor: Int32) {
  let target = try resolveDirectory(path)
  let (folder, _) = splitPath(target)
  restoreAbandoned(target, kind)
  if fileExists(target) { try kind.checkReplaceable(target) }
  let newFolders = missingFolders(from: folder)
  do {
    if !newFolders.isEmpty { try WriteGate.makeFolders(to: folder, newFolders: newFolders) }
    let made = try makeTemporary(beside: target, isDirectory: true, newFolders: newFolders)
    return (target, made.path, made.descriptor)
  } catch {
    WriteGate.pass { state in
      for folder in newFolders { rmdir(folder) }
      state.newFolders.removeAll(where: newFolders.contains)
    }
    throw error
  }
}

/// The moment in which the new directory takes the old one's place.
private struct DirectoryExchange: Sendable {
  enum Outcome: Sendable {
    case placed([Failure])
    /// Something else is at the path now.
    case retry
    case failed(Failure)
  }

  let temporary: String
  let path: String
  let kind: DirectoryKind
  /// The locked directory at the path; nil if there was none.
  let oldDescriptor: Int32?

  func run() -> Outcome {
    guard let oldDescriptor else {
      let code = renameIfFree(temporary, path)
      switch code {
      case 0:
        synchronizeDirectory(splitPath(path).folder)
        return .placed([])
      case EEXIST, ENOTEMPTY: return .retry
      default: return .failed(Failure.system(path, doing: "create", errno: code))
      }
    }
    guard isSameFile(path, oldDescriptor) else { return .retry }
    do throws(Failure) { try kind.checkReplaceable(path) } catch { return .failed(error) }
    var old = temporary
    var code = exchange(temporary, path)
    if code == EINVAL || code == ENOSYS || code == ENOTSUP { code = replaceInTwoSteps(&old) }
    guard code == 0 else { return .failed(Failure.system(path, doing: "replace", errno: code)) }
    let problems = emptyOldDirectory(old, into: path, kind)
    synchronizeDirectory(path)
    synchronizeDirectory(splitPath(path).folder)
    return .placed(problems)
  }

  /// For file systems that cannot exchange: the old directory steps aside. A process that is killed in between leaves
  /// the path empty until the next replacement puts the old directory back.
  private func replaceInTwoSteps(_ old: inout String) -> Int32 {
    let (folder, name) = splitPath(path)
    let aside = joinPath(folder, TemporaryName.random(for: name, TemporaryName.aside))
    guard rename(path, aside) == 0 else { return errno }
    guard rename(temporary, path) == 0 else {
      let code = errno
      rename(aside, path)
      return code
    }
    old = aside
    return 0
  }
}

/// Moves what is a person's out of a directory that was replaced, and removes the rest of it.
///
/// - Returns: what could not be moved. The directory then keeps its description, so that it is known for what it is.
private func emptyOldDirectory(_ old: String, into path: String, _ kind: DirectoryKind) -> [Failure] {
  let contents = kind.contents(of: old)
  var problems: [Failure] = []
  for name in contents.foreign where contents.isWhole || !kind.knownNames.contains(name) {
    var new = name
    var number = 1
    var code = renameIfFree(old + "/" + name, path + "/" + new)
    while code == EEXIST || code == ENOTEMPTY, number < 1000 {
      new = "\(name).~\(number)~"
      number += 1
      code = renameIfFree(old + "/" + name, path + "/" + new)
    }
    if code != 0 {
      problems.append(
        Failure.system(old + "/" + name, doing: "move into the new directory", errno: code))
    }
  }
  for name in contents.own where problems.isEmpty || name != kind.descriptionName {
    unlink(old + "/" + name)
  }
  if problems.isEmpty { rmdir(old) }
  return problems
}

/// Puts a directory back that a killed process had moved aside, where nothing has taken its place.
private func restoreAbandoned(_ path: String, _ kind: DirectoryKind) {
  var status = stat()
  guard lstat(path, &status) != 0, errno == ENOENT else { return }
  forEachAbandoned(path, TemporaryName.aside) { leftover in
    if kind.ownNames(leftover) != nil { _ = renameIfFree(leftover, path) }
  }
}

/// Removes what killed processes left beside `path`, but not what living ones are writing.
private func removeAbandoned(_ path: String, _ kind: DirectoryKind) {
  for mark in [TemporaryName.fresh, TemporaryName.aside] {
    forEachAbandoned(path, mark) { leftover in
      let contents = kind.contents(of: leftover)
      if contents.foreign.isEmpty {
        for name in contents.own { unlink(leftover + "/" + name) }
        rmdir(leftover)
      } else if contents.isWhole {
        // Killed between the exchange and the end of the moves.
        let current = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard current >= 0 else { return }
        defer { close(current) }
        guard lockWithoutWaiting(current) != .held, isSameFile(path, current) else { return }
        _ = emptyOldDirectory(leftover, into: path, kind)
      }
    }
  }
}

/// Calls `body`, within the gate, for each directory beside `path` that a killed process left, locked meanwhile.
private func forEachAbandoned(_ path: String, _ mark: String, _ body: (String) -> Void) {
  let (folder, name) = splitPath(path)
  for entry in directoryEntries(folder) {
    var process: pid_t?
    guard TemporaryName.isTemporary(entry, of: name, mark, process: &process) else { continue }
    // Those of 0.1.0 are not locked while they are written.
    if let process, isAlive(process) { continue }
    let leftover = joinPath(folder, entry)
    let descriptor = open(leftover, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { continue }
    defer { close(descriptor) }
    guard lockWithoutWaiting(descriptor) == .locked else { continue }
    WriteGate.pass { _ in
      if isSameFile(leftover, descriptor) { body(leftover) }
    }
  }
}

/// The place that a directory's path means: links followed, `.` and `..` and slashes at the end resolved. Nothing need
/// be there.
func resolveDirectory(_ path: String) throws(Failure) -> String {
  guard !path.isEmpty else { throw Failure("--output", why: "is empty", remedy: "name a folder") }
  var current = path
  for _ in 0..<40 {
    while current.count > 1, current.hasSuffix("/") || current.hasSuffix("/.") { current.removeLast() }
    var status = stat()
    if fileStatus(current, &status) == 0 { return realPath(current) ?? current }
    guard errno == ENOENT else { throw Failure.system(path, doing: "use") }
    if let target = linkTarget(current) {
      current = target.hasPrefix("/") ? target : joinPath(splitPath(current).folder, target)
      continue
    }
    let (folder, name) = splitPath(current)
    guard name != "..", name != "." else {
      throw Failure(path, why: "no such file or directory", remedy: "check the path")
    }
    guard let real = realPath(folder) else { return current }
    return joinPath(real, name)
  }
  throw Failure.system(path, doing: "use", errno: ELOOP)
}

/// The folders at and above `path` that are not there, the innermost first.
private func missingFolders(from path: String) -> [String] {
  var missing: [String] = []
  var rest = path
  while rest != ".", rest != "/", !fileExists(rest) {
    missing.append(rest)
    rest = splitPath(rest).folder
  }
  return missing
}
