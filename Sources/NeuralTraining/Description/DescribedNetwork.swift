import Neural
import Platform

/// A described network in training: the layers that its description lists, their parameters, and what enters them.
final class DescribedNetwork<Scalar: TrainingScalar> {
  let description: NetworkDescription
  let stack: LayerStack<Scalar>
  var parameters: ParameterStore<Scalar> { stack.context.store }
  var team: WorkerTeam { stack.context.team }
  private let readers = IdentifierReaders<Scalar>()
  private var activations: [String: Activation<Scalar>] = [:]

  /// - Parameter losses: parameters of what is behind the outputs, which are trained with those of the layers.
  /// - Throws: `Failure` if the description has a kind of layer that nothing trains.
  init(
    _ description: NetworkDescription, team: WorkerTeam, losses: [ParameterDeclaration] = [],
    usesOneDNN: Bool = true
  ) throws(Failure) {
    self.description = description
    var declarations: [ParameterDeclaration] = []
    var kinds: [any TrainableLayerKind] = []
    for layer in description.layers {
      guard let kind = layer.kind as? any TrainableLayerKind else {
        throw Failure(
          "layer \(layer.name)", why: "a layer of the kind \(type(of: layer.kind).name) cannot be trained",
          remedy: "choose another kind")
      }
      kinds.append(kind)
      declarations += kind.declarations(kind.module ?? layer.name)
    }
    stack = LayerStack(
      LayerContext(
        store: ParameterStore(declarations + losses),
        products: MatrixProducts(threadCount: team.count, usesOneDNN: usesOneDNN), team: team))
    for (index, (layer, kind)) in zip(description.layers, kinds).enumerated() {
      let outputs = kind.build(
        LayerBuilder(
          prefix: kind.module ?? layer.name, inputNames: layer.inputs,
          inputs: layer.inputs.compactMap { activations[$0] }, stack: stack, salt: UInt64(400 + 10 * index),
          readers: readers))
      for (name, output) in zip(layer.outputNames, outputs) { activations[name] = output }
    }
  }

  /// An output of a layer, under its reference.
  func activation(_ reference: String) -> Activation<Scalar> { activations[reference]! }

  /// The batch that the next pass reads.
  ///
  /// - Parameter inputs: ids of equally many examples for every input of the description.
  func read(_ inputs: [String: LayerValues]) {
    var shapes: [[String]: SequenceShape] = [:]
    for input in description.inputs {
      let values = inputs[input.name]!
      for (depth, lengths) in values.lengths.enumerated() {
        let levels = Array(input.levels[...depth])
        if shapes[levels] != nil { continue }
        // The examples are one thread's in all inputs alike.
        let first = shapes[[description.inputs[0].levels[0]]]
        shapes[levels] =
          depth > 0
          ? SequenceShape(lengths: lengths, outer: shapes[Array(levels.dropLast())], shardCount: 0)
          : first?.withLengths(lengths) ?? SequenceShape(lengths: lengths, shardCount: team.count)
      }
    }
    for (input, layer) in readers.layers {
      let levels = description.inputs.first { $0.name == input }!.levels
      layer.read(inputs[input]!.ids, shapes[levels]!)
    }
  }

  func forward(_ pass: TrainingPass) { stack.forward(pass) }
  /// From the gradients that a loss has left in the outputs.
  func backward() { stack.backward() }
}
