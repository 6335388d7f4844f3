import Lexing
import Platform

/// Walks paths and lists the files that may be used, a folder at a time, in the order of their names.
///
/// Reads nothing but folders, ignore files, and the beginning of files whose name does not tell their language. A path that was named may
/// be a link; a link below it is never followed: what lies in the folder is found where it is, and what lies outside is
/// nobody's to read. The work is bounded by `CorpusOptions`, and what is left out for that is reported.
public struct CorpusWalker: Sendable {
  private struct Folder: Sendable {
    /// Which of the named paths it is below.
    var root: Root
    /// Relative to the walked path; empty for it itself.
    var relativePath: [UInt8]
    var depth: Int
    /// The device of the folder above.
    var device: UInt64?
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
  private struct Root: Sendable {
    /// As it was named, without a slash at its end.
    var path: String
    /// Absolute, links resolved.
    var realPath: String
    var isDirectory: Bool

    func path(of relativePath: [UInt8]) -> String { Self.join(path, relativePath) }
    func realPath(of relativePath: [UInt8]) -> String { Self.join(realPath, relativePath) }

    private static func join(_ folder: String, _ relativePath: [UInt8]) -> String {
      if relativePath.isEmpty { return folder }
      return (folder == "/" ? "/" : folder + "/") + String(systemPathBytes: relativePath)
    }
  }

  public let options: CorpusOptions
  private let grammars: GrammarLibrary
  private var roots: [Root]
  private var folders: [Folder] = []
  private var files: [CorpusFile] = []
  private var seen: Set<FileIdentity> = []
  private var entryCount = 0
  /// Whether there were more entries than the walk may look at.
  private var isFull = false
  /// Steps of matching ignore rules that may still be taken.
  private var ignoreSteps: Int

  /// - Throws: if a path does not exist.
  public init(paths: [String], options: CorpusOptions = CorpusOptions(), grammars: GrammarLibrary)
    throws(Failure)
  {
    self.options = options
    self.grammars = grammars
    ignoreSteps = options.ignoreStepLimit
    roots = []
    for path in paths.reversed() {
      var status = stat()
      guard fileStatus(path, &status) == 0 else { throw Failure.system(path, doing: "read") }
      let isDirectory = status.st_mode & S_IFMT == S_IFDIR
      // The copy of a pipe that somebody named is a file without a name.
      guard let real = realPath(path) ?? (isDirectory ? nil : path) else {
        throw Failure.system(path, doing: "read")
      }
      var trimmed = path
      while trimmed.utf8.count > 1 && trimmed.utf8.last == UInt8(ascii: "/") {
        trimmed.unicodeScalars.removeLast()
      }
      roots.append(Root(path: isDirectory ? trimmed : path, realPath: real, isDirectory: isDirectory))
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
      } else if let root = roots.popLast() {
        begin(root, &report)
      } else {
        return nil
      }
    }
  }

  private mutating func begin(_ root: Root, _ report: inout CorpusReport) {
    if let top = options.confinement, !isPath(root.realPath, atOrBelow: top) {
      report.leaveOut(root.path, languageID: "", byteCount: 0, .linkOutside)
      return
    }
    if ModelFiles.isInModel(root.realPath) {
      report.leaveOut(root.path, languageID: "", byteCount: 0, .model)
      return
    }
    guard root.isDirectory else {
      addNamedFile(root, &report)
      return
    }
    guard markSeen(root.path) else {
      report.leaveOut(root.path, languageID: "", byteCount: 0, .linkSeenBefore)
      return
    }
    folders.append(Folder(root: root, relativePath: [], depth: 0, rules: IgnoreRules(above: root.path)))
  }

  /// Whether a folder is new.
  private mutating func markSeen(_ path: String) -> Bool {
    var status = stat()
    guard fileStatus(path, &status) == 0 else { return false }
    return seen.insert(FileIdentity(status)).inserted
  }

  // MARK: Folders

