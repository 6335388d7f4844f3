import Neural
import Testing

@testable import NeuralTraining

@Suite struct LayerGradientTests {
  /// Central differences of fourth order of a loss that is linear in every output.
  @Test(arguments: LayerCase<Double>.all, [1, 2]) func matchesCentralDifferences(
    _ layerCase: LayerCase<Double>, _ threadCount: Int
  ) {
    let built = layerCase.built(threadCount: threadCount)
    let (stack, store) = (built.stack, built.stack.context.store)
    let pass = TrainingPass(key: 11, needsGradients: true)
    func loss() -> Double {
      stack.forward(pass)
      var sum = 0.0
      for (place, output) in built.outputs.enumerated() {
        for index in 0..<output.rowCount * output.size {
          sum += output.values[index] * wave(index + 77 * (place + 1))
        }
      }
      return sum
    }
    _ = loss()
    for (place, output) in built.outputs.enumerated() {
      for index in 0..<output.rowCount * output.size {
        output.gradient[index] = wave(index + 77 * (place + 1))
      }
      output.markWritten()
    }
    stack.backward()
    let gradients = store.gradients.array
    let inputGradients = built.inputs.map { input in
      (0..<input.values.count).map { input.output.gradient[$0] }
    }
    #expect(built.outputs.contains { $0.rowCount > 0 })

    for entry in store.entries where store.parameter(entry.name).isTuned {
      for index in entry.offset..<entry.offset + entry.count {
        let value = store.values.pointer[index]
        let numeric = difference {
          store.values.pointer[index] = value + $0
          return loss()
        }
        store.values.pointer[index] = value
        check(numeric, gradients[index], "\(entry.name)[\(index - entry.offset)]")
      }
    }
    for (place, input) in built.inputs.enumerated() {
      for index in input.values.indices {
        let value = input.values[index]
        let numeric = difference {
          input.values[index] = value + $0
          return loss()
        }
        input.values[index] = value
        check(numeric, inputGradients[place][index], "input \(place)[\(index)]")
      }
    }
  }

  private func difference(_ at: (Double) -> Double) -> Double {
    let step = 2e-5
    return (at(-2 * step) - 8 * at(-step) + 8 * at(step) - at(2 * step)) / (12 * step)
  }

  private func check(_ numeric: Double, _ analytic: Double, _ what: String) {
    let error = abs(numeric - analytic) / max(1e-2, abs(numeric), abs(analytic))
    #expect(error < 1e-6, "\(what): \(numeric) by differences, \(analytic) by the layer")
  }
}
