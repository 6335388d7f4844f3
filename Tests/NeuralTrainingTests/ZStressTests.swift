import Neural
import Testing

@testable import NeuralTraining

@Suite struct ZStressTests {
  @Test func repeatedEvaluationsAreEqual() throws {
    let architecture = try RecurrentArchitecture(
      cell: .lstm, layerCount: 2, embeddingSize: 400, hiddenSize: 400, vocabularyCount: 13462, isTied: true)
    let store = ParameterStore<Float>(architecture)
    store.initialize(architecture, seed: 3, forgetBias: 0)
    let stream = (0...6_100).map { Int32(($0 * $0 + $0 / 7) % 13462) }
    let team = WorkerTeam(count: 2)
    let evaluator = Evaluator(architecture, store: store, team: team, stream: stream)
    let training = Network<Float>(architecture, streamCount: 20, stepCount: 35, team: team,
      regularization: Regularization(dropout: 0.4), store: store)
    var first: Double?
    for round in 0..<400 {
      let tokens = Array(stream[0..<700])
      _ = training.lossAndGradients(tokens, targets: Array(stream[1..<701]), key: UInt64(round))
      let loss = evaluator.meanLoss()
      if first == nil { first = loss }
      #expect(loss == first!, "round \(round): \(loss) against \(first!)")
      if round % 20 == 0 { print(round, loss) }
    }
  }
}
