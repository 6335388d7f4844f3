import CSystem

/// What tells the directories that a program writes from all others, and its files in them from a person's.
package struct DirectoryKind: Sendable {
  /// As in "a model".
  package var name: String
  /// The file that is looked at first and goes last.
  package var descriptionName: String
  /// The names that its files may have, whatever the description says.
  package var knownNames: Set<String>
  /// The names of the kind's own files in a directory; nil if the directory is none of the kind.
  package var ownNames: @Sendable (_ directory: String) -> Set<String>?

  package init(
    name: String, descriptionName: String, knownNames: Set<String>,
    ownNames: @escaping @Sendable (_ directory: String) -> Set<String>?
  ) {
    self.name = name
    self.descriptionName = descriptionName
    self.knownNames = knownNames
    self.ownNames = ownNames
  }

  /// Entries of a directory.
  struct Contents {
    /// The kind's own, the description last.
    var own: [String] = []
    var foreign: [String] = []
    /// Whether the directory has been whole: it has its description.
    var isWhole = false
  }

  /// Sorts the entries of a directory, which may be half-written.
  func contents(of directory: String) -> Contents {
    let described = ownNames(directory)
    var contents = Contents(isWhole: described != nil)
    for name in directoryEntries(directory) {
      let isOwn = (described ?? knownNames).contains(name) || (described == nil && isTemporaryOfKnown(name))
      if isOwn && !isRealDirectory(directory + "/" + name) {
        contents.own.append(name)
      } else {
        contents.foreign.append(name)
      }
    }
    if let index = contents.own.firstIndex(of: descriptionName) {
      contents.own.append(contents.own.remove(at: index))
    }
    return contents
  }

  private func isTemporaryOfKnown(_ name: String) -> Bool {
    var process: pid_t?
    return knownNames.contains {
      TemporaryName.isTemporary(name, of: $0, TemporaryName.fresh, process: &process)
    }
  }

  /// Checks that a directory may be replaced: it is empty, or of the kind, and the system lets us.
  func checkReplaceable(_ path: String) throws(Failure) {
    var status = stat()
    guard fileStatus(path, &status) == 0 else { throw Failure.system(path, doing: "inspect") }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw Failure(path, why: "is a file, not a directory", remedy: "choose another --output")
    }
    let entries = try readDirectory(path)
    guard entries.isEmpty || ownNames(path) != nil else {
      let shown = entries.prefix(3).joined(separator: ", ") + (entries.count > 3 ? ", …" : "")
      throw Failure(
        path, why: "is neither empty nor \(name), and what is in it would be lost (\(shown))",
        remedy: "choose another --output, such as \(joinPath(path, "model"))")
    }
    let (folder, _) = splitPath(path)
    var above = stat()
    let isMount =
      path.withSystemPath { inkling_is_mount_point($0) } ?? false
      || (fileStatus(folder, &above) == 0 && above.st_dev != status.st_dev) || path == "/"
    guard !isMount else {
      throw Failure(
        path, why: "is a mount point, which cannot be replaced",
        remedy: "choose a folder in it, such as \(joinPath(path, "model"))")
    }
    guard path.withSystemPath({ access($0, R_OK | W_OK | X_OK) }) == 0 else {
      throw Failure.system(path, doing: "replace")
    }
    let user = geteuid()
    if above.st_mode & S_ISVTX != 0, user != 0, user != above.st_uid, user != status.st_uid {
      throw Failure(
        path, why: "belongs to another user, in a folder where only the owner may replace it",
        remedy: "choose another --output")
    }
  }
}

func isRealDirectory(_ path: String) -> Bool {
  var status = stat()
  return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Renames where nothing is at the new path.
///
/// - Returns: 0, or the error's number.
func renameIfFree(_ old: String, _ new: String) -> Int32 {
  let done =
    old.withSystemPath { old in new.withSystemPath { inkling_rename_if_free(old, $0) } ?? false } ?? false
  if done { return 0 }
  let code = errno
  guard code == EINVAL || code == ENOSYS || code == ENOTSUP else { return code }
  var status = stat()
  if lstat(new, &status) == 0 { return EEXIST }
  return rename(old, new) == 0 ? 0 : errno
}

/// Exchanges two paths atomically.
///
/// - Returns: 0, or the error's number.
func exchange(_ first: String, _ second: String) -> Int32 {
  let done =
    first.withSystemPath { first in second.withSystemPath { inkling_exchange_paths(first, $0) } ?? false }
    ?? false
  return done ? 0 : errno
}
