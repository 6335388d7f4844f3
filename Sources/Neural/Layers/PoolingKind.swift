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
      input.values.withUnsafeBufferPointer { x in
        result.values.withUnsafeMutableBufferPointer { y in
          guard let x = x.baseAddress, var y = y.baseAddress else { return }
          input.forEachSequence { _, rows in
            let count = if case .steps(let size) = window { size } else { rows.count }
            let windowCount = if case .steps(let size) = window { rows.count / size } else { 1 }
            for index in 0..<windowCount {
              reduce(x + (rows.lowerBound + index * count) * input.size, count, input.size, into: y)
              y += input.size
            }
          }
        }
      }
      return [result]
    }

    /// - Parameter y: zeros, which stay where there are no rows.
    private func reduce(
      _ x: UnsafePointer<Float>, _ rowCount: Int, _ size: Int, into y: UnsafeMutablePointer<Float>
    ) {
      guard rowCount > 0 else { return }
      y.update(from: x, count: size)
      for row in 1..<rowCount {
        let values = x + row * size
        switch reduction {
        case .maximum:
          for column in 0..<size { y[column] = values[column] >= y[column] ? values[column] : y[column] }
        case .average: for column in 0..<size { y[column] += values[column] }
        }
      }
      guard reduction == .average else { return }
      for column in 0..<size { y[column] /= Float(rowCount) }
    }
  }
}