  /// Lists a folder's files, and puts its folders where they come next.
  private mutating func enter(_ folder: Folder, _ report: inout CorpusReport) {
    let path = folder.root.path(of: folder.relativePath)
    var status = stat()
    guard let open = try? OpenFolder(folder.root.path).folder(folder.relativePath),
      fstat(open.descriptor, &status) == 0
    else {
      report.leaveOut(path, languageID: "", byteCount: 0, .unreadable)
      return
    }
    let device = UInt64(truncatingIfNeeded: status.st_dev)
    if folder.device.map({ $0 != device }) ?? false,
      SystemFolders.contains(folder.root.realPath(of: folder.relativePath), open)
    {
      report.leaveOut(path, languageID: "", byteCount: 0, .systemFolder)
      return
    }
    let names = takeEntries(of: open, path: path, &report)
    let parts = (folder.relativePath.isEmpty ? folder.root.realPath.systemPathBytes : folder.relativePath)
    if ModelFiles.isModel(open, name: parts[((parts.lastIndex(of: slash) ?? -1) + 1)...], names: names) {
      report.leaveOut(path, languageID: "", byteCount: 0, .model)
      return
    }
    var folder = folder
    folder.device = device
    if options.honoursIgnoreFiles {
      folder.rules = folder.rules.entering(
        open, path: path, relativePath: folder.relativePath, names: names)
      if folder.rules.isTooLarge {
        report.leaveOut(path, languageID: "", byteCount: 0, .rulesTooLong)
        return
      }
    }
    list(names, of: folder, open, &report)
  }

  /// The names in a folder, as many as the walk may still take.
  private mutating func takeEntries(
    of folder: OpenFolder, path: String, _ report: inout CorpusReport
  ) -> ArraySlice<[UInt8]> {
    let room = options.entryLimit - entryCount
    let names = folder.entries(limit: room + 1)
    entryCount += min(names.count, room)
    if names.count > room {
      report.leaveOut(path, languageID: "", byteCount: 0, .beyondLimit)
      isFull = true
      folders = []
      roots = []
    }
    return names.prefix(room)
  }

  private mutating func list(
    _ names: ArraySlice<[UInt8]>, of folder: Folder, _ open: OpenFolder, _ report: inout CorpusReport
  ) {
    var found: [Folder] = []
    for name in names {
      var relativePath = folder.relativePath
      if !relativePath.isEmpty { relativePath.append(slash) }
      relativePath += name
      let path = folder.root.path(of: relativePath)
      guard var status = open.status(of: name) else {
        report.leaveOut(path, languageID: "", byteCount: 0, .unreadable)
        continue
      }
      let isLink = status.st_mode & S_IFMT == S_IFLNK
      if isLink && fileStatus(path, &status) != 0 { continue }
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      guard isFolder || status.st_mode & S_IFMT == S_IFREG else { continue }
      guard isWanted(path, relativePath, name, isFolder: isFolder, folder.rules, &report) else { continue }
      if isLink {
        let top = options.confinement ?? folder.root.realPath
        let isInside = realPath(path).map { isPath($0, atOrBelow: top) } ?? false
        report.leaveOut(path, languageID: "", byteCount: 0, isInside ? .linkSeenBefore : .linkOutside)
      } else if isFolder && !options.entersFolders {
        continue
      } else if !seen.insert(FileIdentity(status)).inserted {
        report.leaveOut(path, languageID: "", byteCount: 0, .linkSeenBefore)
      } else if !isFolder {
        addFile(relativePath, name: name, status, in: folder.root, open, &report)
      } else if folder.depth == options.depthLimit {
        report.leaveOut(path, languageID: "", byteCount: 0, .tooDeep)
      } else {
        var below = folder
        below.relativePath = relativePath
        below.depth += 1
        found.append(below)
      }
    }
    files.reverse()
    if !isFull { folders += found.reversed() }
  }

  private mutating func isWanted(
    _ path: String, _ relativePath: [UInt8], _ name: [UInt8], isFolder: Bool, _ rules: IgnoreRules,
    _ report: inout CorpusReport
  ) -> Bool {
    // Version control's own folder is nothing that a rule could bring back.
    if name.elementsEqual(IgnoreRules.repositoryName.utf8) { return false }
    var isIncluded = false
    if options.honoursIgnoreFiles {
      ignoreSteps += options.ignoreStepsPerEntry
      let answer = rules.verdict(relativePath, isDirectory: isFolder, budget: &ignoreSteps)
      switch answer?.verdict {
      case .ignored:
        report.leaveOut(
          path, languageID: "", byteCount: 0,
          answer?.isInklings == true ? .ignoredByInkling : .ignoredByGit)
        return false
      case .unknown:
        // What was overdrawn is not the next entry's to pay.
        ignoreSteps = max(0, ignoreSteps)
        report.leaveOut(path, languageID: "", byteCount: 0, .rulesTooLong)
        return false
      case .included: isIncluded = answer?.isInklings == true
      case nil: break
      }
    }
    if isFolder && !isIncluded,
      let reason = FileNameRules.reasonToLeaveOutFolder(String(systemPathBytes: name))
    {
      report.leaveOut(path, languageID: "", byteCount: 0, reason)
      return false
    }
    return true
  }

