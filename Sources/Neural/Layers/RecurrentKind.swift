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
              let steps = Steps(
                x: x.baseAddress! + rows.lowerBound * source.size,
                types: rows.upperBound <= source.ids.count ? source.ids[rows] : [], count: rows.count,
                outputs: h.baseAddress! + rows.lowerBound * size,
                h: state.baseAddress! + sequence * size, c: cells.baseAddress! + sequence * size)
              if !readByTypes(steps, scratch) {
                read(steps, scratch) { step in
                  input.multiply(step, out: scratch.sums.base, scratch.inputQuanta)
                  return UnsafePointer(scratch.sums.base)
                }
              }
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

  /// One sequence.
  private struct Steps {
    /// The vectors.
    let x: UnsafePointer<Float>
    /// The types whose vectors they are; empty where they are something else.
    let types: ArraySlice<Int32>
    let count: Int
    /// The hidden vector after each.
    let outputs: UnsafeMutablePointer<Float>
    /// The state before the first and then after the last one.
    let h: UnsafeMutablePointer<Float>
    let c: UnsafeMutablePointer<Float>
  }

  /// Reads steps that are vectors of types, by the products that are known of them.
  ///
  /// - Returns: false where nothing was done: the steps are something else, or another thread has the products.
  private func readByTypes(_ steps: Steps, _ scratch: Scratch) -> Bool {
    guard let products, !steps.types.isEmpty, steps.types.allSatisfy({ $0 >= 0 }) else { return false }
    let columns = input.matrix.columnCount
    return products.use { product in
      read(steps, scratch) { x in
        let step = (x - steps.x) / columns
        return product(steps.types[steps.types.startIndex + step]) {
          input.multiply(x, out: $0, scratch.inputQuanta)
        }
      }
    }
  }

  /// - Parameter inputSums: gives what the input's weights make of a step.
  private func read(
    _ steps: Steps, _ scratch: Scratch, _ inputSums: (_ x: UnsafePointer<Float>) -> UnsafePointer<Float>
  ) {
    let sums = scratch.sums.base
    for index in 0..<steps.count {
      let step = direction == .forward ? index : steps.count - 1 - index
      let start = inputSums(steps.x + step * input.matrix.columnCount)
      if cell == .gru {
        if start != UnsafePointer(sums) { sums.update(from: start, count: input.paddedCount) }
        recurrent.multiply(steps.h, out: sums + input.paddedCount, scratch.stateQuanta)
      } else {
        recurrent.multiply(steps.h, start: start, out: sums, scratch.stateQuanta)
      }
      advance(sums, steps.h, steps.c)
      (steps.outputs + step * size).update(from: steps.h, count: size)
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
