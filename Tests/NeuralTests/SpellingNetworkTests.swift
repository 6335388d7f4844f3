import LanguageModeling
import Neural
import Platform
import Testing

@Suite struct SpellingNetworkTests {
  @Test func isADistributionOverWords() throws {
    let architecture = try RecurrentArchitecture(
      cell: .lstm, embeddingSize: 4, hiddenSize: 8, vocabularyCount: SpellingAlphabet.count, units: .spelling)
    var generator = SeededGenerator(3)
    var weights = WeightDictionary(randomFor: architecture, scale: 0.5, using: &generator)
    // The boundary is likely, so that short words hold much of the mass.
    weights.values["output.bias"]![SpellingAlphabet.boundary] = 5
    let model = try RecurrentModel(architecture, weights: weights, precision: .float32)
    let spelling = try SpellingNetwork(model)
    #expect(spelling.logProbability(of: []) == -.infinity)
    let singles = (0...255).reduce(0.0) { $0 + exp(Double(spelling.logProbability(of: [UInt8($1)]))) }
    // All other words begin with some byte and do not end after it.
    let start = model.state(after: TokenID(SpellingAlphabet.boundary), from: model.emptyState)
    let first = model.distribution(after: start)
    let inner = 1 - exp(Double(first.logProbability(of: TokenID(SpellingAlphabet.boundary))))
    var others = 0.0
    for byte in 0...255 {
      let next = model.state(after: TokenID(byte), from: start)
      let ends = exp(Double(model.logProbability(of: TokenID(SpellingAlphabet.boundary), after: next)))
      others += exp(Double(first.logProbability(of: TokenID(byte)))) / inner * (1 - ends)
    }
    #expect(abs(singles + others - 1) < 1e-4)
    #expect(singles > 0.1)
    let long = [UInt8](repeating: 97, count: 100_000)
    #expect(spelling.logProbability(of: long) < spelling.logProbability(of: long.dropLast()))
  }

  @Test func otherNetworksAreRefused() throws {
    let model = try RecurrentModelTests.model(RecurrentModelTests.architecture(.gru))
    #expect(throws: Failure.self) { try SpellingNetwork(model) }
  }
}
