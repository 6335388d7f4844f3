import JSON
import Platform

/// Zeros around each sequence that is convolved.
public enum ConvolutionPadding: String, Hashable, Sendable, CaseIterable {
  /// None: sequences shrink by width − 1, and those that are shorter vanish.
  case valid
  /// As many as keep the length, the odd one behind.
  case same
  /// width − 1 on both sides, so that every part of a template may match at an end.
  case full

  package func counts(width: Int) -> (before: Int, after: Int) {
    switch self {
    case .valid: (0, 0)
    case .same: ((width - 1) / 2, width / 2)
    case .full: (width - 1, width - 1)
    }
  }

  package func outputLength(_ length: Int, width: Int) -> Int {
    let (before, after) = counts(width: width)
    return max(0, length + before + after - width + 1)
  }
}

/// A bank of filters slid along each sequence: learned templates of n-grams (Kim 2014).
///
/// Options: `filters`, how many; `width`, steps of a filter; `padding`, `valid`, `same` or `full`; `activation`. Parameters
/// as `torch.nn.Conv1d` has them. A filter moves by one step: what is wanted of every k-th is pooled.
package struct Convolution1DKind: LayerKind {
  package static let name = "convolution1D"
  package let filters: Int
  package let width: Int
  package let padding: ConvolutionPadding
  package let activation: ActivationFunction
  private let input: LayerShape

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    try inputs.count(1...1)
    input = try inputs.rows(0, levels: 1)
    filters = try options["filters"].integer(in: LayerLimit.size)
    width = try options["width"].integer(in: LayerLimit.width)
    padding = try options["padding"].optional?.oneOf(ConvolutionPadding.self) ?? .full
    activation = try options["activation"].optional?.oneOf(ActivationFunction.self) ?? .relu
  }

  package var options: JSONObject {
    [
      "filters": JSON(filters), "width": JSON(width), "padding": .string(padding.rawValue),
      "activation": .string(activation.rawValue),
    ]
  }
  package var outputs: [LayerOutput] {
    var shape = LayerShape(size: filters, levels: input.levels)
    if padding != .same && width > 1 {
      shape.levels[shape.levels.count - 1] += padding == .valid ? "-\(width - 1)" : "+\(width - 1)"
    }
    return [LayerOutput(shape)]
  }
  package var channels: Int { input.size }
  package var parameters: [RecurrentArchitecture.Parameter] {
    [.init(name: "weight", shape: [filters, input.size, width]), .init(name: "bias", shape: [filters])]
  }

  package func layer(_ weights: LayerWeights) throws(Failure) -> any InferenceLayer {
    ConvolutionInference(
      filters: try weights.filters("weight"), bias: try weights.vector("bias"), padding: padding,
      activation: activation)
  }
}

struct ConvolutionInference: InferenceLayer {
  let filters: [RowProduct]
  let bias: [Float]
  let padding: ConvolutionPadding
  let activation: ActivationFunction

  func forward(_ inputs: [LayerValues]) -> [LayerValues] {
    let (input, size, width) = (inputs[0], bias.count, filters.count)
    let lengths = input.lengths.last!.map { padding.outputLength($0, width: width) }
    var result = input.shaped(size: size, lengths: lengths)
    var first = 0
    input.forEachSequence { sequence, rows in
      let target = first..<first + lengths[sequence]
      convolve(input.values, rows, input.size, into: &result.values, target)
      first = target.upperBound
    }
    result.values.withUnsafeMutableBufferPointer { values in
      if let base = values.baseAddress { activation.apply(values.count, base, filters[0].kernels) }
    }
    return [result]
  }

  /// Adds every place's product to the bias: y[t] = b + Σⱼ Wⱼ x[t + j − before], where there is such a step.
  private func convolve(
    _ x: [Float], _ rows: Range<Int>, _ channels: Int, into y: inout [Float], _ target: Range<Int>
  ) {
    let before = padding.counts(width: filters.count).before
    let sums = UnsafeMutablePointer<Float>.allocate(capacity: filters[0].paddedCount)
    defer { sums.deallocate() }
    for (step, row) in target.enumerated() {
      for index in 0..<filters[0].paddedCount { sums[index] = index < bias.count ? bias[index] : 0 }
      for (place, filter) in filters.enumerated() {
        let source = step + place - before
        guard (0..<rows.count).contains(source) else { continue }
        x.withUnsafeBufferPointer { x in
          filter.withMultiplication { multiply in
            multiply(x.baseAddress! + (rows.lowerBound + source) * channels, UnsafePointer(sums), sums)
          }
        }
      }
      for index in bias.indices { y[row * bias.count + index] = sums[index] }
    }
  }
}
