import LanguageModeling
import Neural
import Platform
import Testing

@testable import Prediction

@Suite struct BackwardTrackTests {
  private func words(_ count: Int, _ random: inout SplitMix64) -> [TokenID] {
    (0..<count).map { _ in TokenID(2 + Int(random.next() % 58)) }
  }

  /// The state behind each token, from scratch.
  private func states(_ text: [TokenID], _ component: RecurrentComponent) -> [RecurrentState] {
    var states = [component.startState]
    for token in text.reversed() {
      states.append(component.network.state(after: token, from: states.last!))
    }
    return Array(states.dropLast().reversed())
  }

  /// All probabilities within 0.01 bit of those of a run from scratch, after edits of all kinds, worked in at once or in
  /// part, the cursor anywhere.
  @Test(arguments: [RecurrentArchitecture.Cell.lstm, .gru, .rnn])
  func editsGiveWhatARunFromScratchGives(cell: RecurrentArchitecture.Cell) throws {
    let component = try makeNetwork(vocabularyCount: 60, cell: cell)
    var random = SplitMix64(seed: 4)
    func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
    var settings = RecurrentTrack.Settings()
    settings.sparseSpacing = 16
    settings.denseRadius = 20
    settings.memoryCount = 60
    var text = words(90, &random)
    var track = BackwardTrack(component: component, tokens: text, settings: settings)
    for edit in 0..<60 {
      let low = below(text.count + 1)
      let removed = edit == 30 ? text.count - low : min(below(13), text.count - low)
      let added = words(edit % 10 == 0 ? below(200) : below(9), &random)
      text.replaceSubrange(low..<low + removed, with: added)
      track.replace(low..<low + removed, with: added)
      track.setFocus(edit % 3 == 0 ? below(text.count + 1) : low)
      track.advance(tokenBudget: below(40))
      guard edit % 4 == 3, !text.isEmpty else { continue }
      let wanted = states(text, component)
      func check(_ index: Int) throws {
        let found = track.state(behind: index)
        let token = index > 0 ? text[index - 1] : TokenID(5)
        let difference =
          component.network.logProbability(of: token, after: try #require(found))
          - component.network.logProbability(of: token, after: wanted[index])
        #expect(abs(difference) < 0.01 * 0.6931, "edit \(edit) token \(index)")
      }
      // A place that is asked for comes first, long before the rest is read.
      let place = below(text.count)
      let isReady = track.prepare(behind: place, while: { true })
      #expect(isReady)
      try check(place)
      while !track.advance(tokenBudget: 100) {}
      for index in stride(from: 0, to: text.count, by: 5) { try check(index) }
      #expect(track.exactStart == 0)
    }
  }

  /// Typing at a place costs what the network remembers before it, however long the text is.
  @Test func aForgottenEditCostsNoMoreThanWhatIsRemembered() throws {
    var random = SplitMix64(seed: 2)
    var track = BackwardTrack(
      component: try makeNetwork(vocabularyCount: 60), tokens: words(5_000, &random))
    while !track.advance(tokenBudget: 1_000) {}
    track.replace(4_900..<4_901, with: [TokenID(7), TokenID(8)])
    let before = track.stepCount
    while !track.advance(tokenBudget: 100) {}
    #expect(track.stepCount - before < 600)
    // What stands behind the edit has not changed.
    track.replace(4_000..<4_001, with: [TokenID(9)])
    let untouched = track.stepCount
    _ = track.state(behind: 4_500)
    #expect(track.stepCount - untouched <= 96 && track.exactStart <= 4_001)
  }
}
