import Neural

extension RecurrentArchitecture {
  /// The parameters and how they begin: uniform embeddings, recurrent matrices as PyTorch has them (±1/√hidden), zero
  /// output biases.
  ///
  /// - Parameter forgetBias: added to the forget gates' input bias of an LSTM, so that it remembers to begin with.
  func declarations(forgetBias: Double) -> [ParameterDeclaration] {
    parameters.map { parameter in
      let initial: InitialValues
      if parameter.name.hasPrefix("rnn.") {
        let limit = 1 / Double(hiddenSize).squareRoot()
        initial =
          cell == .lstm && parameter.name.hasPrefix("rnn.bias_ih")
          ? .uniformWith(limit: limit, added: forgetBias, range: hiddenSize..<2 * hiddenSize)
          : .uniform(limit: limit)
      } else if parameter.name.hasSuffix("bias") {
        initial = .zero
      } else if parameter.name == "embedding.weight" {
        initial = .uniform(limit: 0.1)
      } else {
        initial = .uniform(limit: 1 / Double(parameter.shape[1]).squareRoot())
      }
      return ParameterDeclaration(name: parameter.name, shape: parameter.shape, initial: initial)
    }
  }

  /// Before the names of what reads backwards, in a store that holds both directions.
  static let backwardPrefix = "backward."

  /// The parameters of a network in one direction, or of those of both.
  func declarations(forgetBias: Double, direction: ReadingDirection) -> [ParameterDeclaration] {
    let forward = declarations(forgetBias: forgetBias)
    guard direction == .both else { return forward }
    let joint = LinearLayer<Float>.declarations(
      JointOutput.name, inputSize: 2 * hiddenSize, outputSize: hiddenSize)
    return forward
      + (forward + joint).map {
        ParameterDeclaration(
          name: Self.backwardPrefix + $0.name, shape: $0.shape, initial: $0.initial, isTuned: $0.isTuned)
      }
  }
}
