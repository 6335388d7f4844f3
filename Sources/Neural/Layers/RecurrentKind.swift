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
  }

  func forward(_ inputs: [LayerValues]) -> [LayerValues] {
    let source = inputs[0]
    var outputs = source.shaped(size: size)
    var last = inputs.count > 1 ? inputs[1] : source.reduced(size: size)
    var lastCells = inputs.count > 2 ? inputs[2] : source.reduced(size: size)
    source.values.withUnsafeBufferPointer { x in
      outputs.values.withUnsafeMutableBufferPointer { h in
        last.values.withUnsafeMutableBufferPointer { state in
          lastCells.values.withUnsafeMutableBufferPointer { cells in
            let scratch = Scratch(
              sums: KernelMemory(2 * input.paddedCount), inputQuanta: input.quanta(),
              stateQuanta: recurrent.quanta())
            source.forEachSequence { sequence, rows in
              guard !rows.isEmpty else { return }
              read(
                x.baseAddress! + rows.lowerBound * source.size, rows.count,
                h.baseAddress! + rows.lowerBound * size, state.baseAddress! + sequence * size,
                cells.baseAddress! + sequence * size, scratch)
            }
          }
        }
      }
    }
    return cell == .lstm ? [outputs, last, lastCells] : [outputs, last]
  }

  private struct Scratch {
    /// Of the gates; of a GRU those of the recurrent product behind them.
    let sums: KernelMemory<Float>
    let inputQuanta: KernelMemory<Int8>
    let stateQuanta: KernelMemory<Int8>
  }

  /// One sequence: `x` its steps, `outputs` the hidden vector after each; `h` and `c` the state before and then after it.
  private func read(
    _ x: UnsafePointer<Float>, _ count: Int, _ outputs: UnsafeMutablePointer<Float>,
    _ h: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ scratch: Scratch
  ) {
    let sums = scratch.sums.base
    for index in 0..<count {
      let step = direction == .forward ? index : count - 1 - index
      input.multiply(x + step * input.matrix.columnCount, out: sums, scratch.inputQuanta)
      if cell == .gru {
        recurrent.multiply(h, out: sums + input.paddedCount, scratch.stateQuanta)
      } else {
        recurrent.multiply(h, start: UnsafePointer(sums), out: sums, scratch.stateQuanta)
      }
      advance(sums, h, c)
      (outputs + step * size).update(from: h, count: size)
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
