import LanguageModeling

/// Everything a network remembers of the tokens so far: a plain value, cheap to copy and to compare.
///
/// For the recurrent cells it holds each layer's hidden vector (and the LSTM's cell vector after it); for `window` and
/// `bag` the embeddings in the window, oldest first, how many of them are filled, and the hidden vector on top.
public struct RecurrentState: Hashable, Sendable {
  public var values: [Float]

  public init(values: [Float]) { self.values = values }

  /// The Euclidean distance to another state, relative to the length of that one.
  ///
  /// 0 for equal states; infinity when only the other is all zeros.
  package func relativeDistance(to other: RecurrentState) -> Float {
    precondition(values.count == other.values.count)
    var difference: Float = 0
    var length: Float = 0
    for index in values.indices {
      let step = values[index] - other.values[index]
      difference += step * step
      length += other.values[index] * other.values[index]
    }
    if difference == 0 { return 0 }
    return length == 0 ? .infinity : (difference / length).squareRoot()
  }
}

/// A token that may come next.
public struct Successor: Hashable, Sendable {
  public var token: TokenID
  public var logProbability: Float

  public init(token: TokenID, logProbability: Float) {
    self.token = token
    self.logProbability = logProbability
  }

  /// The order of lists: the more probable first, of equals the smaller id.
  static func precedes(_ a: Successor, _ b: Successor) -> Bool {
    a.logProbability == b.logProbability ? a.token < b.token : a.logProbability > b.logProbability
  }
}
