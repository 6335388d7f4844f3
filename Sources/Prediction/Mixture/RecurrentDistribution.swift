/// The network's view of a position, where there is a network and it is ready.
protocol RecurrentDistribution {
  /// P of a token of the vocabulary; 0 for others.
  func probability(of token: UInt32) -> Float
  /// The most probable tokens, the best first.
  var best: [(token: UInt32, probability: Float)] { get }
}