  // MARK: Files

  private mutating func addNamedFile(_ root: Root, _ report: inout CorpusReport) {
    let bytes = root.path.systemPathBytes
    let name = String(systemPathBytes: bytes[((bytes.lastIndex(of: slash) ?? -1) + 1)...])
    var status = stat()
    guard fileStatus(root.path, &status) == 0 else {
      report.leaveOut(root.path, languageID: "", byteCount: 0, .unreadable)
      return
    }
    let start = (try? openRegularFile(root.path)).map { descriptor, _ in
      defer { close(descriptor) }
      var buffer = [UInt8](repeating: 0, count: LanguageFeatures.byteLimit)
      let count = buffer.withUnsafeMutableBytes { Platform.read(descriptor, $0.baseAddress, $0.count) }
      return Array(buffer.prefix(max(0, count)))
    }
    add(
      CorpusFile(
        path: root.path, relativePath: name,
        languageID: language(name, nameless: namelessLanguage) { start } ?? namelessLanguage,
        byteCount: Int(status.st_size), isNamed: true),
      realPath: root.realPath, &report)
  }

  private mutating func addFile(
    _ relativePath: [UInt8], name: [UInt8], _ status: stat, in root: Root, _ open: OpenFolder,
    _ report: inout CorpusReport
  ) {
    let name = String(systemPathBytes: name)
    let languageID = language(name) {
      open.firstBytes(of: name.systemPathBytes, count: LanguageFeatures.byteLimit)
    }
    let byteCount = Int(status.st_size)
    let reason: LeftOutReason?
    if let byName = FileNameRules.reasonToLeaveOutFile(String(systemPathBytes: relativePath)) {
      reason = byName
    } else if languageID == nil {
      reason = .unknownLanguage
    } else if byteCount > options.fileByteLimit {
      reason = .tooLarge
    } else {
      reason = nil
    }
    if let reason {
      report.leaveOut(
        root.path(of: relativePath), languageID: languageID ?? "", byteCount: byteCount, reason)
      return
    }
    add(
      CorpusFile(
        path: root.path(of: relativePath), relativePath: String(systemPathBytes: relativePath),
        languageID: languageID ?? "plaintext", byteCount: byteCount, isNamed: false, folder: root.path),
      realPath: root.realPath(of: relativePath), &report)
  }

  private mutating func add(_ file: CorpusFile, realPath: String, _ report: inout CorpusReport) {
    let isForgotten = options.forgottenPaths.contains { isPath(realPath, atOrBelow: $0) }
    if isForgotten || file.byteCount == 0 {
      report.leaveOut(
        file.path, languageID: file.languageID, byteCount: file.byteCount, isForgotten ? .forgotten : .empty)
      return
    }
    guard options.languageIDs.isEmpty || options.languageIDs.contains(file.languageID) else { return }
    files.append(file)
  }

  /// What a file is that was named and does not say its language: the only one that is asked for.
  private var namelessLanguage: String {
    options.languageIDs.count == 1 ? options.languageIDs.first! : "plaintext"
  }

  /// A file without an extension, or with one that may mean several languages, is in what its beginning says; else the first is
  /// taken for plain text.
  private func language(
    _ name: String, nameless: String = "plaintext", start: () -> [UInt8]?
  ) -> String? {
    let named = grammars.languageID(forPath: name)
    if let named, !grammars.isAmbiguous(name) { return named }
    guard named != nil || !name.utf8.contains(UInt8(ascii: ".")) else { return nil }
    let bytes = start() ?? []
    let found = grammars.language(ofDocument: name, text: TextDecoding.utf8(bytes) ?? bytes)
    return found.flatMap { grammars.languageID(named: $0.languageID) } ?? named ?? nameless
  }

  private var slash: UInt8 { UInt8(ascii: "/") }
}
