import CKernels

extension RecurrentModel {
  /// Where a state holds the vector that the output layer reads: the last layer's hidden vector.
  var featureOffset: Int { stateCount - layers[layers.count - 1].stateCount }

  /// Numbers of a state before the layers': the window of `window` and `bag`, and how much of it is filled.
  var windowStateCount: Int {
    architecture.cell.isRecurrent ? 0 : architecture.windowLength * architecture.embeddingSize + 1
  }

  /// Advances a state by the type in `row`.
  func step(row: Int, _ state: inout RecurrentState, _ scratch: Scratch) {
    precondition(state.values.count == stateCount, "a state of another network")
    state.values.withUnsafeMutableBufferPointer { values in
      let base = values.baseAddress!
      if architecture.cell.isRecurrent {
        run(embedding.vector(row), base, scratch)
      } else {
        shiftWindow(base, row: row)
        run(windowInput(base, scratch), base + windowStateCount, scratch)
      }
    }
  }

  /// Runs the layers on an input; `state` is where the first layer's part starts.
  private func run(_ input: ActivationVector, _ state: UnsafeMutablePointer<Float>, _ scratch: Scratch) {
    var x = input
    var layerState = state
    for (index, layer) in layers.enumerated() {
      layer.step(x, state: layerState, kernels: kernels, team: team, scratch: scratch)
      if index + 1 < layers.count {
        x = ActivationVector(
          layerState, count: layer.size, quanta: scratch.inputQuanta.base, precision: precision, kernels)
      }
      layerState += layer.stateCount
    }
  }

  private func shiftWindow(_ window: UnsafeMutablePointer<Float>, row: Int) {
    let size = architecture.embeddingSize
    let kept = (architecture.windowLength - 1) * size
    for index in 0..<kept { window[index] = window[index + size] }
    embedding.write(row, to: window + kept)
    window[kept + size] = min(window[kept + size] + 1, Float(architecture.windowLength))
  }

  /// The window itself, or the mean of its filled positions.
  private func windowInput(_ window: UnsafeMutablePointer<Float>, _ scratch: Scratch) -> ActivationVector {
    let size = architecture.embeddingSize
    var input = UnsafePointer(window)
    if architecture.cell == .bag {
      let mean = scratch.hiddenGates.base
      let count = max(window[architecture.windowLength * size], 1)
      for column in 0..<size {
        var sum: Float = 0
        // Positions not yet filled hold zeros.
        for position in 0..<architecture.windowLength { sum += window[position * size + column] }
        mean[column] = sum / count
      }
      input = UnsafePointer(mean)
    }
    return ActivationVector(
      input, count: architecture.firstInputSize, quanta: scratch.inputQuanta.base, precision: precision,
      kernels)
  }
}
