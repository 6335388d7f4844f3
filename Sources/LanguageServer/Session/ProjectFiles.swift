import JSON
import Platform
import Prediction

/// What lies in a project's `.inkling` folder beside its model: settings, and words that are right whatever the models
/// say.
struct ProjectFiles: Sendable {
  static let configurationPath = ".inkling/config.json"
  static let dictionaryPath = ".inkling/dictionary.txt"
  private static let byteLimit = 1 << 20

  /// A file as it is on disk; nil where there is none.
  struct Stamp: Hashable, Sendable {
    var inode: UInt64
    var byteCount: Int64
    var seconds: Int64
    var nanoseconds: Int64

    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      inode = UInt64(status.st_ino)
      byteCount = Int64(status.st_size)
      #if canImport(Darwin)
        let time = status.st_mtimespec
      #else
        let time = status.st_mtim
      #endif
      seconds = Int64(time.tv_sec)
      nanoseconds = Int64(time.tv_nsec)
    }
  }

  /// The folder that holds `.inkling`.
  let root: String
  private let stamps: [Stamp?]
  private(set) var configuration: JSON?
  private(set) var words: Set<String> = []
  /// What is wrong with the files.
  private(set) var problems: [String] = []
  /// The session's settings with the project's laid over them.
  var settings = Settings()

  init(root: String) {
    self.root = root
    stamps = Self.stamps(root)
    let path = root + "/" + Self.configurationPath
    if stamps[0] != nil {
      do throws(Failure) {
        let bytes = try readFile(path, limit: Self.byteLimit)
        do throws(JSONError) { configuration = try JSON.parse(bytes) } catch {
          problems.append("\(path): \(error)")
        }
      } catch { problems.append(error.description) }
    }
    words = Self.words(in: root + "/" + Self.dictionaryPath)
  }

  private static func stamps(_ root: String) -> [Stamp?] {
    [Stamp(root + "/" + configurationPath), Stamp(root + "/" + dictionaryPath)]
  }

  /// Whether the files have changed on disk.
  var isOutdated: Bool { stamps != Self.stamps(root) }

  /// Lays the project's settings over the session's; what is wrong is named.
  mutating func lay(over base: Settings) -> [String] {
    var found: [String] = []
    settings = base
    if let configuration {
      (settings, found) = base.changed(by: configuration, isProject: true)
      found = found.map { "\(root)/\(Self.configurationPath): \($0)" }
      if let model = settings.model, model != base.model, !model.hasPrefix("/") {
        settings.model = root + "/" + model
      }
    }
    settings.diagnostics.acceptedWords = words.union(base.diagnostics.acceptedWords)
    return problems + found
  }

  // MARK: Dictionaries

  /// The user's own dictionary, for documents of no project.
  static func userDictionaryPath() -> String? {
    guard let model = ModelLocator.defaultPath() else { return nil }
    return String(model.dropLast("models/default".count)) + "dictionary.txt"
  }

  /// The words of a dictionary: one a line, `#` begins a comment. Empty if there is none.
  static func words(in path: String) -> Set<String> {
    guard let bytes = try? readFile(path, limit: byteLimit) else { return [] }
    let lines = String(decoding: bytes, as: UTF8.self).split { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
    return Set(lines.map { String($0.drop { $0 == " " }) }.filter { !$0.isEmpty && !$0.hasPrefix("#") })
  }

  /// Adds a word to a dictionary.
  static func add(_ word: String, to path: String) throws(Failure) {
    if words(in: path).contains(word) { return }
    var bytes = fileExists(path) ? try readFile(path, limit: byteLimit) : []
    if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
    bytes += Array((word + "\n").utf8)
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try createDirectories(String(path[..<slash]))
    }
    try writeFileAtomically(path, bytes)
  }

  // MARK: Finding

  /// The nearest folder above a file that has an `.inkling` folder; nil if none has.
  static func root(above path: String) -> String? {
    var folder = Substring(path)
    while let slash = folder.lastIndex(of: "/") {
      folder = folder[..<slash]
      if isDirectory(folder + "/.inkling") { return String(folder) }
    }
    return nil
  }
}

