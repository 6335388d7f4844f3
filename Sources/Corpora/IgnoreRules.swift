import Platform

/// The ignore files that hold in one folder: its own, those of the folders above it up to the repository's top,
/// and the repository's `info/exclude`.
///
/// `.inklingignore` decides before `.gitignore`, so that `!notes/` in it brings back what git ignores. Among
/// files of one name the deepest decides, and within a file the last rule that matches.
struct IgnoreRules: Sendable {
  private struct Level {
    var file: IgnoreFile
    /// How much of a path, relative to the walk's root, lies before the file's folder. Negative: the root lies
    /// deeper than the file, below `prefix`.
    var depth: Int
    /// The path from the file's folder to the root, with a slash at its end; empty where `depth` is not negative.
    var prefix: [UInt8]
  }

  /// From the least to the most important.
  private var gitLevels: [Level] = []
  private var inklingLevels: [Level] = []

  static let inklingFileName = ".inklingignore"
  static let gitFileName = ".gitignore"

  /// The rules that hold in the folder `root` because of what is above it.
  init(above root: String) {
    guard let absolute = realPath(root), let top = Self.repositoryTop(absolute) else {
      addGlobalFile(prefix: [])
      return
    }
    let prefix = Self.prefix(from: top, to: absolute)
    addGlobalFile(prefix: prefix)
    addFile(top + "/.git/info/exclude", depth: 0, prefix: prefix, to: \.gitLevels)
    guard top != absolute else { return }
    // From the top down to the folder just above the root.
    var folder = top
    let rest = absolute.dropFirst(top == "/" ? 1 : top.count + 1).split(separator: "/")
    for part in rest {
      let prefix = Self.prefix(from: folder, to: absolute)
      addFile(folder + "/" + Self.gitFileName, depth: 0, prefix: prefix, to: \.gitLevels)
      addFile(folder + "/" + Self.inklingFileName, depth: 0, prefix: prefix, to: \.inklingLevels)
      folder += (folder == "/" ? "" : "/") + part
    }
  }

  private static func prefix(from folder: String, to root: String) -> [UInt8] {
    guard folder != root else { return [] }
    return Array(root.dropFirst(folder == "/" ? 1 : folder.count + 1).utf8) + [UInt8(ascii: "/")]
  }

  /// The nearest folder from `path` up that holds `.git`.
  private static func repositoryTop(_ path: String) -> String? {
    var folder = path
    while true {
      if fileExists((folder == "/" ? "" : folder) + "/.git") { return folder }
      guard folder != "/", let slash = folder.lastIndex(of: "/") else { return nil }
      folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
    }
  }

  /// The rules in a folder below: these, and those of the files in it.
  ///
  /// - Parameters:
  ///   - path: where the folder is.
  ///   - relativePath: the same relative to the root, empty for the root itself.
  ///   - names: what is in it.
  func entering(_ path: String, relativePath: [UInt8], names: [String]) -> IgnoreRules {
    var rules = self
    let depth = relativePath.isEmpty ? 0 : relativePath.count + 1
    if names.contains(".git") && !relativePath.isEmpty {
      // A repository within: what is ignored around it says nothing about its files.
      rules.gitLevels = []
      rules.addGlobalFile(prefix: [])
      rules.addFile(path + "/.git/info/exclude", depth: depth, prefix: [], to: \.gitLevels)
    }
    if names.contains(Self.gitFileName) {
      rules.addFile(path + "/" + Self.gitFileName, depth: depth, prefix: [], to: \.gitLevels)
    }
    if names.contains(Self.inklingFileName) {
      rules.addFile(path + "/" + Self.inklingFileName, depth: depth, prefix: [], to: \.inklingLevels)
    }
    return rules
  }

  /// What the rules say of a path relative to the root. Nil if they say nothing.
  ///
  /// - Returns: the verdict, and whether an `.inklingignore` gave it.
  func verdict(_ path: [UInt8], isDirectory: Bool) -> (IgnoreFile.Verdict, isInklings: Bool)? {
    for level in inklingLevels.reversed() {
      if let verdict = Self.verdict(level, path, isDirectory) { return (verdict, true) }
    }
    for level in gitLevels.reversed() {
      if let verdict = Self.verdict(level, path, isDirectory) { return (verdict, false) }
    }
    return nil
  }

  private static func verdict(_ level: Level, _ path: [UInt8], _ isDirectory: Bool) -> IgnoreFile.Verdict? {
    if level.prefix.isEmpty { return level.file.verdict(path[level.depth...], isDirectory: isDirectory) }
    return level.file.verdict((level.prefix + path)[...], isDirectory: isDirectory)
  }

  // MARK: Reading

  private mutating func addFile(
    _ path: String, depth: Int, prefix: [UInt8], to levels: WritableKeyPath<IgnoreRules, [Level]>
  ) {
    guard let bytes = try? readFile(path, limit: 1 << 24) else { return }
    let file = IgnoreFile(bytes)
    if !file.isEmpty { self[keyPath: levels].append(Level(file: file, depth: depth, prefix: prefix)) }
  }

  /// The user's ignore file for all repositories.
  private mutating func addGlobalFile(prefix: [UInt8]) {
    let folder: String
    if let configuration = getenv("XDG_CONFIG_HOME"), configuration.pointee != 0 {
      folder = String(cString: configuration)
    } else if let home = getenv("HOME"), home.pointee != 0 {
      folder = String(cString: home) + "/.config"
    } else {
      return
    }
    addFile(folder + "/git/ignore", depth: 0, prefix: prefix, to: \.gitLevels)
  }
}
