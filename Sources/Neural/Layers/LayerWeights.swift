import CKernels
import Platform

/// Where a layer's parameters come from, and in which form it takes them.
package struct LayerWeights {
  let source: any WeightSource
  let layer: NetworkDescription.Layer
  let precision: WeightPrecision
  let kernels: KernelSet

  /// The parameter that the kind calls `name`, under its name in the file.
  private func parameter(_ name: String) -> RecurrentArchitecture.Parameter {
    let parameter = layer.kind.parameters.first { $0.name == name }!
    return .init(name: layer.parameterName(name), shape: parameter.shape)
  }

  func vector(_ name: String) throws(Failure) -> [Float] { try source.vector(parameter(name)) }

  /// All elements, row-major.
  func elements(_ name: String) throws(Failure) -> [Float] {
    let parameter = parameter(name)
    let width = parameter.shape.last ?? 1
    var result: [Float] = []
    result.reserveCapacity(parameter.count)
    let row = UnsafeMutableBufferPointer<Float>.allocate(capacity: width)
    defer { row.deallocate() }
    for index in 0..<parameter.count / width {
      try source.read(parameter, row: index, into: row)
      result += row
    }
    source.finish(parameter)
    guard result.allSatisfy(\.isFinite) else {
      throw RecurrentArchitecture.failure("\(parameter.name) holds a number that is not finite")
    }
    return result
  }

  func matrix(_ name: String, bias: [Float] = []) throws(Failure) -> RowProduct {
    let parameter = parameter(name)
    let matrix = try WeightMatrix(
      rows: parameter.shape[0], columns: parameter.shape[1], precision: precision, bias: bias,
      named: parameter.name
    ) { row, buffer throws(Failure) in try source.read(parameter, row: row, into: buffer) }
    source.finish(parameter)
    return RowProduct(matrix: matrix, kernels: kernels)
  }

  /// The filters of a convolution, a matrix for every place of the window.
  func filters(_ name: String) throws(Failure) -> [RowProduct] {
    let shape = parameter(name).shape
    let (outputs, inputs, width) = (shape[0], shape[1], shape[2])
    let elements = try elements(name)
    var result: [RowProduct] = []
    for place in 0..<width {
      let matrix = try WeightMatrix(rows: outputs, columns: inputs, precision: precision, named: name) {
        row, buffer throws(Failure) in
        for column in 0..<inputs { buffer[column] = elements[(row * inputs + column) * width + place] }
      }
      result.append(RowProduct(matrix: matrix, kernels: kernels))
    }
    return result
  }

  func table(_ name: String) throws(Failure) -> EmbeddingTable {
    let parameter = parameter(name)
    let table = try EmbeddingTable(
      count: parameter.shape[0], size: parameter.shape[1], precision: precision
    ) { row, buffer throws(Failure) in try source.read(parameter, row: row, into: buffer) }
    source.finish(parameter)
    return table
  }
}

/// A matrix that rows are multiplied with, one at a time.
struct RowProduct: Sendable {
  let matrix: WeightMatrix
  let kernels: KernelSet

  /// Elements that a result takes: the matrix's rows, rounded up to whole blocks.
  var paddedCount: Int { matrix.paddedRowCount }

  /// Room for a quantised row.
  func quanta() -> KernelMemory<Int8> {
    KernelMemory(matrix.precision == .int8 ? matrix.paddedColumnCount : 1)
  }

  /// out = start + W x.
  ///
  /// - Parameters:
  ///   - x: `matrix.columnCount` elements.
  ///   - start: `paddedCount` elements; nil is the bias.
  ///   - out: `paddedCount` elements; `start` may be `out` itself.
  func multiply(
    _ x: UnsafePointer<Float>, start: UnsafePointer<Float>? = nil, out: UnsafeMutablePointer<Float>,
    _ quanta: KernelMemory<Int8>
  ) {
    var vector = ActivationVector(
      x, count: matrix.columnCount, quanta: quanta.base, precision: matrix.precision, kernels)
    matrix.multiply(
      kernels, &vector, start: start ?? UnsafePointer(matrix.bias.base), blocks: 0..<matrix.blockCount,
      out: out)
  }
}
