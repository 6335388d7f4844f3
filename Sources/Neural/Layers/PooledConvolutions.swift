import JSON

/// A network that goes from steps through banks of filters, the largest answer of each filter, and one linear layer
/// (Kim 2014): what it says is a sum over filters.
package struct PooledConvolutions {
  /// Banks in the order in which the linear layer has them, with the references to their answers.
  package var banks: [(name: String, kind: Convolution1DKind)]
  /// The linear layer's: outputs × filters of all banks.
  package var weights: [Float]
  /// Of the linear layer, an output each.
  package var bias: [Float]
}

extension LayeredNetwork {
  /// The parts of such a network; nil where it is of another kind.
  package var pooledConvolutions: PooledConvolutions? {
    let layers = Dictionary(uniqueKeysWithValues: description.layers.enumerated().map { ($1.name, $0) })
    func source(_ name: String) -> NetworkDescription.Layer? {
      var layer = layers[name].map { description.layers[$0] }
      while let dropout = layer, dropout.kind is DropoutKind {
        layer = layers[dropout.inputs[0]].map { description.layers[$0] }
      }
      return layer
    }
    guard description.outputs.count == 1, let index = layers[description.outputs[0]],
      let linear = description.layers[index].kind as? LinearKind,
      let below = source(description.layers[index].inputs[0])
    else { return nil }
    var pools = [below]
    if let combining = below.kind as? CombiningKind {
      guard combining.rule == .concatenation else { return nil }
      let inputs = below.inputs.map { source($0) }
      pools = inputs.compactMap { $0 }
      guard pools.count == inputs.count else { return nil }
    }
    var banks: [(name: String, kind: Convolution1DKind)] = []
    for pool in pools {
      guard let pooling = pool.kind as? PoolingKind, pooling.reduction == .maximum,
        pooling.window == .sequence,
        let bank = source(pool.inputs[0]), let kind = bank.kind as? Convolution1DKind
      else { return nil }
      banks.append((bank.name, kind))
    }
    let columns = banks.reduce(0) { $0 + $1.kind.filters }
    guard columns == linear.inputSize, linear.activation == .identity else { return nil }
    let (weights, bias) = weights(ofLinear: index, outputs: linear.size, columns: columns)
    return PooledConvolutions(banks: banks, weights: weights, bias: bias)
  }

  /// A linear layer's weights (outputs × columns) and bias, from what it answers to zeros and to each unit vector.
  private func weights(ofLinear index: Int, outputs: Int, columns: Int) -> (weights: [Float], bias: [Float]) {
    var units = LayerValues(size: columns, exampleCount: columns + 1, lengths: [])
    for column in 0..<columns { units.values[(column + 1) * columns + column] = 1 }
    let answers = forward(layer: index, [units])[0]
    var weights = [Float](repeating: 0, count: outputs * columns)
    for column in 0..<columns {
      for output in 0..<outputs {
        weights[output * columns + column] =
          answers.values[(column + 1) * outputs + output] - answers.values[output]
      }
    }
    return (weights, Array(answers.values[..<outputs]))
  }
}
