import CKernels
import Platform

/// One layer between embedding and output.
final class HiddenLayer: Sendable {
  let cell: RecurrentArchitecture.Cell
  let size: Int
  /// The layer's input × its rows. For all but the GRU its bias is the sum of both.
  let input: WeightMatrix
  /// Nil where there is no recurrence.
  let hidden: WeightMatrix?

  /// Numbers of the layer in a state.
  var stateCount: Int { cell == .lstm ? 2 * size : size }
  var byteCount: Int { input.byteCount + (hidden?.byteCount ?? 0) }

  init(
    _ architecture: RecurrentArchitecture, layer: Int, source: any WeightSource, precision: WeightPrecision
  ) throws(Failure) {
    cell = architecture.cell
    size = architecture.hiddenSize
    let parameters = architecture.parameters
    func parameter(_ name: String) -> RecurrentArchitecture.Parameter {
      parameters.first { $0.name == name }!
    }
    func matrix(
      _ parameter: RecurrentArchitecture.Parameter, bias: [Float]
    ) throws(Failure) -> WeightMatrix {
      let matrix = try WeightMatrix(
        rows: parameter.shape[0], columns: parameter.shape[1], precision: precision, bias: bias,
        named: parameter.name
      ) { row, buffer throws(Failure) in try source.read(parameter, row: row, into: buffer) }
      source.finish(parameter)
      return matrix
    }
    guard cell.isRecurrent else {
      input = try matrix(
        parameter("hidden.\(layer).weight"), bias: try source.vector(parameter("hidden.\(layer).bias")))
      hidden = nil
      return
    }
    var inputBias = try source.vector(parameter("rnn.bias_ih_l\(layer)"))
    var hiddenBias = try source.vector(parameter("rnn.bias_hh_l\(layer)"))
    if cell != .gru {
      for index in inputBias.indices { inputBias[index] += hiddenBias[index] }
      hiddenBias = []
    }
    input = try matrix(parameter("rnn.weight_ih_l\(layer)"), bias: inputBias)
    hidden = try matrix(parameter("rnn.weight_hh_l\(layer)"), bias: hiddenBias)
  }

  /// Advances the layer's part of a state (h, and c after it for an LSTM) by one token with the input `x`.
  func step(
    _ x: ActivationVector, state: UnsafeMutablePointer<Float>, kernels: KernelSet, team: KernelTeam,
    scratch: Scratch
  ) {
    let vector = hidden.map {
      ActivationVector(
        state, count: size, quanta: scratch.hiddenQuanta.base, precision: $0.precision, kernels)
    }
    var products = Products(
      layer: Unmanaged.passUnretained(self), kernels: kernels, x: x, h: vector, gates: scratch.gates.base,
      hiddenGates: scratch.hiddenGates.base,
      blocksPerPiece: team.threadCount == 1 ? input.blockCount : Products.blocksPerPiece)
    let pieces = (input.blockCount + products.blocksPerPiece - 1) / products.blocksPerPiece
    team.run(pieces: pieces, &products) { context, _, piece in
      context!.assumingMemoryBound(to: Products.self).pointee.compute(piece: piece)
    }
    let table = kernels.table.pointee
    switch cell {
    case .lstm: table.lstm_gates(scratch.gates.base, state + size, state, size)
    case .gru: table.gru_gates(scratch.gates.base, scratch.hiddenGates.base, state, size)
    case .rnn, .window, .bag: table.tanh_gates(scratch.gates.base, state, size)
    }
  }

  /// The matrix products of a step, cut by rows.
  private struct Products {
    /// About a microsecond's worth at the sizes of a word model.
    static let blocksPerPiece = 8

    let layer: Unmanaged<HiddenLayer>
    let kernels: KernelSet
    let x: ActivationVector
    let h: ActivationVector?
    let gates: UnsafeMutablePointer<Float>
    let hiddenGates: UnsafeMutablePointer<Float>
    let blocksPerPiece: Int

    func compute(piece: Int) {
      layer._withUnsafeGuaranteedRef { layer in
        let first = piece * blocksPerPiece
        let blocks = first..<min(first + blocksPerPiece, layer.input.blockCount)
        var x = x
        layer.input.multiply(kernels, &x, start: layer.input.bias.base, blocks: blocks, out: gates)
        guard let hidden = layer.hidden, var h else { return }
        if layer.cell == .gru {
          hidden.multiply(kernels, &h, start: hidden.bias.base, blocks: blocks, out: hiddenGates)
        } else {
          hidden.multiply(kernels, &h, start: gates, blocks: blocks, out: gates)
        }
      }
    }
  }
}
