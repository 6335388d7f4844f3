import CKernels
import JSON
import Platform

/// Which end of a sequence a recurrent layer begins at.
public enum RecurrentDirection: String, Hashable, Sendable, CaseIterable {
  case forward, backward

  /// In the metadata of a language model's weights; those without it read forward.
  package static let metadataKey = "inkling.direction"
  package var metadata: [String: String] { [Self.metadataKey: rawValue] }
}

/// An RNN, GRU or LSTM over sequences.
///
/// Inputs: the sequences; behind them, where a sequence does not begin with zeros, a row a sequence with its first hidden
/// vector and, of an LSTM, one with its first cells. Outputs: `NAME`, the hidden vector of every step; `NAME.last`, that
/// after the last step (read backwards, the first one's); `NAME.lastCells` of an LSTM.
///
/// Options: `cell`, one of `rnn`, `gru` and `lstm`; `size` of a hidden vector; `direction`, `forward` or `backward`;
/// `weightDrop`, the share of the recurrent matrix left out of a batch (Merity, Keskar and Socher 2017). Parameters as
/// `torch.nn.RNN`, `GRU` and `LSTM` have them: `module` and `layer` name the module and the layer in it, for several
/// layers that are one module there.
package struct RecurrentKind: LayerKind {
  package static let name = "recurrent"
  package let cell: RecurrentCell
  package let size: Int
  package let direction: RecurrentDirection
  package let weightDrop: Double
  package let module: String?
  package let index: Int
  package let hasInitialState: Bool
  package let hasInitialCells: Bool
  private let input: LayerShape

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    try self.init(
      options, inputs: inputs,
      direction: options["direction"].optional?.oneOf(RecurrentDirection.self) ?? .forward)
  }

  /// - Parameter direction: whatever the options say.
  init(_ options: JSONDecoding, inputs: LayerInputs, direction: RecurrentDirection) throws(JSONError) {
    cell = try options["cell"].oneOf(RecurrentCell.self)
    try inputs.count(1...(cell == .lstm ? 3 : 2))
    input = try inputs.rows(0, levels: 1)
    size = try options["size"].integer(in: LayerLimit.size)
    self.direction = direction
    weightDrop = try options["weightDrop"].optional?.double(in: LayerLimit.rate) ?? 0
    module = try options["module"].optional?.string()
    index = try options["layer"].optional?.integer(in: 0...255) ?? 0
    hasInitialState = inputs.shapes.count > 1
    hasInitialCells = inputs.shapes.count > 2
    for place in 1..<max(1, inputs.shapes.count) {
      let wanted = LayerShape(size: size, levels: input.levels.dropLast())
      try inputs.require(inputs.shapes[place] == wanted, "\(wanted)", at: place)
    }
  }

  package var options: JSONObject {
    var options: JSONObject = [
      "cell": .string(cell.rawValue), "size": JSON(size), "direction": .string(direction.rawValue),
      "weightDrop": JSON(weightDrop), "layer": JSON(index),
    ]
    options["module"] = module.map { JSON.string($0) } ?? JSON.null
    return options
  }

  package var outputs: [LayerOutput] {
    let last = LayerShape(size: size, levels: input.levels.dropLast())
    return [LayerOutput(LayerShape(size: size, levels: input.levels)), LayerOutput(last, suffix: "last")]
      + (cell == .lstm ? [LayerOutput(last, suffix: "lastCells")] : [])
  }

  /// What ends the names of the parameters.
  package var suffix: String { "l\(index)" + (direction == .backward ? "_reverse" : "") }
  package var inputSize: Int { input.size }

  package var parameters: [RecurrentArchitecture.Parameter] {
    let rows = cell.gateCount * size
    return [
      .init(name: "weight_ih_\(suffix)", shape: [rows, input.size]),
      .init(name: "weight_hh_\(suffix)", shape: [rows, size]),
      .init(name: "bias_ih_\(suffix)", shape: [rows]), .init(name: "bias_hh_\(suffix)", shape: [rows]),
    ]
  }

  package func layer(_ weights: LayerWeights) throws(Failure) -> any InferenceLayer {
    try RecurrentInference(self, weights)
  }
}

struct RecurrentInference: InferenceLayer {
  private let cell: RecurrentCell
  private let size: Int
  private let direction: RecurrentDirection
  /// Its bias is the sum of both for all but the GRU, whose reset gate multiplies one of them.
  private let input: RowProduct
  private let recurrent: RowProduct
  /// Of types' vectors with the weights of the input, its bias with them.
  private let products: TypeProducts?

  init(_ kind: RecurrentKind, _ weights: LayerWeights) throws(Failure) {
    cell = kind.cell
    size = kind.size
    direction = kind.direction
    var inputBias = try weights.vector("bias_ih_\(kind.suffix)")
    var recurrentBias = try weights.vector("bias_hh_\(kind.suffix)")
    if cell != .gru {
      for index in inputBias.indices { inputBias[index] += recurrentBias[index] }
      recurrentBias = []
    }
    input = try weights.matrix("weight_ih_\(kind.suffix)", bias: inputBias)
    recurrent = try weights.matrix("weight_hh_\(kind.suffix)", bias: recurrentBias)
    products = TypeProducts(elementCount: input.paddedCount)
  }

