import JSON
import Synchronization

/// How many completions were answered, and how many of them with the network's say.
final class NetworkUse: Sendable {
  private let counts = Mutex((answered: 0, withNetwork: 0, withoutNetwork: 0))

  /// - Parameter usesNetwork: nil where the model has no network.
  func add(usesNetwork: Bool?) {
    counts.withLock { counts in
      counts.answered += 1
      if usesNetwork == true { counts.withNetwork += 1 }
      if usesNetwork == false { counts.withoutNetwork += 1 }
    }
  }

  /// `withoutNetwork` are those that came too early for the network of their model.
  var json: JSON {
    let counts = counts.withLock { $0 }
    return [
      "answered": JSON(counts.answered), "withNetwork": JSON(counts.withNetwork),
      "withoutNetwork": JSON(counts.withoutNetwork),
    ]
  }
}
