import LanguageModeling
import Neural
import Platform
import Testing

/// Networks and probabilities that PyTorch computed: Golden/make_golden.py.
@Suite struct GoldenTests {
  static let names =
    ["rnn", "gru", "lstm"].flatMap { cell in [1, 2].flatMap { ["\(cell)-\($0)", "\(cell)-\($0)-tied"] } }
    + ["adaptive", "adaptive-bias", "window", "bag"]

  private func path(_ name: String) -> String {
    "\(#filePath)".split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
      + "/Golden/\(name).safetensors"
  }

  private struct Expectation {
    var tokens: [TokenID]
    /// By step, then by TokenID.
    var logProbabilities: [[Float]]
    var state: [Float]?

    init(_ file: Safetensors) throws {
      tokens = try file.integers("golden.tokens").map { TokenID(Int($0)) }
      let values = try file.floats("golden.log_probabilities")
      let count = values.count / tokens.count
      let fileTokens = try NetworkVocabulary.read(file, count: count)
      logProbabilities = tokens.indices.map { step in
        var row = [Float](repeating: 0, count: count)
        for (fileRow, token) in fileTokens.enumerated() { row[token.index] = values[step * count + fileRow] }
        return row
      }
      state = file.tensors["golden.state"] == nil ? nil : try file.floats("golden.state")
    }
  }

  @Test(arguments: names)
  func singlePrecisionIsPyTorchs(name: String) throws {
    let expected = try Expectation(Safetensors(path(name)))
    for kernels in KernelSet.available {
      let model = try RecurrentModel(path: path(name), precision: .float32, kernels: kernels)
      var state = model.emptyState
      for (step, token) in expected.tokens.enumerated() {
        model.step(token, &state)
        let values = model.distribution(after: state).logProbabilities
        for (token, value) in values.enumerated() {
          let wanted = expected.logProbabilities[step][token]
          if token == 1 {
            #expect(value == -.infinity)
          } else {
            #expect(
              abs(value - wanted) < 1e-4 * max(1, abs(wanted)), "\(kernels.name) step \(step) token \(token)")
          }
        }
      }
      if let wanted = expected.state {
        #expect(zip(state.values, wanted).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(state.values.count == wanted.count)
      }
    }
  }

  /// The average over the steps of the probability's relative error, which is what perplexity sees.
  @Test(arguments: names)
  func eightBitsComeClose(name: String) throws {
    let expected = try Expectation(Safetensors(path(name)))
    let model = try RecurrentModel(path: path(name))
    var state = model.emptyState
    var divergence: Float = 0
    for (step, token) in expected.tokens.enumerated() {
      model.step(token, &state)
      let values = model.distribution(after: state).logProbabilities
      for (token, wanted) in expected.logProbabilities[step].enumerated() where token != 1 {
        divergence += exp(wanted) * (wanted - values[token])
      }
    }
    #expect(divergence / Float(expected.tokens.count) < 0.002)
  }
}
