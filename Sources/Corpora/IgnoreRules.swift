import Platform

/// The ignore files that hold in one folder: its own, those of the folders above it up to the repository's top,
/// the repository's `info/exclude`, and the person's own (`core.excludesFile`).
///
/// `.inklingignore` decides before `.gitignore`, so that `!notes/` in it brings back what git ignores. Among
/// files of one name the deepest decides, and within a file the last rule that matches. A link is no ignore file, as with
/// git.
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
  /// Of the repository at hand.
  private var ignoresCase = false
  /// Whether there are more rules than anybody writes: then nothing says what the person wants left out.
  private(set) var isTooLarge = false

  static let inklingFileName = ".inklingignore"
  static let gitFileName = ".gitignore"
  static let repositoryName = ".git"
  /// Of all files that hold in one folder.
  private static let byteLimit = 1 << 24
  private static let ruleLimit = 1 << 20

  /// The rules that hold in the folder `root` because of what is above it.
  init(above root: String) {
    guard let absolute = realPath(root), let top = GitRepository.top(above: absolute) else {
      addRepository(nil, depth: 0, prefix: [])
      return
    }
    let (from, to) = (top.systemPathBytes, absolute.systemPathBytes)
    addRepository(GitRepository(top: top), depth: 0, prefix: Self.prefix(from: from, to: to))
    // From the top down to the folder just above the root.
    var end = from.count
    while end < to.count {
      let folder = Array(to[..<end])
      let prefix = Self.prefix(from: folder, to: to)
      if let open = try? OpenFolder(String(systemPathBytes: folder)) {
        addFile(Self.gitFileName, in: open, depth: 0, prefix: prefix, to: \.gitLevels)
        addFile(Self.inklingFileName, in: open, depth: 0, prefix: prefix, to: \.inklingLevels)
      }
      end = to[(end + 1)...].firstIndex(of: UInt8(ascii: "/")) ?? to.count
    }
  }

  private static func prefix(from folder: [UInt8], to root: [UInt8]) -> [UInt8] {
    guard folder.count < root.count else { return [] }
    return Array(root[(folder.count == 1 ? 1 : folder.count + 1)...]) + [UInt8(ascii: "/")]
  }

  /// The rules in a folder below: these, and those of the files in it.
  ///
  /// - Parameters:
  ///   - path: where the folder is.
  ///   - relativePath: the same relative to the root, empty for the root itself.
  ///   - names: what is in it.
  func entering(_ folder: OpenFolder, path: String, relativePath: [UInt8], names: some Collection<[UInt8]>)
    -> IgnoreRules
  {
    var rules = self
    let depth = relativePath.isEmpty ? 0 : relativePath.count + 1
    for name in names where name.first == UInt8(ascii: ".") {
      if !relativePath.isEmpty && name.elementsEqual(Self.repositoryName.utf8) {
        // A repository within: what is ignored around it says nothing about its files.
        rules.gitLevels = []
        rules.addRepository(GitRepository(top: path), depth: depth, prefix: [])
      } else if name.elementsEqual(Self.gitFileName.utf8) {
        rules.addFile(Self.gitFileName, in: folder, depth: depth, prefix: [], to: \.gitLevels)
      } else if name.elementsEqual(Self.inklingFileName.utf8) {
        rules.addFile(Self.inklingFileName, in: folder, depth: depth, prefix: [], to: \.inklingLevels)
      }
    }
    return rules
  }

  /// What the rules say of a path relative to the root. Nil if they say nothing.
  ///
  /// - Parameter budget: steps that may be taken; those that were are taken off.
  /// - Returns: the verdict, and whether an `.inklingignore` gave it.
  func verdict(
    _ path: [UInt8], isDirectory: Bool, budget: inout Int
  ) -> (verdict: IgnoreFile.Verdict, isInklings: Bool)? {
    for level in inklingLevels.reversed() {
      if let verdict = Self.verdict(level, path, isDirectory, &budget) { return (verdict, true) }
    }
    for level in gitLevels.reversed() {
      if let verdict = Self.verdict(level, path, isDirectory, &budget) { return (verdict, false) }
    }
    return nil
  }

  private static func verdict(
    _ level: Level, _ path: [UInt8], _ isDirectory: Bool, _ budget: inout Int
  ) -> IgnoreFile.Verdict? {
    if level.prefix.isEmpty {
      return level.file.verdict(path[level.depth...], isDirectory: isDirectory, budget: &budget)
    }
    return level.file.verdict((level.prefix + path)[...], isDirectory: isDirectory, budget: &budget)
  }

  // MARK: Reading

  private typealias Levels = WritableKeyPath<IgnoreRules, [Level]>

  private mutating func addFile(
    _ name: String, in folder: OpenFolder, depth: Int, prefix: [UInt8], to levels: Levels
  ) {
    guard let (descriptor, status) = folder.openRegularFile(Array(name.utf8)) else { return }
    defer { close(descriptor) }
    add(descriptor, status, name: name, depth: depth, prefix: prefix, to: levels)
  }

  private mutating func addFile(atPath path: String, depth: Int, prefix: [UInt8]) {
    guard let (descriptor, status) = try? openRegularFile(path) else { return }
    defer { close(descriptor) }
    add(descriptor, status, name: path, depth: depth, prefix: prefix, to: \.gitLevels)
  }

  private mutating func add(
    _ descriptor: Int32, _ status: stat, name: String, depth: Int, prefix: [UInt8], to levels: Levels
  ) {
    let all = gitLevels + inklingLevels
    let room = Self.byteLimit - all.reduce(0) { $0 + $1.file.byteCount }
    guard Int(status.st_size) <= room, let bytes = try? readAll(descriptor, path: name, limit: room) else {
      isTooLarge = true
      return
    }
    let file = IgnoreFile(bytes, ignoresCase: ignoresCase)
    guard file.ruleCount + all.reduce(0, { $0 + $1.file.ruleCount }) <= Self.ruleLimit else {
      isTooLarge = true
      return
    }
    if !file.isEmpty { self[keyPath: levels].append(Level(file: file, depth: depth, prefix: prefix)) }
  }

  /// What holds in a whole repository, or outside of all: the user's own rules, and the repository's.
  private mutating func addRepository(_ repository: GitRepository?, depth: Int, prefix: [UInt8]) {
    let configuration = GitConfiguration(of: repository)
    ignoresCase = configuration.ignoresCase
    if let path = configuration.excludesPath(top: repository?.top) {
      addFile(atPath: path, depth: depth, prefix: prefix)
    }
    if let repository {
      addFile(atPath: repository.commonFolder + "/info/exclude", depth: depth, prefix: prefix)
    }
  }
}
