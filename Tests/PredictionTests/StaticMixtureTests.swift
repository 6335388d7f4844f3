import Prediction
import Testing

@Suite struct StaticMixtureTests {
  private func scores(_ pairs: [(ngrams: Float, network: Float)]) -> StaticMixture.Scores {
    var scores = StaticMixture.Scores()
    scores.ngrams = pairs.map(\.ngrams)
    scores.network = pairs.map(\.network)
    return scores
  }

  @Test func theBetterModelGetsTheWeight() {
    #expect(StaticMixture.fitWeight(scores([(-3, -1), (-2, -1), (-5, -4)])) > 0.999)
    #expect(StaticMixture.fitWeight(scores([(-1, -3), (-1, -2), (-4, -200)])) < 0.001)
    #expect(StaticMixture.fitWeight(scores([])) == 0.5)
  }

  @Test func noOtherWeightIsBetter() {
    let scores = scores([(-0.5, -3), (-4, -1), (-2, -2.5), (-6, -0.2), (-1, -1.5)])
    func total(_ weight: Double) -> Float { (0..<5).reduce(0) { $0 + scores.mixed($1, weight: weight) } }
    let best = StaticMixture.fitWeight(scores)
    for weight in stride(from: 0.0, through: 1, by: 0.05) { #expect(total(weight) <= total(best) + 1e-4) }
  }

  @Test func mixingIsOfProbabilities() {
    let scores = scores([(-1, -2)])
    #expect(abs(scores.mixed(0, weight: 0) + 1) < 1e-6)
    #expect(abs(scores.mixed(0, weight: 1) + 2) < 1e-6)
  }
}
