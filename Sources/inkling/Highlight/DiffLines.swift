import Corpora
import Platform

/// The lines that are new or changed since a revision, as git tells them. Files that git does not know are new.
struct DiffLines: Sendable {
  private enum Lines: Sendable {
    case all
    case ranges([ClosedRange<Int>])
  }
  /// By the bytes of the path, absolute and links resolved: strings are equal where names are not (ä in two ways).
  private var changed: [[UInt8]: Lines] = [:]
  /// Folders whose files are all new, for their repository has no revision yet.
  private var newFolders: [String] = []

  /// The most names that git is given at once.
  private static let nameLimit = 500

  /// - Parameters:
  ///   - paths: the files and folders that are asked about.
  ///   - revision: what they are compared with.
  /// - Throws: `Failure` where one of them is in no repository, or there is no such revision.
  init(_ paths: [String], since revision: String) throws(Failure) {
    var names: [[UInt8]: [[UInt8]]] = [:]
    var order: [[UInt8]] = []
    for path in paths {
      guard let real = realPath(path) else { throw Failure.system(path, doing: "read") }
      if isDirectory(real) {
        try add(folder: real, names: nil, path, revision)
      } else {
        let bytes = real.systemPathBytes
        let slash = bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0
        let folder = Array(bytes[..<max(slash, 1)])
        if names[folder] == nil { order.append(folder) }
        names[folder, default: []].append(Array(bytes[(slash + 1)...]))
      }
    }
    for folder in order {
      var rest = (names[folder] ?? [])[...]
      while !rest.isEmpty {
        let some = rest.prefix(Self.nameLimit).map { String(systemPathBytes: $0) }
        rest = rest.dropFirst(Self.nameLimit)
        try add(folder: String(systemPathBytes: folder), names: some, some[0], revision)
      }
    }
  }

  /// The parts of a text that count.
  func byteRanges(of input: TextInput) -> [Range<Int>] {
    guard let path = input.path.flatMap({ realPath($0) }) else { return [] }
    if newFolders.contains(where: { isPath(path, atOrBelow: $0) }) { return [0..<input.bytes.count] }
    switch changed[path.systemPathBytes] {
    case nil: return []
    case .all: return [0..<input.bytes.count]
    case .ranges(let lines): return Self.byteRanges(ofLines: lines, in: input.bytes)
    }
  }

  private static func byteRanges(ofLines lines: [ClosedRange<Int>], in text: [UInt8]) -> [Range<Int>] {
    var starts = [0]
    for offset in text.indices where text[offset] == 0x0A { starts.append(offset + 1) }
    return lines.compactMap { lines in
      guard lines.lowerBound <= starts.count else { return nil }
      let end = lines.upperBound < starts.count ? starts[lines.upperBound] : text.count
      return starts[lines.lowerBound - 1]..<end
    }
  }

  /// - Parameters:
  ///   - names: of files in the folder; nil for all that is below it.
  ///   - path: to name in failures.
  private mutating func add(
    folder: String, names: [String]?, _ path: String, _ revision: String
  ) throws(Failure) {
    let git = try Git(folder: folder, alternative: "leave out --diff")
    guard let tree = try Self.tree(of: revision, git, path) else {
      newFolders += names?.map { Self.join(folder, $0.systemPathBytes) } ?? [folder]
      return
    }
    let which = names ?? ["."]
    var parser = DiffParser()
    let isWhole = try git.run(
      [
        "diff", "-U0", "--no-color", "--no-ext-diff", "--no-textconv", "--text", "--relative",
        "--inter-hunk-context=0", "--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules", tree, "--",
      ] + which, line: { parser.add($0) })
    guard isWhole else { throw Failure(path, why: "git diff failed", remedy: "try it there by hand") }
    for (name, lines) in parser.lines { changed[Self.join(folder, name).systemPathBytes] = .ranges(lines) }
    // Of a folder what is ignored is not read either; a file that is named is.
    let unknown = ["ls-files", "--others"] + (names == nil ? ["--exclude-standard"] : []) + ["--"] + which
    for name in try git.lines(unknown) ?? [] {
      changed[Self.join(folder, Git.unquoted(name[...])).systemPathBytes] = .all
    }
  }

  /// The tree that a revision names; nil where there is none yet.
  private static func tree(of revision: String, _ git: Git, _ path: String) throws(Failure) -> String? {
    guard !revision.hasPrefix("-"), !revision.isEmpty else {
      throw Failure(
        "--diff", why: "\"\(revision)\" is no revision", remedy: "name a commit, a tag or a branch")
    }
    let isRepository = try git.lines(["rev-parse", "--is-inside-work-tree"])
    guard isRepository == [Array("true".utf8)] else {
      throw Failure(path, why: "is in no git work tree", remedy: "leave out --diff to have all lines marked")
    }
    let answer = try git.lines(["rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{tree}"])
    if let tree = answer?.first, tree.count >= 40, tree.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
      return String(decoding: tree, as: UTF8.self)
    }
    if revision == standardRevision { return nil }
    throw Failure(
      "--diff", why: "\(revision) is no revision of the repository of \(path), and no file",
      remedy: "name a commit, a tag or a branch")
  }

  /// What is compared with where nothing is named.
  static let standardRevision = "HEAD"

  private static func join(_ folder: String, _ name: [UInt8]) -> String {
    (folder == "/" ? "/" : folder + "/") + String(systemPathBytes: name)
  }
}
