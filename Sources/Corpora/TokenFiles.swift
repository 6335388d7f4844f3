import Platform
import Privacy

/// Files that somebody has split into tokens: one sentence a line, tokens split by white space (single spaces, as a
/// rule), so that results compare token for token with other toolkits. `TypeReader` reads them.
package struct TokenFiles: Sendable {
  /// What stands between `<s>` and `</s>`.
  package typealias SequenceUnit = Privacy.SequenceUnit

  /// The files, each once, folders replaced by the files in them; in the order named, folders by the bytes of the paths.
  package let paths: [String]
  /// How many were left out because they are measured on.
  package let heldOutCount: Int
  /// How many were left out because they were forgotten on request.
  package let forgottenCount: Int

  /// Entries of folders that are looked at in all.
  private static let entryLimit = 5_000_000
  /// No real tree is this deep.
  private static let depthLimit = 64

  /// - Parameters:
  ///   - roots: files and folders. Names that begin with a dot, links and model directories are passed over inside folders.
  ///   - heldOutFiles: files to leave out.
  ///   - forgotten: files and folders to leave out as well: absolute paths, links resolved.
  /// - Throws: `Failure` naming a path that is not there, or that holds no file.
  package init(
    _ roots: [String], leavingOut heldOutFiles: HeldOutFiles = HeldOutFiles(), forgotten: [String] = []
  ) throws(Failure) {
    var found: [String] = []
    var room = Self.entryLimit
    var heldOutCount = 0
    var forgottenCount = 0
    for root in roots {
      if let real = realPath(root) {
        guard !ModelFiles.isInModel(real), !ModelFiles.isModel(atPath: real) else {
          throw Failure(root, why: "belongs to a model", remedy: "name the text that it was trained on")
        }
      } else if !fileExists(root) {
        // A pipe has no place in the tree, and is there all the same.
        throw Failure.system(root, doing: "open", errno: ENOENT)
      }
      let before = found.count
      if let folder = try? OpenFolder(root) {
        var trimmed = root.systemPathBytes
        while trimmed.count > 1 && trimmed.last == UInt8(ascii: "/") { trimmed.removeLast() }
        Self.collect(folder, trimmed, depth: 0, room: &room, into: &found)
      } else {
        found.append(root)
      }
      guard found.count > before else {
        throw Failure(
          root, why: "no readable file in it (links are not followed)",
          remedy: "name a file or a folder of token files")
      }
      let kept = found[before...].filter { !Self.isForgotten($0, forgotten) }
      let learned = kept.filter { !heldOutFiles.contains($0) }
      forgottenCount += found.count - before - kept.count
      heldOutCount += kept.count - learned.count
      found.replaceSubrange(before..., with: learned)
    }
    guard !found.isEmpty || roots.isEmpty else {
      throw Failure(
        roots.joined(separator: ", "),
        why: forgottenCount == 0
          ? "all of it is held out by --valid or --test"
          : "all of it is forgotten on request or held out by --valid or --test",
        remedy: "name other files to learn from")
    }
    paths = found
    self.heldOutCount = heldOutCount
    self.forgottenCount = forgottenCount
  }

  private static func isForgotten(_ path: String, _ forgotten: [String]) -> Bool {
    guard !forgotten.isEmpty, let real = realPath(path) else { return false }
    return forgotten.contains { isPath(real, atOrBelow: $0) }
  }

  private static func collect(
    _ folder: OpenFolder, _ path: [UInt8], depth: Int, room: inout Int, into found: inout [String]
  ) {
    let names = folder.entries(limit: room)
    room -= names.count
    let last = path[((path.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...]
    if depth > 0 && ModelFiles.isModel(folder, name: last, names: names) { return }
    for name in names where name.first != UInt8(ascii: ".") {
      let entry = path == [UInt8(ascii: "/")] ? path + name : path + [UInt8(ascii: "/")] + name
      switch folder.status(of: name).map({ $0.st_mode & S_IFMT }) {
      case S_IFREG: found.append(String(systemPathBytes: entry))
      case S_IFDIR:
        guard depth < depthLimit, let below = try? folder.folder(name),
          !SystemFolders.contains(String(systemPathBytes: entry), below)
        else { continue }
        collect(below, entry, depth: depth + 1, room: &room, into: &found)
      default: continue
      }
    }
  }
}
