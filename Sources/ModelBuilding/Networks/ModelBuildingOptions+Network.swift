import NeuralTraining

extension ModelBuildingOptions {
  /// A network's options with what the build decides of them.
  func completed(_ network: RecurrentTrainingOptions) -> RecurrentTrainingOptions {
    var network = network
    network.units = text.form == .characters ? .character : .word
    network.seed = seed
    network.memoryLimit = ngrams.memoryByteCount
    return network
  }
}
