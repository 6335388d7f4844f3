import CKernels
import JSON
import Platform

/// An LSTM whose state has a place axis: what enters a gate is a convolution of the frame and of the state before
/// (Shi et al. 2015, equation 3, without peepholes), along one axis.
///
/// Input: sequences of frames, whose innermost sequences are the places of a frame. Options: `size` of the hidden vector at
/// every place; `width` of the convolutions, odd. Parameters: `input.weight`, `input.bias` and `state.weight` as
/// `torch.nn.Conv1d` has them, gates in the order i f g o.
package struct ConvolutionalLSTMKind: LayerKind {
  package static let name = "convolutionalLSTM"
  package let size: Int
  package let width: Int
  private let input: LayerShape

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    try inputs.count(1...1)
    input = try inputs.rows(0, levels: 2)
    size = try options["size"].integer(in: LayerLimit.size)
    width = try options["width"].integer(in: LayerLimit.width)
    guard width % 2 == 1 else { throw options["width"].mismatch(expected: "an odd integer") }
  }

  package var options: JSONObject { ["size": JSON(size), "width": JSON(width)] }
  package var outputs: [LayerOutput] { [LayerOutput(LayerShape(size: size, levels: input.levels))] }
  package var channels: Int { input.size }
  package var parameters: [RecurrentArchitecture.Parameter] {
    [
      .init(name: "input.weight", shape: [4 * size, input.size, width]),
      .init(name: "input.bias", shape: [4 * size]),
      .init(name: "state.weight", shape: [4 * size, size, width]),
    ]
  }

  package func layer(_ weights: LayerWeights) throws(Failure) -> any InferenceLayer {
    Inference(
      frames: ConvolutionInference(
        filters: try weights.filters("input.weight"), bias: try weights.vector("input.bias"), padding: .same,
        activation: .identity),
      state: ConvolutionInference(
        filters: try weights.filters("state.weight"), bias: [Float](repeating: 0, count: 4 * size),
        padding: .same, activation: .identity), size: size)
  }

  private struct Inference: InferenceLayer {
    let frames: ConvolutionInference
    let state: ConvolutionInference
    let size: Int

    func forward(_ inputs: [LayerValues]) -> [LayerValues] {
      var sums = frames.forward(inputs)[0]
      let counts = sums.lengths[sums.lengths.count - 2]
      let places = sums.lengths.last!
      var result = sums.shaped(size: size)
      var (frame, row) = (0, 0)
      for count in counts {
        var (hidden, cells): ([Float], [Float]) = ([], [])
        for _ in 0..<count {
          let length = places[frame] * size
          // Where a frame has more or fewer places than the one before, the state goes on with zeros or is cut off.
          hidden = Array((hidden + [Float](repeating: 0, count: length)).prefix(length))
          cells = Array((cells + [Float](repeating: 0, count: length)).prefix(length))
          advance(&sums, row, &hidden, &cells)
          result.values.replaceSubrange(row * size..<row * size + length, with: hidden)
          row += places[frame]
          frame += 1
        }
      }
      return [result]
    }

    private func advance(
      _ sums: inout LayerValues, _ row: Int, _ hidden: inout [Float], _ cells: inout [Float]
    ) {
      let count = hidden.count / size
      var before = LayerValues(size: size, exampleCount: 1, lengths: [[count]])
      before.values = hidden
      let recurrent = state.forward([before])[0].values
      for index in recurrent.indices { sums.values[row * 4 * size + index] += recurrent[index] }
      let table = state.filters[0].kernels.table.pointee
      sums.values.withUnsafeBufferPointer { gates in
        for place in 0..<count {
          cells.withUnsafeMutableBufferPointer { cells in
            hidden.withUnsafeMutableBufferPointer { hidden in
              table.lstm_gates(
                gates.baseAddress! + (row + place) * 4 * size, cells.baseAddress! + place * size,
                hidden.baseAddress! + place * size, size)
            }
          }
        }
      }
    }
  }
}
