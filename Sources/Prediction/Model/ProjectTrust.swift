import Platform

/// Which projects' `.inkling` folders are used: those that belong to whoever runs the program (or to root) and lie in their
/// project, and all in folders that this person has named.
///
/// Anybody can put an `.inkling` into a folder that others work in, or a link in a repository that others clone. (Git asks the
/// same of a `.git`: its safe.directory.)
public struct ProjectTrust: Hashable, Sendable {
  /// The name of a project's folder.
  public static let folderName = ".inkling"

  /// Absolute paths: projects there and below are trusted; `*` is all of them.
  public var folders: [String]

  public init(folders: [String] = []) { self.folders = folders }

  /// Whether the person has named a project's folder, or one above it.
  public func isNamed(_ root: String) -> Bool {
    folders.contains { named in
      guard named != "*" else { return true }
      return isPath(root, atOrBelow: named)
        || realPath(named).map { isPath(realPath(root) ?? root, atOrBelow: $0) } == true
    }
  }

  /// Why a project's `.inkling` is not used; nil if it is, or if there is none.
  public func refusal(ofProject root: String) -> Failure? {
    let path = (root == "/" ? "" : root) + "/" + Self.folderName
    var status = stat()
    guard fileStatus(path, &status) == 0 else { return nil }
    let remedy = "name the folder in the setting trust.folders to have it used"
    if status.st_uid != geteuid() && status.st_uid != 0, !isNamed(root) {
      return Failure(path, why: "belongs to another user and is not used", remedy: remedy)
    }
    if leadsOutside(path, of: root), !isNamed(root) {
      return Failure(path, why: "is a link that leads out of the project and is not used", remedy: remedy)
    }
    return nil
  }

  /// Why a path in a project is not used; nil if it is, or if nothing is there.
  ///
  /// - Parameter root: the folder that holds the `.inkling`.
  public func refusal(of path: String, inProject root: String) -> Failure? {
    guard !isNamed(root), leadsOutside(path, of: root) else { return nil }
    return Failure(
      path, why: "is a link that leads out of the project and is not used",
      remedy: "name the folder in the setting trust.folders to have it used")
  }

  /// The nearest folder at or above `folder` with an `.inkling` that is used.
  ///
  /// - Parameter refused: is given why others on the way are not.
  public func projectRoot(atOrAbove folder: String, refused: (Failure) -> Void = { _ in }) -> String? {
    var folder = folder
    while true {
      if isDirectory((folder == "/" ? "" : folder) + "/" + Self.folderName) {
        guard let refusal = refusal(ofProject: folder) else { return folder }
        refused(refusal)
      }
      guard let slash = folder.lastIndex(of: "/"), folder != "/" else { return nil }
      folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
    }
  }
}
