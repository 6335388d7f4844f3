import CKernels
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

  /// - Parameter stride: of the windows that there are, every so many counts, from the first on.
  package func outputLength(_ length: Int, width: Int, stride: Int = 1) -> Int {
    let (before, after) = counts(width: width)
    let windows = max(0, length + before + after - width + 1)
    return (windows + stride - 1) / stride
  }
}

/// A bank of filters slid along each sequence: learned templates of n-grams (Kim 2014).
///
/// Options: `filters`, how many; `width`, steps of a filter; `stride`, by how many steps it moves; `padding`, `valid`, `same`
/// (before strides) or `full`; `activation`. Parameters as `torch.nn.Conv1d` has them.
package struct Convolution1DKind: LayerKind {
  package static let name = "convolution1D"
  package let filters: Int
  package let width: Int
  package let stride: Int
  package let padding: ConvolutionPadding
  package let activation: ActivationFunction
  private let input: LayerShape

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    try inputs.count(1...1)
    input = try inputs.rows(0, levels: 1)
    filters = try options["filters"].integer(in: LayerLimit.size)
    width = try options["width"].integer(in: LayerLimit.width)
    stride = try options["stride"].optional?.integer(in: LayerLimit.width) ?? 1
    padding = try options["padding"].optional?.oneOf(ConvolutionPadding.self) ?? .full
    activation = try options["activation"].optional?.oneOf(ActivationFunction.self) ?? .relu
  }

  package var options: JSONObject {
    [
      "filters": JSON(filters), "width": JSON(width), "stride": JSON(stride),
      "padding": .string(padding.rawValue),
      "activation": .string(activation.rawValue),
    ]
  }
  package var outputs: [LayerOutput] {
    var shape = LayerShape(size: filters, levels: input.levels)
    if padding != .same && width > 1 {
      shape.lengthen(by: padding == .valid ? "-\(width - 1)" : "+\(width - 1)")
    }
    if stride > 1 { shape.lengthen(by: "/\(stride), rounded up") }
    return [LayerOutput(shape)]
  }
  package var channels: Int { input.size }
  package var parameters: [RecurrentArchitecture.Parameter] {
    [.init(name: "weight", shape: [filters, input.size, width]), .init(name: "bias", shape: [filters])]
  }

  package func layer(_ weights: LayerWeights) throws(Failure) -> any InferenceLayer {
    let filters = try weights.filters("weight")
    return ConvolutionInference(
      filters: filters, bias: try weights.vector("bias"), stride: stride, padding: padding,
      activation: activation, products: TypeProducts(elementCount: width * filters[0].paddedCount))
  }
}

struct ConvolutionInference: InferenceLayer {
  let filters: [RowProduct]
  let bias: [Float]
  var stride = 1
  let padding: ConvolutionPadding
  let activation: ActivationFunction
  /// Of a type's vector with the weights of every place of the window, one behind the other; nil where no types are read.
  var products: TypeProducts?

  let readsTypes = true

  func forward(_ inputs: [LayerValues]) -> [LayerValues] {
    let (input, size, width) = (inputs[0], bias.count, filters.count)
    let lengths = input.lengths.last!.map { padding.outputLength($0, width: width, stride: stride) }
    var result = input.room(size: size, lengths: lengths)
    result.values.withUnsafeMutableBufferPointer { y in
      guard let y = y.baseAddress else { return }
      let quanta = filters[0].quanta()
      let isDone = convolveByTypes(input, into: y, lengths, quanta)
      if !isDone {
        let input = input.written()
        input.values.withUnsafeBufferPointer { x in
          guard let x = x.baseAddress else { return }
          var first = 0
          input.forEachSequence { sequence, rows in
            convolve(
              x + rows.lowerBound * input.size, rows.count, input.size, into: y + first * size,
              lengths[sequence], quanta)
            first += lengths[sequence]
          }
        }
      }
      if isDone && activation == .relu { return }
      activation.apply(lengths.reduce(0, +) * size, y, filters[0].kernels)
    }
    return [result]
  }

  /// y[t] = b + Σⱼ Wⱼ x[t · stride + j − before], where there is such a step: place by place, so that a place's weights are
  /// read once from far memory.
  private func convolve(
    _ x: UnsafePointer<Float>, _ count: Int, _ channels: Int, into y: UnsafeMutablePointer<Float>,
    _ outputCount: Int, _ quanta: KernelMemory<Int8>
  ) {
    let before = padding.counts(width: filters.count).before
    let padded = filters[0].paddedCount
    let sums = KernelMemory<Float>(outputCount * padded)
    for row in 0..<outputCount {
      for (index, value) in bias.enumerated() { sums.base[row * padded + index] = value }
    }
    for (place, filter) in filters.enumerated() {
      for row in 0..<outputCount {
        let source = row * stride + place - before
        guard (0..<count).contains(source) else { continue }
        let sum = sums.base + row * padded
        filter.multiply(x + source * channels, start: UnsafePointer(sum), out: sum, quanta)
      }
    }
    for row in 0..<outputCount {
      (y + row * bias.count).update(from: sums.base + row * padded, count: bias.count)
    }
  }

  /// The same of vectors of types, by the products that are known of them, and the activation with it where that is a bound.
  ///
  /// - Returns: false where nothing was done: the rows are something else, or another thread has the products.
  private func convolveByTypes(
    _ input: LayerValues, into y: UnsafeMutablePointer<Float>, _ lengths: [Int], _ quanta: KernelMemory<Int8>
  ) -> Bool {
    guard let products, let table = input.table else { return false }
    let padded = filters[0].paddedCount
    let (zeros, vector) = (KernelMemory<Float>(padded), KernelMemory<Float>(table.size))
    func compute(_ type: Int, _ out: UnsafeMutablePointer<Float>) {
      table.write(type, to: vector.base)
      for (place, filter) in filters.enumerated() {
        filter.multiply(vector.base, start: UnsafePointer(zeros.base), out: out + place * padded, quanta)
      }
    }
    return products.use(input.ids, typeCount: table.count, compute: compute) { known in
      bias.withUnsafeBufferPointer { bias in
        var first = 0
        input.forEachSequence { sequence, rows in
          var windows = inkling_windows(
            products: UnsafePointer(known.baseAddress).map { $0 + rows.lowerBound }, step_count: rows.count,
            place_size: padded, width: filters.count, stride: stride,
            before: padding.counts(width: filters.count).before, count: lengths[sequence], size: bias.count,
            base: bias.baseAddress, floor: activation == .relu ? 0 : -Float.infinity)
          filters[0].kernels.table.pointee.sum_windows(&windows, y + first * bias.count)
          first += lengths[sequence]
        }
      }
    }
  }
}
