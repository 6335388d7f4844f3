import LanguageModeling
import Platform
import Testing

@testable import Neural

/// Models in both directions that PyTorch computed: Golden/make_bidirectional_golden.py.
@Suite struct BidirectionalModelTests {
  static let cells = ["rnn", "gru", "lstm"]

  private func path(_ name: String) -> String {
    "\(#filePath)".split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
      + "/Golden/\(name).safetensors"
  }

  private func model(_ cell: String, _ precision: WeightPrecision) throws -> BidirectionalModel {
    try BidirectionalModel(
      forward: RecurrentModel(path: path("both-\(cell)-forward"), precision: precision),
      backward: MappedFile(path("both-\(cell)-backward")), precision: precision)
  }

  @Test(arguments: cells) func singlePrecisionIsPyTorchs(cell: String) throws {
    let file = try Safetensors(path("both-\(cell)-backward"))
    let tokens = try file.integers("golden.tokens").map { TokenID(Int($0)) }
    let wanted = try file.floats("golden.log_probabilities", shape: [tokens.count, 17])
    let model = try model(cell, .float32)
    let scores = model.score(tokens)
    var states = [BidirectionalModel.startState(model.backward)]
    for token in tokens.reversed() {
      states.append(model.backward.state(after: token, from: states.last!))
    }
    var before = BidirectionalModel.startState(model.forward)
    for (place, token) in tokens.enumerated() {
      let distribution = model.distribution(between: before, and: states[tokens.count - 1 - place])
      for (row, value) in distribution.logProbabilities.enumerated() where row != 1 {
        #expect(abs(value - wanted[place * 17 + row]) < 1e-4, "\(place) \(row)")
      }
      #expect(abs(distribution.logProbabilities.reduce(0) { $0 + exp($1) } - 1) < 1e-5)
      #expect(abs(scores[place] - wanted[place * 17 + token.index]) < 1e-4)
      model.forward.step(token, &before)
    }
  }

  @Test(arguments: cells) func eightBitsComeClose(cell: String) throws {
    let exact = try model(cell, .float32)
    let quantised = try model(cell, .int8)
    // Longer than the stretches between kept states.
    let tokens = (0..<1_300).map { TokenID(3 + ($0 * $0 + $0 / 5) % 14) }
    let (wanted, found) = (exact.score(tokens), quantised.score(tokens))
    #expect(found.count == tokens.count)
    let difference = zip(wanted, found).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(tokens.count)
    #expect(difference < 0.08, "\(difference)")
  }

  /// What stands before a stretch's end is what the states from the text's end give.
  @Test func longTextsAreScoredAsWhole() throws {
    let model = try model("gru", .float32)
    let tokens = (0..<1_030).map { TokenID(3 + ($0 * $0 + $0 / 3) % 14) }
    let scores = model.score(tokens)
    var behind = [BidirectionalModel.startState(model.backward)]
    for token in tokens.reversed() {
      behind.append(model.backward.state(after: token, from: behind.last!))
    }
    var before = BidirectionalModel.startState(model.forward)
    for (place, token) in tokens.enumerated() {
      if place % 101 == 0 || [511, 512, 1_023, 1_024, 1_029].contains(place) {
        let single = model.distribution(between: before, and: behind[tokens.count - 1 - place])
        #expect(abs(single.logProbability(of: token) - scores[place]) < 1e-4, "\(place)")
      }
      model.forward.step(token, &before)
    }
    #expect(model.score([]).isEmpty)
  }

  @Test func directionsAreNotTakenForEachOther() throws {
    #expect(throws: Failure.self) { try RecurrentModel(path: path("both-lstm-backward")) }
    let forward = try RecurrentModel(path: path("both-lstm-forward"))
    #expect(throws: Failure.self) {
      try BidirectionalModel(forward: forward, backward: MappedFile(path("both-lstm-forward")))
    }
    #expect(throws: Failure.self) {
      try BidirectionalModel(forward: forward, backward: MappedFile(path("both-gru-backward")))
    }
  }
}
