import LanguageModeling
import Neural
import Prediction
import Testing

@Suite struct RecurrentTrackTests {
  /// SplitMix64.
  struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  private func model(_ cell: RecurrentArchitecture.Cell) throws -> RecurrentModel {
    var numbers = Numbers(state: 6)
    let architecture = try RecurrentArchitecture(
      cell: cell, embeddingSize: 16, hiddenSize: 24, vocabularyCount: 60)
    return try RecurrentModel(
      architecture, weights: WeightDictionary(randomFor: architecture, scale: 0.35, using: &numbers))
  }

  private func words(_ count: Int, _ numbers: inout Numbers) -> [TokenID] {
    (0..<count).map { _ in TokenID(Int.random(in: 2..<60, using: &numbers)) }
  }

  /// Every surprisal within 0.01 bit of a run from scratch, after edits of all kinds, worked in at once or in part.
  @Test(arguments: [RecurrentArchitecture.Cell.lstm, .gru, .rnn])
  func editsGiveWhatARunFromScratchGives(cell: RecurrentArchitecture.Cell) throws {
    let model = try model(cell)
    var numbers = Numbers(state: 1)
    var settings = RecurrentTrack.Settings()
    settings.sparseSpacing = 16
    settings.denseRadius = 20
    var track = RecurrentTrack(model: model, settings: settings)
    var text: [TokenID] = []
    for edit in 0..<60 {
      let low = Int.random(in: 0...text.count, using: &numbers)
      let removed =
        edit == 40 ? text.count - low : min(Int.random(in: 0...12, using: &numbers), text.count - low)
      let added = words(Int.random(in: 0...(edit % 10 == 0 ? 120 : 9), using: &numbers), &numbers)
      text.replaceSubrange(low..<low + removed, with: added)
      track.replace(low..<low + removed, with: added)
      track.setFocus(low)
      track.advance(tokenBudget: Int.random(in: 0...40, using: &numbers))
      if edit % 4 == 3 {
        while !track.advance(tokenBudget: 100) {}
        #expect(track.tokens == text)
        var state = model.sentenceStartState
        let wanted = model.score(text, after: &state).logProbabilities
        for (index, value) in wanted.enumerated() {
          let found = try #require(track.logProbability(at: index))
          #expect(abs(found - value) < 0.01 * 0.6931, "edit \(edit) token \(index)")
        }
        let last = try #require(track.state(before: text.count))
        #expect(last.relativeDistance(to: state) < 0.01)
      }
    }
  }

  @Test func aForgottenEditCostsNoMoreThanWhatIsRemembered() throws {
    let model = try model(.lstm)
    var numbers = Numbers(state: 2)
    var track = RecurrentTrack(model: model)
    track.replace(0..<0, with: words(5000, &numbers))
    while !track.advance(tokenBudget: 1000) {}
    track.replace(100..<101, with: [TokenID(7), TokenID(8)])
    #expect(track.readyCount == 100)
    #expect(track.state(before: 4000) == nil)
    #expect(track.state(before: 4000, allowingStale: true) != nil)
    track.advance(tokenBudget: 1000)
    #expect(track.isComplete && track.tokens.count == 5001)
  }

  @Test func snapshotsKeepToTheirBudget() throws {
    let model = try model(.lstm)
    var numbers = Numbers(state: 3)
    var settings = RecurrentTrack.Settings()
    settings.byteBudget = 20_000
    var track = RecurrentTrack(model: model, settings: settings)
    track.replace(0..<0, with: words(8000, &numbers))
    for focus in [0, 4000, 8000, 100] {
      track.setFocus(focus)
      track.replace(focus / 2..<focus / 2, with: words(3, &numbers))
      while !track.advance(tokenBudget: 500) {}
      #expect(track.snapshotByteCount <= settings.byteBudget + model.stateCount * 4)
    }
  }

  @Test func editsThatChangeNothingCostNothing() throws {
    let model = try model(.gru)
    var numbers = Numbers(state: 4)
    let text = words(50, &numbers)
    var track = RecurrentTrack(model: model)
    track.replace(0..<0, with: text)
    while !track.advance(tokenBudget: 10) {}
    track.replace(10..<20, with: Array(text[10..<20]))
    #expect(track.isComplete)
    track.replace(0..<50, with: [])
    #expect(track.isComplete && track.readyCount == 0)
  }
}