extension Session {
  /// The settings that hold for a document.
  func settings(for uri: String) -> Settings { state.withLock { $0.settings(for: uri) } }

  /// The workspace folder that a document is in; for a document without a file the first one.
  func workspaceFolder(of uri: String) -> String? {
    let folders = state.withLock { $0.folders }.compactMap { Self.trimmed(filePath(ofURI: $0.uri)) }
    guard let path = filePath(ofURI: uri) else { return folders.first }
    return folders.filter { path.hasPrefix($0 == "/" ? $0 : $0 + "/") }.max { $0.count < $1.count }
  }

  /// Reads what the projects of open documents say, if it is new or has changed, and takes it up.
  func checkProjects() {
    let documents = state.withLock { $0.documents.values.map(\.identity) }
    takeUpProjects(of: documents)
  }

  /// The same for some documents.
  func takeUpProjects(of documents: [DocumentIdentity]) {
    var roots: [String: String?] = [:]
    for document in documents { roots[document.uri] = document.path.flatMap(ProjectFiles.root(above:)) }
    let known = state.withLock { $0.projects }
    var fresh: [String: ProjectFiles] = [:]
    for root in Set(roots.values.compactMap(\.self)) where known[root]?.isOutdated ?? true {
      fresh[root] = ProjectFiles(root: root)
    }
    let userWords = ProjectFiles.userDictionaryPath().map(ProjectFiles.words(in:)) ?? []
    let isNews = state.withLock { state in
      let areRootsNew = roots.contains { state.roots[$0.key] != $0.value }
      for (uri, root) in roots { state.roots[uri] = root }
      state.projects.merge(fresh) { $1 }
      let areWordsNew = state.settings.diagnostics.acceptedWords != userWords
      state.settings.diagnostics.acceptedWords = userWords
      return areRootsNew || areWordsNew || !fresh.isEmpty
    }
    if isNews { takeUpSettings() }
  }

  /// Lays projects' settings over the session's, and does what a change of them asks for.
  ///
  /// - Parameter global: the session's settings before and after a change that is made already.
  func takeUpSettings(global: (before: Settings, after: Settings)? = nil) {
    let (changes, problems) = state.withLock { state in
      let uris = Array(state.documents.keys)
      let before = uris.map { uri in
        (state.roots[uri] ?? nil).flatMap { state.projects[$0]?.settings } ?? global?.before ?? state.settings
      }
      var problems: [String] = []
      for root in state.projects.keys.sorted() { problems += state.projects[root]!.lay(over: state.settings) }
      let changes = zip(uris, before).map { (uri: $0, before: $1, after: state.settings(for: $0)) }
      let news = problems.filter { !state.shownProblems.contains($0) }
      state.shownProblems = Set(problems)
      return (changes.filter { $0.before != $0.after }, news)
    }
    if !problems.isEmpty { show(.warning, "settings ignored: " + problems.joined(separator: "; ")) }
    for change in changes { didChange(settings: change.after, from: change.before, of: change.uri) }
    if changes.contains(where: {
      $0.before.diagnostics != $0.after.diagnostics || $0.before.model != $0.after.model
    }) {
      refreshDiagnostics()
    }
    if changes.contains(where: {
      $0.before.isHeatMapEnabled != $0.after.isHeatMapEnabled || $0.before.model != $0.after.model
    }) {
      refreshSemanticTokens()
    }
  }

  private func didChange(settings: Settings, from before: Settings, of uri: String) {
    guard settings.model != before.model, let document = state.withLock({ $0.documents[uri] }) else { return }
    reopenEngines(of: [document])
  }
}

extension Session.State {
  /// The settings that hold for a document.
  func settings(for uri: String) -> Settings {
    (roots[uri] ?? nil).flatMap { projects[$0]?.settings } ?? settings
  }
}
