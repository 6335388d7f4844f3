import Platform

/// Where the parts of a repository are: in its own `.git`, or, for a linked work tree and a submodule, where its file of
/// that name says.
struct GitRepository: Sendable {
  /// Of the work tree.
  let top: String
  /// The work tree's own folder of git's.
  let gitFolder: String
  /// What all work trees of a repository share.
  let commonFolder: String

  /// - Parameter top: a folder that has `.git`.
  init(top: String) {
    self.top = top
    let git = (top == "/" ? "" : top) + "/.git"
    gitFolder = Self.target(of: git, prefix: "gitdir:", from: top) ?? git
    commonFolder = Self.target(of: gitFolder + "/commondir", prefix: "", from: gitFolder) ?? gitFolder
  }

  /// The path that a small file holds; nil where there is none.
  private static func target(of file: String, prefix: String, from folder: String) -> String? {
    guard var bytes = try? readFile(file, limit: 1 << 16), bytes.starts(with: prefix.utf8) else { return nil }
    bytes.removeFirst(prefix.utf8.count)
    if !prefix.isEmpty { bytes = Array(bytes.drop { $0 == 0x20 }) }
    while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
    guard let first = bytes.first, !bytes.contains(0) else { return nil }
    let path = String(systemPathBytes: bytes)
    return first == UInt8(ascii: "/") ? path : folder + "/" + path
  }

  /// The nearest folder from `path` up that holds `.git`.
  ///
  /// - Parameter path: absolute, links resolved.
  static func top(above path: String) -> String? {
    var folder = path.systemPathBytes
    while true {
      let here = String(systemPathBytes: folder)
      if fileExists((here == "/" ? "" : here) + "/.git") { return here }
      guard folder.count > 1, let slash = folder.lastIndex(of: UInt8(ascii: "/")) else { return nil }
      folder = slash == 0 ? [UInt8(ascii: "/")] : Array(folder[..<slash])
    }
  }
}
