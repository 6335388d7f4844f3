import CTrainingKernels
import Neural

/// The four tensors of a recurrent layer, under PyTorch's names for `nn.RNN`, `nn.GRU` and `nn.LSTM`.
struct RecurrentParameters<Scalar: TrainingScalar> {
  /// gates · hidden × input.
  let inputWeights: Parameter<Scalar>
  /// gates · hidden × hidden.
  let recurrentWeights: Parameter<Scalar>
  let inputBias: Parameter<Scalar>
  let recurrentBias: Parameter<Scalar>

  /// - Parameters:
  ///   - prefix: of the module, such as `rnn`.
  ///   - isReverse: whether it is the second direction's.
  init(_ store: ParameterStore<Scalar>, prefix: String, layer: Int = 0, isReverse: Bool = false) {
    let suffix = Self.suffix(layer, isReverse)
    inputWeights = store.parameter("\(prefix).weight_ih_\(suffix)")
    recurrentWeights = store.parameter("\(prefix).weight_hh_\(suffix)")
    inputBias = store.parameter("\(prefix).bias_ih_\(suffix)")
    recurrentBias = store.parameter("\(prefix).bias_hh_\(suffix)")
  }

  private static func suffix(_ layer: Int, _ isReverse: Bool) -> String {
    "l\(layer)" + (isReverse ? "_reverse" : "")
  }

  /// - Parameter forgetBias: added to the forget gates' input bias of an LSTM, so that it remembers to begin with.
  static func declarations(
    _ cell: RecurrentCell, inputSize: Int, hiddenSize: Int, prefix: String, layer: Int = 0,
    isReverse: Bool = false,
    forgetBias: Double = 1
  ) -> [ParameterDeclaration] {
    let rows = cell.gateCount * hiddenSize
    let limit = 1 / Double(hiddenSize).squareRoot()
    let suffix = suffix(layer, isReverse)
    let inputBias: InitialValues =
      cell == .lstm
      ? .uniformWith(limit: limit, added: forgetBias, range: hiddenSize..<2 * hiddenSize)
      : .uniform(limit: limit)
    return [
      .init(
        name: "\(prefix).weight_ih_\(suffix)", shape: [rows, inputSize], initial: .uniform(limit: limit)),
      .init(
        name: "\(prefix).weight_hh_\(suffix)", shape: [rows, hiddenSize], initial: .uniform(limit: limit)),
      .init(name: "\(prefix).bias_ih_\(suffix)", shape: [rows], initial: inputBias),
      .init(name: "\(prefix).bias_hh_\(suffix)", shape: [rows], initial: .uniform(limit: limit)),
    ]
  }
}

/// Elements of the recurrent matrix left out for a whole pass (Wan et al. 2013; Merity, Keskar and Socher 2017).
final class RecurrentWeightDrop<Scalar: TrainingScalar> {
  private let rate: Double
  private let parameter: Parameter<Scalar>
  private let team: WorkerTeam
  private let salt: UInt64
  private let maskBuffer: Buffer<Scalar>
  private let dropped: Buffer<Scalar>
  private let operations = Scalar.operations
  private var isActive = false

  init(rate: Double, weights: Parameter<Scalar>, team: WorkerTeam, salt: UInt64) {
    self.rate = rate
    parameter = weights
    self.team = team
    self.salt = salt
    maskBuffer = Buffer(rate > 0 ? weights.count : 0)
    dropped = Buffer(rate > 0 ? weights.count : 0)
  }

  /// The matrix to use in this pass.
  var weights: UnsafeMutablePointer<Scalar> { isActive ? dropped.pointer : parameter.values }

  /// Draws what is left out.
  func begin(_ pass: TrainingPass) {
    isActive = rate > 0 && pass.key != nil
    guard isActive, let key = pass.key(salt) else { return }
    team.run { thread in
      let elements = team.piece(thread, of: parameter.count, grain: 16)
      guard !elements.isEmpty else { return }
      let start = elements.lowerBound
      operations.dropout_mask(
        Int64(elements.count), key, UInt64(start), 1 - rate, maskBuffer.pointer + start)
      operations.multiply(
        Int64(elements.count), parameter.values + start, maskBuffer.pointer + start, dropped.pointer + start)
    }
  }

  /// Turns rows of the gradient by the matrix used into those of the gradient by the parameter.
  func mask(_ gradient: UnsafeMutablePointer<Scalar>, rows: Range<Int>, columns: Int) {
    guard isActive else { return }
    operations.multiply(
      Int64(rows.count * columns), gradient, maskBuffer.pointer + rows.lowerBound * columns, gradient)
  }
}

extension RecurrentKind: TrainableLayerKind {
  func declarations(_ prefix: String) -> [ParameterDeclaration] {
    RecurrentParameters<Float>.declarations(
      cell, inputSize: inputSize, hiddenSize: size, prefix: prefix, layer: index,
      isReverse: direction == .backward)
  }

  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>] {
    let context = builder.stack.context
    let layer = builder.stack.add(
      RecurrentLayer(
        cell, input: builder.inputs[0],
        parameters: RecurrentParameters(
          context.store, prefix: builder.prefix, layer: index, isReverse: direction == .backward),
        context: context, direction: direction, initialState: hasInitialState ? builder.inputs[1] : nil,
        initialCells: hasInitialCells ? builder.inputs[2] : nil, weightDrop: weightDrop,
        salt: builder.salt &+ (direction == .backward ? 1 : 0)))
    return [layer.output, layer.last] + (layer.lastCells.map { [$0] } ?? [])
  }
}

extension BidirectionalKind: TrainableLayerKind {
  func declarations(_ prefix: String) -> [ParameterDeclaration] {
    forward.declarations(prefix) + backward.declarations(prefix)
  }

  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>] {
    zip(forward.build(builder), backward.build(builder)).map {
      builder.stack.add(CombiningLayer([$0, $1], .concatenation)).output
    }
  }
}
