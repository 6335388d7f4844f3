import Lexing
import Platform

/// Walks paths and lists the files that may be used, a folder at a time, in the order of their names.
///
/// Reads nothing but folders, ignore files, and the first line of files without an extension. Links are followed
/// after everything else; what was seen already is left out, so that loops end.
public struct CorpusWalker: Sendable {
  private struct Folder: Sendable {
    var path: String
    /// Relative to the walked path; empty for it itself.
    var relativePath: String
    var rules: IgnoreRules
  }
  private struct FileIdentity: Hashable, Sendable {
    var device: UInt64
    var number: UInt64

    init(_ status: stat) {
      device = UInt64(truncatingIfNeeded: status.st_dev)
      number = UInt64(truncatingIfNeeded: status.st_ino)
    }
  }
  /// A symbolic link, to be followed when all that is no link was seen.
  private struct Link: Sendable {
    var target: Folder
    var name: String
    var isFolder: Bool
  }
  private struct Root: Sendable {
    var path: String
    var isDirectory: Bool
  }

  public let options: CorpusOptions
  private let grammars: GrammarLibrary
  private var roots: [Root]
  private var folders: [Folder] = []
  private var links: [Link] = []
  private var files: [CorpusFile] = []
  private var seen: Set<FileIdentity> = []

  /// - Throws: if a path does not exist.
  public init(paths: [String], options: CorpusOptions = CorpusOptions(), grammars: GrammarLibrary)
    throws(Failure)
  {
    self.options = options
    self.grammars = grammars
    roots = []
    for path in paths.reversed() {
      var status = stat()
      guard stat(path, &status) == 0 else { throw Failure.system(path, doing: "read") }
      roots.append(Root(path: path, isDirectory: status.st_mode & S_IFMT == S_IFDIR))
    }
  }

  /// The next file; nil when there is none left.
  ///
  /// - Parameter report: told what is left out.
  public mutating func next(_ report: inout CorpusReport) -> CorpusFile? {
    while true {
      if let file = files.popLast() { return file }
      if let folder = folders.popLast() {
        enter(folder, &report)
      } else if let link = links.popLast() {
        follow(link, &report)
      } else if let root = roots.popLast() {
        begin(root, &report)
      } else {
        return nil
      }
    }
  }

  private mutating func begin(_ root: Root, _ report: inout CorpusReport) {
    guard root.isDirectory else {
      let name = String(root.path.split(separator: "/").last ?? "")
      addFile(root.path, relativePath: name, name: name, isNamed: true, &report)
      return
    }
    var path = root.path
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    guard markSeen(path) else {
      report.leaveOut(path, languageID: "", byteCount: 0, .linkSeenBefore)
      return
    }
    folders.append(Folder(path: path, relativePath: "", rules: IgnoreRules(above: path)))
  }

  private mutating func follow(_ link: Link, _ report: inout CorpusReport) {
    let target = link.target
    guard markSeen(target.path) else {
      report.leaveOut(target.path, languageID: "", byteCount: 0, .linkSeenBefore)
      return
    }
    if link.isFolder {
      enter(target, &report)
    } else {
      addFile(target.path, relativePath: target.relativePath, name: link.name, isNamed: false, &report)
    }
  }

  /// Lists a folder's files, and puts its folders where they come next.
  private mutating func enter(_ folder: Folder, _ report: inout CorpusReport) {
    let names = directoryEntries(folder.path)
    let prefix = folder.relativePath.isEmpty ? "" : folder.relativePath + "/"
    let rules =
      options.honoursIgnoreFiles
      ? folder.rules.entering(folder.path, relativePath: Array(folder.relativePath.utf8), names: names)
      : folder.rules
    var found: [Folder] = []
    for name in names {
      let path = folder.path == "/" ? "/" + name : folder.path + "/" + name
      let relativePath = prefix + name
      var status = stat()
      guard lstat(path, &status) == 0 else {
        report.leaveOut(path, languageID: "", byteCount: 0, .unreadable)
        continue
      }
      let isLink = status.st_mode & S_IFMT == S_IFLNK
      if isLink && stat(path, &status) != 0 { continue }
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      guard isFolder || status.st_mode & S_IFMT == S_IFREG else { continue }
      guard isWanted(path, relativePath, name, isFolder: isFolder, rules, &report) else { continue }
      let below = Folder(path: path, relativePath: relativePath, rules: rules)
      if isLink {
        if isFolder && !options.entersFolders { continue }
        links.append(Link(target: below, name: name, isFolder: isFolder))
      } else if !seen.insert(FileIdentity(status)).inserted {
        report.leaveOut(path, languageID: "", byteCount: 0, .linkSeenBefore)
      } else if isFolder {
        if options.entersFolders { found.append(below) }
      } else {
        addFile(path, relativePath: relativePath, name: name, status: status, isNamed: false, &report)
      }
    }
    files.reverse()
    folders += found.reversed()
  }

