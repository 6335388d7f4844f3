import Platform

/// Where a network's parameters come from.
public protocol WeightSource {
  /// What errors name: a path.
  var name: String { get }
  /// Writes one row of a parameter (all of a vector is row 0).
  ///
  /// - Throws: `Failure` if the parameter is missing or of another shape or type.
  func read(
    _ parameter: RecurrentArchitecture.Parameter, row: Int, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws(Failure)
  /// Says that a parameter will not be read again.
  func finish(_ parameter: RecurrentArchitecture.Parameter)
}

extension WeightSource {
  /// A vector, whole.
  func vector(_ parameter: RecurrentArchitecture.Parameter) throws(Failure) -> [Float] {
    var values = [Float](repeating: 0, count: parameter.count)
    let outcome: Result<Void, Failure> = values.withUnsafeMutableBufferPointer { buffer in
      do throws(Failure) { return .success(try read(parameter, row: 0, into: buffer)) } catch {
        return .failure(error)
      }
    }
    try outcome.get()
    guard values.allSatisfy(\.isFinite) else {
      throw RecurrentArchitecture.failure("\(parameter.name) holds a number that is not finite")
    }
    return values
  }
}

extension Safetensors: WeightSource {
  public var name: String { path }

  public func read(
    _ parameter: RecurrentArchitecture.Parameter, row: Int, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    let tensor = try tensor(parameter.name, shape: parameter.shape)
    let width = parameter.shape.last ?? 1
    try read(tensor, row * width..<(row + 1) * width, into: buffer)
  }

  public func finish(_ parameter: RecurrentArchitecture.Parameter) {
    if let tensor = tensors[parameter.name] { release(tensor) }
  }
}

/// Parameters held in memory under their names, row-major: for tests, benchmarks and networks just trained.
public struct WeightDictionary: WeightSource {
  public var name: String
  public var values: [String: [Float]]

  public init(name: String, values: [String: [Float]]) {
    self.name = name
    self.values = values
  }

  /// Uniform weights in ±`scale`, the same for the same seed.
  public init(
    randomFor architecture: RecurrentArchitecture, scale: Float,
    using generator: inout some RandomNumberGenerator
  ) {
    name = "random weights"
    values = [:]
    for parameter in architecture.parameters {
      values[parameter.name] = (0..<parameter.count).map { _ in
        Float(generator.next() >> 40) * (2 * scale / Float(1 << 24)) - scale
      }
    }
  }

  public func read(
    _ parameter: RecurrentArchitecture.Parameter, row: Int, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    guard let all = values[parameter.name], all.count == parameter.count else {
      throw Failure(
        name, why: "holds no \(parameter.name) of the shape \(parameter.shape)", remedy: "train it again")
    }
    let width = parameter.shape.last ?? 1
    for column in 0..<width { buffer[column] = all[row * width + column] }
  }

  public func finish(_ parameter: RecurrentArchitecture.Parameter) {}
}
