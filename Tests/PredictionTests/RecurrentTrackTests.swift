import LanguageModeling
import Neural
import Testing

@testable import Prediction

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

  private func component(_ cell: RecurrentArchitecture.Cell) throws -> RecurrentComponent {
    try makeNetwork(vocabularyCount: 60, cell: cell)
  }

  private func words(_ count: Int, _ numbers: inout Numbers) -> [TokenID] {
    (0..<count).map { _ in TokenID(Int.random(in: 2..<60, using: &numbers)) }
  }

  private func state(of track: inout RecurrentTrack, _ index: Int) throws -> RecurrentState {
    let state = track.state(before: index)
    return try #require(state)
  }

  /// The state before each token, and after the last, from scratch.
  private func states(_ text: [TokenID], _ component: RecurrentComponent) -> [RecurrentState] {
    var states = [component.startState]
    for token in text { states.append(component.network.state(after: token, from: states.last!)) }
    return states
  }

  /// All probabilities within 0.02 bit of those of a run from scratch, after edits of all kinds, worked in at once or
  /// in part, the cursor anywhere. Half of that is what it makes in a network of 24 numbers where one of them lies at the edge of
  /// two steps of eight bits.
  @Test(arguments: [RecurrentArchitecture.Cell.lstm, .gru, .rnn])
  func editsGiveWhatARunFromScratchGives(cell: RecurrentArchitecture.Cell) throws {
    let component = try component(cell)
    let network = component.network
    var numbers = Numbers(state: 1)
    var settings = RecurrentTrack.Settings()
    settings.sparseSpacing = 16
    settings.denseRadius = 20
    settings.memoryCount = 60
    var track = RecurrentTrack(component: component, settings: settings)
    var text: [TokenID] = []
    for edit in 0..<80 {
      let low = Int.random(in: 0...text.count, using: &numbers)
      let removed =
        edit == 40 ? text.count - low : min(Int.random(in: 0...12, using: &numbers), text.count - low)
      let added = words(Int.random(in: 0...(edit % 10 == 0 ? 300 : 9), using: &numbers), &numbers)
      text.replaceSubrange(low..<low + removed, with: added)
      track.replace(low..<low + removed, with: added)
      track.setFocus(edit % 3 == 0 ? Int.random(in: 0...text.count, using: &numbers) : low)
      _ = track.prepare(
        before: Int.random(in: 0...text.count, using: &numbers), stepLimit: track.stepCount + 90
      ) {
        true
      }
      track.advance(tokenBudget: Int.random(in: 0...40, using: &numbers))
      guard edit % 4 == 3 else { continue }
      #expect(track.tokens == text)
      let wanted = states(text, component)
      while true {
        for index in stride(from: 0, through: text.count, by: 7) where index <= track.exactCount {
          let found = try state(of: &track, index)
          let token = index < text.count ? text[index] : TokenID(5)
          let difference =
            network.logProbability(of: token, after: found)
            - network.logProbability(of: token, after: wanted[index])
          #expect(abs(difference) < 0.02 * 0.6931, "edit \(edit) token \(index)")
        }
        if track.advance(tokenBudget: 100) && track.isComplete { break }
      }
      let last = try state(of: &track, text.count)
      #expect(last.relativeDistance(to: wanted[text.count]) < 0.01)
    }
  }

  @Test func theCursorComesFirst() throws {
    let component = try component(.lstm)
    var numbers = Numbers(state: 5)
    let text = words(6000, &numbers)
    var track = RecurrentTrack(component: component, tokens: text)
    #expect(!track.isReady(before: 4000))
    let isInTime = track.prepare(before: 4000, while: { false })
    let isPrepared = track.prepare(before: 4000, while: { true })
    #expect(!isInTime && isPrepared && track.stepCount < 300 && track.exactCount == 0)
    let wanted = states(text, component)
    let found = try state(of: &track, 4000)
    #expect(found.relativeDistance(to: wanted[4000]) < 0.01)
    // Typing at the top leaves the far end as it was.
    while !track.advance(tokenBudget: 1000) {}
    track.replace(100..<101, with: [TokenID(7), TokenID(8)])
    let before = track.stepCount
    let isFarReady = track.prepare(before: 5000, while: { true })
    #expect(track.exactCount == 100 && isFarReady && track.stepCount == before)
    // Right behind the edit the old states will not do.
    let isNearReady = track.isReady(before: 150)
    let isNearPrepared = track.prepare(before: 150, while: { true })
    #expect(!isNearReady && isNearPrepared)
  }

  @Test func aForgottenEditCostsNoMoreThanWhatIsRemembered() throws {
    var numbers = Numbers(state: 2)
    var track = RecurrentTrack(component: try component(.lstm), tokens: words(5000, &numbers))
    while !track.advance(tokenBudget: 1000) {}
    track.replace(100..<101, with: [TokenID(7), TokenID(8)])
    let before = track.stepCount
    while !track.advance(tokenBudget: 100) {}
    #expect(track.stepCount - before < 600 && track.tokens.count == 5001)
  }

  @Test func snapshotsKeepToTheirBudget() throws {
    let component = try component(.lstm)
    var numbers = Numbers(state: 3)
    var settings = RecurrentTrack.Settings()
    settings.byteBudget = 40_000
    var track = RecurrentTrack(component: component, tokens: words(8000, &numbers), settings: settings)
    for focus in [0, 4000, 8000, 100] {
      track.setFocus(focus)
      track.replace(focus / 2..<focus / 2, with: words(3, &numbers))
      while !track.advance(tokenBudget: 500) {}
      #expect(track.snapshotByteCount <= settings.byteBudget + 1000)
      _ = try state(of: &track, track.tokens.count)
    }
  }

  @Test func editsThatChangeNothingCostNothing() throws {
    var numbers = Numbers(state: 4)
    let text = words(50, &numbers)
    var track = RecurrentTrack(component: try component(.gru))
    track.replace(0..<0, with: text)
    while !track.advance(tokenBudget: 10) {}
    track.replace(10..<20, with: Array(text[10..<20]))
    #expect(track.isComplete)
    track.replace(0..<50, with: [])
    #expect(track.isComplete && track.exactCount == 0)
  }
}
