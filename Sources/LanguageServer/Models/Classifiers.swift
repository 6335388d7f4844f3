import Classification
import Platform
import Synchronization

/// Classifiers that clients asked for, opened once until they are trained again.
final class Classifiers: Sendable {
  private struct Opened: Sendable {
    var path: String
    /// Of the model's description.
    var version: FileVersion
    var classifier: TextClassifier
  }

  /// The last ones that were used, the newest behind.
  private let opened = Mutex<[Opened]>([])
  private static let limit = 4

  /// - Throws: `Failure` where no classifier is at the path, or a damaged one.
  func classifier(at path: String) throws(Failure) -> TextClassifier {
    let version = FileVersion(path + "/model.json")
    let known = opened.withLock { opened -> TextClassifier? in
      guard let index = opened.firstIndex(where: { $0.path == path }) else { return nil }
      let found = opened.remove(at: index)
      guard found.version == version else { return nil }
      opened.append(found)
      return found.classifier
    }
    if let known { return known }
    let classifier = try TextClassifier.open(path, precision: .int8)
    guard let version else { return classifier }
    opened.withLock { opened in
      opened.append(Opened(path: path, version: version, classifier: classifier))
      if opened.count > Self.limit { opened.removeFirst() }
    }
    return classifier
  }
}
