import JSON
import Platform
import Prediction

/// What lies in a project's `.inkling` folder beside its model: settings, and words that are right whatever the models
/// say.
struct ProjectFiles: Sendable {
  static let configurationPath = ".inkling/config.json"
  static let dictionaryPath = ".inkling/dictionary.txt"
  private static let byteLimit = 1 << 20

  /// The folder that holds `.inkling`.
  let root: String
  private let versions: [FileVersion?]
  private(set) var configuration: JSON?
  private(set) var words: Set<String> = []
  /// What is wrong with the files.
  private(set) var problems: [String] = []
  init(root: String) {
    self.root = root
    versions = Self.versions(root)
    let path = root + "/" + Self.configurationPath
    if versions[0] != nil {
      do throws(Failure) {
        let bytes = try readFile(path, limit: Self.byteLimit)
        do throws(JSONError) { configuration = try JSON.parse(bytes) } catch {
          problems.append("\(path): \(error)")
        }
      } catch { problems.append(error.description) }
    }
    words = Self.words(in: root + "/" + Self.dictionaryPath)
  }

  private static func versions(_ root: String) -> [FileVersion?] {
    [FileVersion(root + "/" + configurationPath), FileVersion(root + "/" + dictionaryPath)]
  }

  /// Whether the files have changed on disk.
  var isOutdated: Bool { versions != Self.versions(root) }

  /// The project's settings laid over others; what is wrong is named.
  func settings(over base: Settings) -> (settings: Settings, problems: [String]) {
    var settings = base
    var found: [String] = []
    if let configuration {
      (settings, found) = base.changed(by: configuration, isProject: true)
      found = found.map { "\(root)/\(Self.configurationPath): \($0)" }
      if let model = settings.model, model != base.model, !model.hasPrefix("/") {
        settings.model = root + "/" + model
      }
    }
    settings.diagnostics.acceptedWords = words.union(base.diagnostics.acceptedWords)
    return (settings, problems + found)
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
    try writeFileAtomically(path, bytes, keepsMode: true)
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
