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

  /// The user's own dictionary.
  static func userDictionaryPath() -> String? { DictionaryFile.userPath() }

  /// The words of a dictionary. Empty if there is none.
  static func words(in path: String) -> Set<String> {
    (try? readFile(path, limit: byteLimit)).map(DictionaryFile.words(of:)) ?? []
  }

  /// Adds a word to a dictionary.
  static func add(_ word: String, to path: String) throws(Failure) {
    if words(in: path).contains(word) { return }
    var bytes = fileExists(path) ? try readFile(path, limit: byteLimit) : []
    if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
    bytes += Array(DictionaryFile.line(of: word).utf8)
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
