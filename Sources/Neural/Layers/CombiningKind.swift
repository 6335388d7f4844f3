import JSON
import Platform

/// How several activations become one.
public enum CombiningRule: String, Hashable, Sendable, CaseIterable {
  /// Columns side by side: two directions, filters of several widths.
  case concatenation
  /// Added up: the channels of an embedding that share their filters (Kim 2014, 2.1).
  case sum

  func combine(_ inputs: [LayerValues]) -> LayerValues {
    let sizes = inputs.map(\.size)
    var result = inputs[0].shaped(size: self == .sum ? sizes[0] : sizes.reduce(0, +))
    var column = 0
    for input in inputs {
      for row in 0..<input.rowCount {
        for (index, value) in input[row].enumerated() {
          result.values[row * result.size + column + index] += value
        }
      }
      if self == .concatenation { column += input.size }
    }
    return result
  }
}

/// Several activations of the same steps made one.
///
/// Options: `rule`, `concatenation` or `sum`.
package struct CombiningKind: LayerKind {
  package static let name = "combining"
  package let rule: CombiningRule
  private let shape: LayerShape

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    rule = try options["rule"].oneOf(CombiningRule.self)
    var shape = try inputs.rows(0)
    var size = shape.size
    for index in 1..<inputs.shapes.count {
      let other = try inputs.rows(index)
      try inputs.require(
        other.levels == shape.levels && (rule == .concatenation || other.size == shape.size),
        rule == .sum ? "\(shape)" : "rows by the steps of the first input", at: index)
      size += other.size
    }
    if rule == .concatenation { shape.size = size }
    try inputs.require(
      LayerLimit.inputSize.contains(shape.size), "at most \(LayerLimit.inputSize.upperBound) columns together"
    )
    self.shape = shape
  }

  package var options: JSONObject { ["rule": .string(rule.rawValue)] }
  package var outputs: [LayerOutput] { [LayerOutput(shape)] }
  package func layer(_ weights: LayerWeights) -> any InferenceLayer { Inference(rule: rule) }

  private struct Inference: InferenceLayer {
    let rule: CombiningRule
    func forward(_ inputs: [LayerValues]) -> [LayerValues] { [rule.combine(inputs)] }
  }
}
