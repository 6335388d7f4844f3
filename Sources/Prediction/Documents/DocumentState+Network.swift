import LanguageModeling

extension DocumentState {
  /// Takes up the model's network, if it has been opened since the document was.
  mutating func takeUpNetwork() {
    guard track == nil, let network = model?.network else { return }
    let tokens = (0..<sequence.count).map { network.token(of: sequence.id(at: $0)) }
    track = RecurrentTrack(component: network, tokens: tokens)
    // What was learned without it is not what the text says with it.
    adaptation = AdaptationTrack(window: AdaptationTrack.windowWithNetwork)
  }

  /// What the network expects at a token's place, for an answer that cannot wait long.
  ///
  /// - Parameters:
  ///   - isCursor: whether somebody writes there: what stands before it says which experts to trust from then on.
  ///   - mayGoOn: asked every few steps; false ends the computing.
  /// - Returns: nil where there is no network, or it is not ready in time: the place is then what is computed next.
  mutating func networkView(
    before index: Int, isCursor: Bool = true, while mayGoOn: () -> Bool
  ) -> RecurrentView? {
    takeUpNetwork()
    if isCursor { adaptation.setFocus(index) }
    track?.setFocus(index)
    guard track?.prepare(before: index, while: mayGoOn) == true else { return nil }
    return track?.view(before: index)
  }

  /// What the network expects at a token's place, the whole text before it read; nil where that is not computed yet.
  mutating func exactNetworkView(before index: Int) -> RecurrentView? {
    guard let exactCount = track?.exactCount, index <= exactCount else { return nil }
    return track?.view(before: index)
  }

  /// Says where the next question will be.
  mutating func expectQuestion(at byteOffset: Int) {
    takeUpNetwork()
    let index = DocumentPlace(lexed, at: byteOffset).tokenIndex
    adaptation.setFocus(index)
    track?.setFocus(index)
  }

  /// Computes some more of the network's states, around the place that was asked about last first.
  ///
  /// - Parameter mayGoOn: asked every few steps.
  /// - Returns: whether all are exact now.
  mutating func advanceStates(maximumTokenCount: Int, while mayGoOn: () -> Bool) -> Bool {
    takeUpNetwork()
    return track?.advance(tokenBudget: maximumTokenCount, while: mayGoOn) ?? true
  }

  /// Computes some more of the states that the surprisals of a part of the text need.
  ///
  /// - Returns: whether they are all there.
  mutating func prepareSurprisals(in byteRange: Range<Int>, maximumTokenCount: Int) -> Bool {
    takeUpNetwork()
    guard let exactCount = track?.exactCount else { return true }
    let end = min(byteRange.upperBound, lexed.byteCount)
    let last = end == 0 ? 0 : lexed.tokenIndex(endingAfter: end - 1)
    track?.makeExact(through: min(last, exactCount + min(maximumTokenCount, sequence.count)))
    return (track?.exactCount ?? 0) >= min(last, sequence.count)
  }
}
