import Platform
import Synchronization

/// The classifiers beside grammars, each read when it is first asked.
final class ContentClassifiers: Sendable {
  static let filesName = "files.languages"
  static let paragraphsName = "paragraphs.languages"

  private let directories: [String]
  private let loaded = Mutex<[LanguageFeatures: HashedClassifier?]>([:])

  /// - Parameter directories: of two with a classifier of one kind the later one's counts.
  init(directories: [String]) { self.directories = directories }

  /// The classifier of a kind; nil where there is none, or it is damaged: then the language is not told, as if there were none.
  func classifier(_ kind: LanguageFeatures) -> HashedClassifier? {
    loaded.withLock { loaded in
      if let known = loaded[kind] { return known }
      let found = read(kind)
      loaded[kind] = .some(found)
      return found
    }
  }

  private func read(_ kind: LanguageFeatures) -> HashedClassifier? {
    let name = kind == .files ? Self.filesName : Self.paragraphsName
    for directory in directories.reversed() {
      let path = directory + "/" + name
      if let bytes = try? readFile(path, limit: HashedClassifier.byteLimit),
        let classifier = try? HashedClassifier(bytes, path: path), classifier.kind == kind
      {
        return classifier
      }
    }
    return nil
  }
}
