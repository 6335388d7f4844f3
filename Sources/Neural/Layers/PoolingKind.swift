import JSON
import Platform

/// What several steps become.
public enum PoolingReduction: String, Hashable, Sendable, CaseIterable {
  case maximum, average
}

/// Which steps become one.
public enum PoolingWindow: Hashable, Sendable {
  /// A whole sequence becomes one row; one without steps becomes zeros.
  case sequence
  /// Every `size` steps become one; what is left over at the end is left out (Keras's and PyTorch's default).
  case steps(Int)
}

/// Several steps of a sequence made one: the largest of each column, or the mean.
///
/// Options: `reduction`, `maximum` or `average`; `window`, `"sequence"` for all steps (global pooling) or a number of steps.
package struct PoolingKind: LayerKind {
  package static let name = "pooling"
  package let reduction: PoolingReduction
  package let window: PoolingWindow
  private let input: LayerShape

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    try inputs.count(1...1)
    input = try inputs.rows(0, levels: 1)
    reduction = try options["reduction"].oneOf(PoolingReduction.self)
    if options["window"].stringIfAny == "sequence" {
      window = .sequence
    } else if let size = options["window"].integerIfAny, (1...1024).contains(size) {
      window = .steps(size)
    } else {
      throw options["window"].mismatch(expected: "\"sequence\" or an integer from 1 to 1024")
    }
  }

  package var options: JSONObject {
    let size: JSON =
      switch window {
      case .sequence: "sequence"
      case .steps(let count): JSON(count)
      }
    return ["reduction": .string(reduction.rawValue), "window": size]
  }
  package var outputs: [LayerOutput] {
    var shape = input
    switch window {
    case .sequence: shape.levels.removeLast()
    case .steps(let size): if size > 1 { shape.lengthen(by: "/\(size)") }
    }
    return [LayerOutput(shape)]
  }

  package func layer(_ weights: LayerWeights) -> any InferenceLayer {
    Inference(reduction: reduction, window: window)
  }

  private struct Inference: InferenceLayer {
    let reduction: PoolingReduction
    let window: PoolingWindow

    func forward(_ inputs: [LayerValues]) -> [LayerValues] {
      let input = inputs[0]
      var result: LayerValues
      switch window {
      case .sequence: result = input.reduced(size: input.size)
      case .steps(let size):
        result = input.shaped(size: input.size, lengths: input.lengths.last!.map { $0 / size })
      }
      var row = 0
      input.forEachSequence { _, rows in
        switch window {
        case .sequence:
          reduce(input, rows, into: &result, row)
          row += 1
        case .steps(let size):
          for index in 0..<rows.count / size {
            let first = rows.lowerBound + index * size
            reduce(input, first..<first + size, into: &result, row)
            row += 1
          }
        }
      }
      return [result]
    }

    private func reduce(_ input: LayerValues, _ rows: Range<Int>, into result: inout LayerValues, _ row: Int)
    {
      for (count, source) in rows.enumerated() {
        for column in 0..<input.size {
          let (value, target) = (input.values[source * input.size + column], row * input.size + column)
          switch reduction {
          case .maximum: result.values[target] = count == 0 ? value : max(result.values[target], value)
          case .average: result.values[target] += value / Float(rows.count)
          }
        }
      }
    }
  }
}
