import LanguageModeling
import Neural
import Platform

extension DocumentState {
  /// Takes up the model's network in both directions, if it is open.
  mutating func takeUpBothDirections() -> BidirectionalComponent? {
    takeUpNetwork()
    guard track != nil, let both = model?.bidirectional else { return nil }
    if backwardTrack == nil {
      let tokens = (0..<sequence.count).map { both.token(of: sequence.id(at: $0)) }
      backwardTrack = BackwardTrack(component: both.backward, tokens: tokens)
    }
    return both
  }

  /// Gives `body` what the network expects in the places of some tokens, all others known. Both directions read what they
  /// have not read around the places, no more.
  ///
  /// - Parameter places: ascending.
  /// - Returns: whether there is a network in both directions.
  mutating func forEachPlace(
    _ places: [Int], _ body: (_ place: Int, _ distribution: RecurrentDistribution) -> Void
  ) -> Bool {
    guard let both = takeUpBothDirections() else { return false }
    for start in stride(from: 0, to: places.count, by: Self.heldStateCount) {
      let chunk = places[start..<min(start + Self.heldStateCount, places.count)]
      // Each direction goes on from place to place.
      var behind: [RecurrentState] = []
      for place in chunk.reversed() {
        guard backwardTrack?.prepare(behind: place, while: { true }) == true,
          let state = backwardTrack?.state(behind: place)
        else { return false }
        behind.append(state)
      }
      for place in chunk {
        guard track?.prepare(before: place, while: { true }) == true, let state = track?.state(before: place)
        else { return false }
        body(place, both.network.distribution(between: state, and: behind.removeLast()))
      }
    }
    return true
  }

  /// What the network expects in the place of a token, all others known.
  ///
  /// - Parameters:
  ///   - both: what `takeUpBothDirections()` has taken up.
  ///   - mayGoOn: asked every few steps of either direction; false ends the reading.
  /// - Returns: nil where not all was read that makes a difference.
  mutating func distribution(
    at place: Int, _ both: BidirectionalComponent, while mayGoOn: () -> Bool
  ) -> RecurrentDistribution? {
    guard backwardTrack?.prepare(behind: place, while: mayGoOn) == true,
      track?.prepare(before: place, while: mayGoOn) == true,
      let behind = backwardTrack?.state(behind: place), let before = track?.state(before: place)
    else { return nil }
    return both.network.distribution(between: before, and: behind)
  }

  /// Lets both directions read some more of what the tokens of a part of the text need, from their ends of it.
  ///
  /// - Returns: whether they have read all of that.
  mutating func prepareBothSides(in byteRange: Range<Int>, maximumTokenCount: Int) -> Bool {
    guard takeUpBothDirections() != nil, let start = backwardTrack?.exactStart else { return true }
    let isForwardReady = prepareSurprisals(in: byteRange, maximumTokenCount: maximumTokenCount)
    let lower = min(byteRange.lowerBound, lexed.byteCount)
    let first = min(lower == 0 ? 0 : lexed.tokenIndex(endingAfter: lower - 1), sequence.count)
    backwardTrack?.makeExact(from: max(first, start - min(maximumTokenCount, sequence.count)))
    return isForwardReady && (backwardTrack?.exactStart ?? 0) <= first
  }

  /// See `DocumentPredictor.bitsBetweenBothSides(in:)`.
  mutating func bitsBetweenBothSides(in byteRange: Range<Int>) -> [Int: Double] {
    let range = byteRange.clamped(to: 0..<lexed.byteCount)
    let first = range.lowerBound == 0 ? 0 : lexed.tokenIndex(endingAfter: range.lowerBound - 1)
    let places = (first..<max(first, lexed.tokenCount)).prefix {
      let start = lexed.token(at: $0).byteOffset
      return start < range.upperBound || start == range.upperBound && range.isEmpty
    }
    var found: [Int: Double] = [:]
    let byteOffsets = places.map { lexed.token(at: $0).byteOffset }
    _ = forEachPlace(Array(places)) { [sequence, model] place, distribution in
      guard let network = model?.network else { return }
      let logProbability = distribution.logProbability(of: network.token(of: sequence.id(at: place)))
      found[byteOffsets[place - first]] = -Double(logProbability / logf(2))
    }
    return found
  }

  /// States that are held at once while a text is gone through: some kilobytes each.
  private static let heldStateCount = 128
}
