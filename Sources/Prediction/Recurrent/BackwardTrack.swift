import LanguageModeling
import Neural

/// The states along one document of a network that reads from its end, kept up with edits: a `RecurrentTrack` of the tokens
/// in reverse. What it says of a tolerance, of dense and sparse snapshots and of what an edit costs holds of what stands
/// before the edit here.
struct BackwardTrack: Sendable {
  private var track: RecurrentTrack
  /// The states behind some tokens in a row, from the token at `start` on.
  private var stretch: (start: Int, states: [RecurrentState]) = (0, [])
  /// So many are computed at once: whoever goes from left to right would pay for each the steps from the next snapshot.
  private static let stretchCount = 32

  init(
    component: RecurrentComponent, tokens: [TokenID] = [],
    settings: RecurrentTrack.Settings = RecurrentTrack.Settings()
  ) {
    track = RecurrentTrack(component: component, tokens: tokens.reversed(), settings: settings)
  }

  private var count: Int { track.tokens.count }
  /// The states behind the tokens from here on are exact.
  var exactStart: Int { count - track.exactCount }
  var isComplete: Bool { track.isComplete }
  var byteCount: Int { track.byteCount }
  /// Steps taken so far.
  var stepCount: Int { track.stepCount }

  /// Takes note of an edit: the tokens of `range` are now `replacement`.
  mutating func replace(_ range: Range<Int>, with replacement: [TokenID]) {
    stretch = (0, [])
    track.replace(count - range.upperBound..<count - range.lowerBound, with: replacement.reversed())
  }

  /// Says where the cursor is, in tokens: snapshots are dense around it, and its states come first.
  mutating func setFocus(_ index: Int) { track.setFocus(count - index) }

  /// Computes states until that behind the token at `index` is ready.
  ///
  /// - Parameter mayGoOn: asked every few steps; false ends it before.
  /// - Returns: whether it is ready.
  mutating func prepare(behind index: Int, while mayGoOn: () -> Bool) -> Bool {
    running { $0.prepare(before: $1 - 1 - index, while: mayGoOn) }
  }

  /// The state behind the token at `index`; nil if it is not ready.
  mutating func state(behind index: Int) -> RecurrentState? {
    let place = index - stretch.start
    if stretch.states.indices.contains(place) { return stretch.states[place] }
    var states: [RecurrentState] = []
    for next in (index..<max(index, min(index + Self.stretchCount, count))).reversed() {
      // Farther ones may belong to text that nothing has read yet.
      if let state = track.state(before: count - 1 - next) { states.append(state) } else { states = [] }
    }
    guard !states.isEmpty else { return nil }
    states.reverse()
    stretch = (index, states)
    return states[0]
  }

  /// The same for who asks for no other: those around it are not computed.
  mutating func nextState(behind index: Int) -> RecurrentState? { track.state(before: count - 1 - index) }

  /// Computes states for about `tokenBudget` tokens: around the focus first, then from the end of the document on.
  ///
  /// - Returns: whether all states are exact.
  @discardableResult
  mutating func advance(tokenBudget: Int) -> Bool {
    running { track, _ in track.advance(tokenBudget: tokenBudget) }
  }

  /// Computes the exact states behind the tokens from `index` on.
  mutating func makeExact(from index: Int) { running { $0.makeExact(through: $1 - index) } }

  /// Runs the track, given it and the count of tokens; states that are at hand may be of another run then.
  private mutating func running<Result>(_ body: (inout RecurrentTrack, Int) -> Result) -> Result {
    let (stepCount, tokenCount) = (track.stepCount, count)
    let result = body(&track, tokenCount)
    if track.stepCount != stepCount { stretch = (0, []) }
    return result
  }
}
