/// The weights of a convolution with one matrix for every place in the filter, as its products take them.
///
/// The parameter is outputs × inputs × width, as `torch.nn.Conv1d` has it; here it is outputs × width × inputs: the weights of an
/// output stand as the steps of a window do.
final class PlacedFilters<Scalar: TrainingScalar> {
  let width: Int
  private let outputs: Int
  private let inputs: Int
  private let parameter: Parameter<Scalar>
  private let values: Buffer<Scalar>
  private let gradients: Buffer<Scalar>

  init(_ parameter: Parameter<Scalar>) {
    precondition(parameter.shape.count == 3)
    self.parameter = parameter
    (outputs, inputs, width) = (parameter.shape[0], parameter.shape[1], parameter.shape[2])
    values = Buffer(parameter.count)
    gradients = Buffer(parameter.count)
  }

  /// From one row of a matrix to the next: all weights of an output.
  var rowStride: Int { width * inputs }
  /// The matrix of a place: outputs × inputs, its rows `rowStride` apart.
  func matrix(_ place: Int) -> UnsafeMutablePointer<Scalar> { values.pointer + place * inputs }
  /// The gradient by it, from the row of an output on.
  func gradient(_ place: Int, output: Int) -> UnsafeMutablePointer<Scalar> {
    gradients.pointer + output * rowStride + place * inputs
  }

  /// Begins the gradients of some outputs.
  func clearGradients(outputs range: Range<Int>) {
    gradient(0, output: range.lowerBound).clear(count: range.count * rowStride)
  }

  /// Takes the parameter's values of some outputs.
  @_specialize(where Scalar == Float)
  func load(outputs range: Range<Int>) {
    forEachElement(range) { placed, index in values.pointer[placed] = parameter.values[index] }
  }

  /// Puts the gradients of some outputs where the parameter's are; zeros where nothing was accumulated.
  @_specialize(where Scalar == Float)
  func store(outputs range: Range<Int>, isZero: Bool) {
    forEachElement(range) { placed, index in
      parameter.gradient[index] = isZero ? 0 : gradients.pointer[placed]
    }
  }

  /// Calls `body` with the index of each element here and in the parameter.
  @inline(__always)
  private func forEachElement(_ range: Range<Int>, _ body: (_ placed: Int, _ index: Int) -> Void) {
    for output in range {
      for input in 0..<inputs {
        for place in 0..<width {
          body((output * width + place) * inputs + input, (output * inputs + input) * width + place)
        }
      }
    }
  }
}
