import Platform

/// Which of a batch's sequences are here, where several processes have a part of it each.
struct BatchPart: Sendable {
  /// Sequences before those of this part.
  var first: Int
  /// Sequences of the whole batch.
  var total: Int
}

/// What is true of one pass over one batch.
struct TrainingPass: Sendable {
  /// What is dropped and sampled follows from it; nil where nothing is: in evaluation.
  var key: UInt64?
  /// Whether gradients follow.
  var needsGradients: Bool
  /// Nil where the batch is whole.
  var part: BatchPart?

  static let evaluation = TrainingPass(key: nil, needsGradients: false)

  /// A key of a layer's own.
  func key(_ salt: UInt64) -> UInt64? { key.map { SplitMix64.mix($0 &+ salt) } }
}

/// A part of a network: values from the activations before it, and from the gradient of its output those of its inputs and
/// parameters.
///
/// A pass calls `begin` once, then every other function on every thread of the team, in this order, a layer's after those
/// of the layers before it (`backward`: after those of the layers behind it). `forward` and `backward` of a shard touch
/// that shard's rows alone and wait for nobody; `prepare` and `accumulate` do a thread's share of what is common to all
/// shards.
protocol Layer<Scalar>: AnyObject {
  associatedtype Scalar: TrainingScalar

  /// Gives the outputs their shape and makes room.
  func begin(_ pass: TrainingPass)
  /// Rearranges parameters for the pass, where that pays.
  func prepare(thread: Int)
  func forward(shard: Int, thread: Int)
  /// Adds to the gradients of the inputs (`Activation.beginGradient`).
  func backward(shard: Int, thread: Int)
  /// The gradients of the layer's parameters, which replace what was there.
  func accumulate(thread: Int)
}

extension Layer {
  func prepare(thread: Int) {}
  func accumulate(thread: Int) {}
}

/// What layers are made with: where their parameters are, and who multiplies.
struct LayerContext<Scalar: TrainingScalar> {
  let store: ParameterStore<Scalar>
  let products: MatrixProducts<Scalar>
  let team: WorkerTeam

  func parameter(_ name: String) -> Parameter<Scalar> { store.parameter(name) }
}

/// Layers in the order in which they depend on each other.
final class LayerStack<Scalar: TrainingScalar> {
  let context: LayerContext<Scalar>
  private(set) var layers: [any Layer<Scalar>] = []

  init(_ context: LayerContext<Scalar>) { self.context = context }

  /// Takes in a layer that depends on none that comes later.
  @discardableResult
  func add<Added: Layer>(_ layer: Added) -> Added where Added.Scalar == Scalar {
    layers.append(layer)
    return layer
  }

  /// Runs all layers over the batch that the first ones were given.
  func forward(_ pass: TrainingPass) {
    for layer in layers { layer.begin(pass) }
    let (layers, team) = (layers, context.team)
    team.run { thread in for layer in layers { layer.prepare(thread: thread) } }
    team.run { thread in for layer in layers { layer.forward(shard: thread, thread: thread) } }
  }

  /// Runs all layers back from the gradients that a loss has left in the last activations.
  func backward() {
    let (layers, team) = (layers, context.team)
    team.run { thread in for layer in layers.reversed() { layer.backward(shard: thread, thread: thread) } }
    team.run { thread in for layer in layers { layer.accumulate(thread: thread) } }
  }
}