  private func isWanted(
    _ path: String, _ relativePath: String, _ name: String, isFolder: Bool, _ rules: IgnoreRules,
    _ report: inout CorpusReport
  ) -> Bool {
    // Version control's own folder is nothing that a rule could bring back.
    if name == ".git" { return false }
    var isIncluded = false
    if options.honoursIgnoreFiles,
      let (verdict, isInklings) = rules.verdict(Array(relativePath.utf8), isDirectory: isFolder)
    {
      if verdict == .ignored {
        report.leaveOut(path, languageID: "", byteCount: 0, isInklings ? .ignoredByInkling : .ignoredByGit)
        return false
      }
      isIncluded = isInklings
    }
    if isFolder && !isIncluded, let reason = FileNameRules.reasonToLeaveOutFolder(name) {
      report.leaveOut(path, languageID: "", byteCount: 0, reason)
      return false
    }
    return true
  }

  private mutating func addFile(
    _ path: String, relativePath: String, name: String, status known: stat? = nil, isNamed: Bool,
    _ report: inout CorpusReport
  ) {
    var status = known ?? stat()
    if known == nil && stat(path, &status) != 0 {
      report.leaveOut(path, languageID: "", byteCount: 0, .unreadable)
      return
    }
    let byteCount = Int(status.st_size)
    let languageID = language(path, name) ?? (isNamed ? "plaintext" : nil)
    let reason: LeftOutReason?
    if let byName = isNamed ? nil : FileNameRules.reasonToLeaveOutFile(relativePath) {
      reason = byName
    } else if languageID == nil {
      reason = .unknownLanguage
    } else if byteCount == 0 {
      reason = .empty
    } else if byteCount > options.fileByteLimit && !isNamed {
      reason = .tooLarge
    } else {
      reason = nil
    }
    if let reason {
      report.leaveOut(path, languageID: languageID ?? "", byteCount: byteCount, reason)
      return
    }
    if !options.forgottenPaths.isEmpty, let real = realPath(path),
      options.forgottenPaths.contains(where: { real == $0 || real.hasPrefix($0 + "/") })
    {
      report.leaveOut(path, languageID: languageID ?? "", byteCount: byteCount, .forgotten)
      return
    }
    guard let languageID, options.languageIDs.isEmpty || options.languageIDs.contains(languageID) else {
      return
    }
    files.append(
      CorpusFile(
        path: path, relativePath: relativePath, languageID: languageID, byteCount: byteCount, isNamed: isNamed
      ))
  }

  /// A file without an extension may say in its first line what it is; else it is taken for plain text.
  private func language(_ path: String, _ name: String) -> String? {
    if let id = grammars.languageID(forPath: name) { return id }
    guard !name.contains(".") else { return nil }
    let line = Self.firstBytes(path, 128)
    return grammars.languageID(forPath: name, firstLine: line) ?? "plaintext"
  }

  private static func firstBytes(_ path: String, _ count: Int) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: count)
    let size = buffer.withUnsafeMutableBytes { Platform.read(descriptor, $0.baseAddress, count) }
    return Array(buffer.prefix(max(0, size)))
  }

  /// Whether a folder is new.
  private mutating func markSeen(_ path: String) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else { return false }
    return seen.insert(FileIdentity(status)).inserted
  }
}
