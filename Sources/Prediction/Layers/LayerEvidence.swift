/// How much of a text each of a model and its layers explains: a step of expectation–maximisation from equal weights
/// (Dempster, Laird and Rubin 1977), in whole numbers, so that what is added can be taken off again exactly.
struct LayerEvidence: Hashable, BitwiseCopyable, Sendable {
  /// Of the model in lane 0, of the layers behind it: sums of responsibilities, in 256ths of a token.
  private(set) var shares = SIMD8<Int32>()

  /// - Parameter probabilities: what each gives to a token; 0 for a word that it does not know.
  mutating func add(_ probabilities: SIMD8<Float>, factor: Int32) {
    let sum = probabilities.sum()
    // A word that nobody knows says nothing of any.
    guard sum > 0, sum.isFinite else { return }
    let parts = SIMD8<Int32>((probabilities * (256 / sum)).rounded(.toNearestOrEven))
    shares &+= factor &* parts
  }
}
