import Platform

/// The most probable sequences that a model writes step by step, of which the best few are kept at each step.
///
/// Ranked by log P / ((5 + n) / 6)^α, n the units with the end (Wu et al. 2016, equation 14): without the division short
/// sequences would win for having fewer factors. A search that is as wide as there are sequences is exhaustive.
public struct BeamSearch: Hashable, Sendable {
  /// Sequences that are kept at each step.
  public var width: Int
  /// Units of a sequence at the most, the end not counted: what is as long ends there.
  public var maximumLength: Int
  /// α; 0 ranks by probability alone.
  public var lengthExponent: Double

  public static let widths = 1...64
  public static let standardWidth = 5
  public static let standardLengthExponent = 0.6

  /// - Parameters:
  ///   - width: at least 1.
  ///   - maximumLength: at least 0.
  public init(
    width: Int = Self.standardWidth, maximumLength: Int, lengthExponent: Double = Self.standardLengthExponent
  ) {
    self.width = width
    self.maximumLength = maximumLength
    self.lengthExponent = lengthExponent
  }

  public struct Hypothesis: Hashable, Sendable {
    /// Without the end.
    public var ids: [Int32]
    /// Natural, of the ids and the end behind them.
    public var logProbability: Double
    /// The log-probability, normalised by length: what hypotheses are ranked by.
    public var score: Double
  }

  /// What the next unit may be behind one prefix, and where the model stands there.
  package struct Continuation<State> {
    /// By id; those that are 0 are not written.
    package var probabilities: [Float]
    package var state: State

    package init(probabilities: [Float], state: State) {
      self.probabilities = probabilities
      self.state = state
    }
  }

  private struct Prefix<State> {
    var ids: [Int32] = []
    var logProbability = 0.0
    var state: State
  }

  package func score(_ logProbability: Double, length: Int) -> Double {
    logProbability / pow(Double(5 + length) / 6, lengthExponent)
  }

  /// Up to `width` sequences, the best first; none where the model gives nothing a probability.
  ///
  /// - Parameters:
  ///   - end: the id that ends a sequence.
  ///   - next: for prefixes, each by the state behind it and its last id (nil for none), what may follow: a continuation
  ///     each, of equally many ids.
  package func search<State>(
    start: State, end: Int32,
    next: ([(state: State, last: Int32?)]) throws(Failure) -> [Continuation<State>]
  ) throws(Failure) -> [Hypothesis] {
    var live = [Prefix(state: start)]
    var finished: [Hypothesis] = []
    var length = 0
    while !live.isEmpty {
      let continuations = try next(live.map { ($0.state, $0.ids.last) })
      var grown: [(place: Int, id: Int32, logProbability: Double)] = []
      for (place, continuation) in continuations.enumerated() {
        let logProbability = live[place].logProbability
        for (id, probability) in best(continuation.probabilities, end: end, isLast: length == maximumLength) {
          let sum = logProbability + log(Double(probability))
          if id == end {
            finished.append(
              Hypothesis(
                ids: live[place].ids, logProbability: sum, score: score(sum, length: length + 1)))
          } else {
            grown.append((place, id, sum))
          }
        }
      }
      finished.sort {
        $0.score == $1.score ? $0.ids.lexicographicallyPrecedes($1.ids) : $0.score > $1.score
      }
      finished.removeLast(max(0, finished.count - width))
      grown.sort { ($1.logProbability, $0.place, $0.id) < ($0.logProbability, $1.place, $1.id) }
      live = grown.prefix(width).map {
        Prefix(
          ids: live[$0.place].ids + [$0.id], logProbability: $0.logProbability,
          state: continuations[$0.place].state)
      }
      length += 1
      // A prefix only loses probability, and no length forgives more than the longest.
      if finished.count == width, let worst = finished.last {
        live.removeAll { score($0.logProbability, length: maximumLength + 1) <= worst.score }
      }
    }
    return finished
  }

  /// The most probable ids of one prefix: as many as the beam is wide, and the end.
  private func best(
    _ probabilities: [Float], end: Int32, isLast: Bool
  ) -> [(id: Int32, probability: Float)] {
    var result: [(id: Int32, probability: Float)] = []
    if probabilities[Int(end)] > 0 { result.append((end, probabilities[Int(end)])) }
    guard !isLast else { return result }
    var list: [(id: Int32, probability: Float)] = []
    var least: Float = 0
    for (id, probability) in probabilities.enumerated() where probability > least && id != Int(end) {
      let place = list.firstIndex { $0.probability < probability } ?? list.count
      list.insert((Int32(id), probability), at: place)
      if list.count > width { list.removeLast() }
      if list.count == width { least = list[width - 1].probability }
    }
    return result + list
  }
}
