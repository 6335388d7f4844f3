import JSON
import Platform

/// For every query the values of its example's memory, weighted by how well their keys fit it (Luong et al. 2015):
/// context = Σⱼ softmaxⱼ(query · keyⱼ · scale) valueⱼ.
///
/// Inputs: queries, keys and values, sequences of the same examples; the keys have the queries' size and the values' steps.
/// Options: `scale`, 1 unless given (1 / √size in Vaswani et al. 2017).
package struct AttentionKind: LayerKind {
  package static let name = "attention"
  package let scale: Double
  private let shape: LayerShape

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    try inputs.count(3...3)
    let queries = try inputs.rows(0, levels: 1)
    let keys = try inputs.rows(1, levels: 1)
    let values = try inputs.rows(2, levels: 1)
    try inputs.require(keys.size == queries.size, "rows of \(queries.size)", at: 1)
    try inputs.require(
      keys.levels.dropLast() == queries.levels.dropLast(), "a sequence for every one of the queries'", at: 1)
    try inputs.require(values.levels == keys.levels, "rows by the steps of the keys", at: 2)
    scale = try options["scale"].optional?.double(in: -1e3...1e3) ?? 1
    shape = LayerShape(size: values.size, levels: queries.levels)
  }

  package var options: JSONObject { ["scale": JSON(scale)] }
  package var outputs: [LayerOutput] { [LayerOutput(shape)] }
  package func layer(_ weights: LayerWeights) -> any InferenceLayer { Inference(scale: Float(scale)) }

  private struct Inference: InferenceLayer {
    let scale: Float

    func forward(_ inputs: [LayerValues]) -> [LayerValues] {
      let (queries, keys, values) = (inputs[0], inputs[1], inputs[2])
      var result = queries.shaped(size: values.size)
      var memory: [Range<Int>] = []
      keys.forEachSequence { _, rows in memory.append(rows) }
      queries.forEachSequence { sequence, rows in
        for row in rows {
          let context = weightedMean(
            values, memory[sequence], scores: memory[sequence].map { scale * dot(queries[row], keys[$0]) })
          result.values.replaceSubrange(row * values.size..<(row + 1) * values.size, with: context)
        }
      }
      return [result]
    }
  }
}

func dot(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Float {
  var sum: Float = 0
  for (x, y) in zip(a, b) { sum += x * y }
  return sum
}

/// Σ softmax(scores) values over some rows; zeros for none.
func weightedMean(_ values: LayerValues, _ rows: Range<Int>, scores: [Float]) -> [Float] {
  var result = [Float](repeating: 0, count: values.size)
  guard let largest = scores.max() else { return result }
  let weights = scores.map { expf($0 - largest) }
  let sum = weights.reduce(0, +)
  for (row, weight) in zip(rows, weights) {
    for (column, value) in values[row].enumerated() { result[column] += weight / sum * value }
  }
  return result
}
