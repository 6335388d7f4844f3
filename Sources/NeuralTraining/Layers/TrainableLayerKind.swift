import Neural

/// A kind of layer that can be trained: beside its layer stands how a description's options make one.
protocol TrainableLayerKind: LayerKind {
  /// The kind's parameters behind a module's name, with how they begin.
  func declarations(_ prefix: String) -> [ParameterDeclaration]
  /// Adds the layers to the stack.
  ///
  /// - Returns: their outputs, in the order of the kind's.
  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>]
}

extension TrainableLayerKind {
  func declarations(_ prefix: String) -> [ParameterDeclaration] { [] }
}

/// What a described layer is built with.
struct LayerBuilder<Scalar: TrainingScalar> {
  /// The first part of the parameters' names.
  let prefix: String
  /// What the description calls the inputs.
  let inputNames: [String]
  /// The inputs that are rows of numbers; ids are read through `readers`.
  let inputs: [Activation<Scalar>]
  let stack: LayerStack<Scalar>
  /// What is dropped at random in the layer follows from it.
  let salt: UInt64
  let readers: IdentifierReaders<Scalar>

  func parameter(_ name: String) -> Parameter<Scalar> { stack.context.parameter("\(prefix).\(name)") }
}

/// The layers that take the ids that enter a network.
final class IdentifierReaders<Scalar: TrainingScalar> {
  private(set) var layers: [(input: String, layer: EmbeddingLayer<Scalar>)] = []

  func add(_ layer: EmbeddingLayer<Scalar>, reading input: String) { layers.append((input, layer)) }
}

extension TimeDistributedKind: TrainableLayerKind {
  private var trainable: any TrainableLayerKind { inner as! any TrainableLayerKind }

  func declarations(_ prefix: String) -> [ParameterDeclaration] { trainable.declarations(prefix) }

  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>] {
    trainable.build(builder)
  }
}
