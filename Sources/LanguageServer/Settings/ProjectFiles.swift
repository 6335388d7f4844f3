import Corpora
import JSON
import Platform
import Prediction

/// What lies in a project's `.inkling` folder beside its model: settings, and words that are right whatever the models
/// say.
struct ProjectFiles: Sendable {
  static let configurationPath = ".inkling/config.json"
  static let dictionaryPath = ".inkling/dictionary.txt"
  private static let configurationByteLimit = 1 << 20
  private static let dictionaryByteLimit = 1 << 20

  /// The folder that holds `.inkling`.
  let root: String
  let trust: ProjectTrust
  private let versions: [FileVersion?]
  private(set) var configuration: JSON?
  private(set) var words: Set<String> = []
  /// What is wrong with the files.
  private(set) var problems: [String] = []

  /// - Parameter trust: has no objection against the folder.
  init(root: String, trust: ProjectTrust) {
    self.root = root
    self.trust = trust
    versions = Self.versions(root)
    let path = root + "/" + Self.configurationPath
    if versions[0] != nil {
      do throws(Failure) {
        if let refusal = trust.refusal(of: path, inProject: root) { throw refusal }
        let bytes = try readFile(path, limit: Self.configurationByteLimit)
        do throws(JSONError) { configuration = try JSON.parse(bytes) } catch {
          problems.append("\(path): \(error)")
        }
      } catch { problems.append(error.description) }
    }
    let dictionary = root + "/" + Self.dictionaryPath
    if let refusal = trust.refusal(of: dictionary, inProject: root) {
      problems.append(refusal.description)
    } else {
      words = Self.words(in: dictionary)
    }
  }

  private static func versions(_ root: String) -> [FileVersion?] {
    [FileVersion(root + "/" + configurationPath), FileVersion(root + "/" + dictionaryPath)]
  }

  /// Whether the files have changed on disk.
  var isOutdated: Bool { versions != Self.versions(root) }

  /// The project's settings laid over others, as far as a project may say something; what is wrong is named.
  func settings(over base: SettingsLayer) -> (settings: Settings, problems: [String]) {
    var settings = base.settings
    var found: [String] = []
    if let configuration {
      (settings, found) = base.settings.changed(by: configuration, author: .project(said: base.said))
      if let model = settings.model, model != base.settings.model {
        do throws(Failure) { settings.model = try modelPath(model) } catch {
          settings.model = base.settings.model
          found.append("model: \(error.description)")
        }
      }
      found = found.map { "\(root)/\(Self.configurationPath): \($0)" }
    }
    settings.diagnostics.acceptedWords = words.union(base.settings.diagnostics.acceptedWords)
    return (settings, problems + found)
  }

  /// Where a model is that the project names: below the project's folder, so that what is written beside the model is too.
  private func modelPath(_ named: String) throws(Failure) -> String {
    let path = named.hasPrefix("/") ? named : root + "/" + named
    let parts = path.split(separator: "/")
    let isBelow = path.hasPrefix(root + "/") && parts.count > root.split(separator: "/").count
    guard isBelow, !parts.contains(".."), !parts.contains(".") else {
      throw Failure(named, why: "a project may not name a place outside itself")
    }
    if let refusal = trust.refusal(of: path, inProject: root) { throw refusal }
    return "/" + parts.joined(separator: "/")
  }

  // MARK: Dictionaries

  /// The user's own dictionary.
  static func userDictionaryPath() -> String? { DictionaryFile.userPath() }

  /// The words of a dictionary. Empty if there is none.
  static func words(in path: String) -> Set<String> {
    (try? readFile(path, limit: dictionaryByteLimit)).map(DictionaryFile.words(of:)) ?? []
  }

  /// Adds a word to a dictionary.
  static func add(_ word: String, to path: String) throws(Failure) {
    if words(in: path).contains(word) { return }
    // What was UTF-16 is UTF-8 from then on: one file has one encoding.
    var bytes = fileExists(path) ? TextDecoding.text(try readFile(path, limit: dictionaryByteLimit)) : []
    if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
    bytes += Array(DictionaryFile.line(of: word).utf8)
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try createDirectories(String(path[..<slash]))
    }
    try writeFileAtomically(path, bytes, keepsMode: true)
  }

  // MARK: Finding

  /// The nearest folder above a file that has an `.inkling` folder that is used; nil if none has.
  ///
  /// - Parameter refused: is given why others on the way are not.
  static func root(above path: String, trust: ProjectTrust, refused: (Failure) -> Void = { _ in }) -> String?
  {
    guard let slash = path.lastIndex(of: "/") else { return nil }
    return trust.projectRoot(
      atOrAbove: slash == path.startIndex ? "/" : String(path[..<slash]), refused: refused)
  }
}