  let readsTypes = true

  func forward(_ inputs: [LayerValues]) -> [LayerValues] {
    var inputs = inputs
    // States before the first step are numbers, whatever they come from.
    for place in 1..<max(1, inputs.count) { inputs[place] = inputs[place].written() }
    if let outputs = forwardByTypes(inputs) { return outputs }
    inputs[0] = inputs[0].written()
    let source = inputs[0]
    return source.values.withUnsafeBufferPointer { x in
      read(inputs) { row, scratch in
        input.multiply(x.baseAddress! + row * source.size, out: scratch.sums.base, scratch.inputQuanta)
        return UnsafePointer(scratch.sums.base)
      }
    }
  }

  /// The same of vectors of types, by the products that are known of them.
  ///
  /// - Returns: nil where the inputs are something else, or another thread has the products.
  private func forwardByTypes(_ inputs: [LayerValues]) -> [LayerValues]? {
    let ids = inputs[0].ids
    guard let products, let table = inputs[0].table else { return nil }
    let (vector, quanta) = (KernelMemory<Float>(table.size), input.quanta())
    func compute(_ type: Int, _ out: UnsafeMutablePointer<Float>) {
      table.write(type, to: vector.base)
      input.multiply(vector.base, out: out, quanta)
    }
    var outputs: [LayerValues]?
    _ = products.use(ids, typeCount: table.count, compute: compute) { known in
      outputs = read(inputs) { row, _ in
        let next = direction == .forward ? row + 1 : row - 1
        if known.indices.contains(next), let coming = known[next] { inkling_fetch(coming, input.paddedCount) }
        // A vector of zeros leaves the bias.
        return known[row] ?? UnsafePointer(input.matrix.bias.base)
      }
    }
    return outputs
  }

  private struct Scratch {
    /// Of the gates; of a GRU those of the recurrent product behind them.
    let sums: KernelMemory<Float>
    let inputQuanta: KernelMemory<Int8>
    let stateQuanta: KernelMemory<Int8>
  }

  /// - Parameter inputSums: gives what the input's weights make of a row.
  private func read(
    _ inputs: [LayerValues], _ inputSums: (_ row: Int, Scratch) -> UnsafePointer<Float>
  ) -> [LayerValues] {
    let source = inputs[0]
    var outputs = source.room(size: size, lengths: source.lengths.last!)
    var last = inputs.count > 1 ? inputs[1] : source.reduced(size: size)
    var lastCells = inputs.count > 2 ? inputs[2] : source.reduced(size: size)
    outputs.values.withUnsafeMutableBufferPointer { h in
      last.values.withUnsafeMutableBufferPointer { state in
        lastCells.values.withUnsafeMutableBufferPointer { cells in
          let scratch = Scratch(
            sums: KernelMemory(2 * input.paddedCount), inputQuanta: input.quanta(),
            stateQuanta: recurrent.quanta())
          source.forEachSequence { sequence, rows in
            guard !rows.isEmpty else { return }
            let steps = Steps(
              rows: rows, outputs: h.baseAddress!, h: state.baseAddress! + sequence * size,
              c: cells.baseAddress! + sequence * size)
            read(steps, scratch, inputSums)
          }
        }
      }
    }
    return cell == .lstm ? [outputs, last, lastCells] : [outputs, last]
  }

  /// One sequence.
  private struct Steps {
    let rows: Range<Int>
    /// The hidden vector after each row.
    let outputs: UnsafeMutablePointer<Float>
    /// The state before the first and then after the last one.
    let h: UnsafeMutablePointer<Float>
    let c: UnsafeMutablePointer<Float>
  }

  private func read(
    _ steps: Steps, _ scratch: Scratch, _ inputSums: (_ row: Int, Scratch) -> UnsafePointer<Float>
  ) {
    let sums = scratch.sums.base
    let rows = steps.rows
    for index in 0..<rows.count {
      let row = direction == .forward ? rows.lowerBound + index : rows.upperBound - 1 - index
      let start = inputSums(row, scratch)
      if cell == .gru {
        if start != UnsafePointer(sums) { sums.update(from: start, count: input.paddedCount) }
        recurrent.multiply(steps.h, out: sums + input.paddedCount, scratch.stateQuanta)
      } else {
        recurrent.multiply(steps.h, start: start, out: sums, scratch.stateQuanta)
      }
      advance(sums, steps.h, steps.c)
      (steps.outputs + row * size).update(from: steps.h, count: size)
    }
  }

  /// From the gates' sums to the next state, in place.
  private func advance(
    _ sums: UnsafeMutablePointer<Float>, _ h: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>
  ) {
    let table = input.kernels.table.pointee
    switch cell {
    case .lstm: table.lstm_gates(sums, c, h, size)
    case .gru: table.gru_gates(sums, sums + input.paddedCount, h, size)
    case .rnn: table.tanh_gates(sums, h, size)
    }
  }
}
