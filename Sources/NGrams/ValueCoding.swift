import Platform

/// How one kind of value of one order, ln P or ln backoff, is written as codes of a fixed width.
struct ValueCoding {
  private(set) var width: Int
  private(set) var minimum: Float
  private(set) var step: Float
  let codebook: Codebook?
  private let highestCode: UInt64

  /// Neighbouring codes differ by at most this many nats, so that sums over a vocabulary stay exact to 1e-5.
  static let resolution = 6e-6

  /// Linear codes for values between two bounds.
  init(minimum: Float, maximum: Float) {
    let range = max(0, Double(maximum) - Double(minimum))
    width = bitWidth(of: UInt64((range / Self.resolution).rounded(.up)))
    highestCode = (UInt64(1) << UInt64(width)) - 1
    self.minimum = minimum
    step = width == 0 ? 0 : Float(range / Double(highestCode))
    codebook = nil
  }

  /// Codes of 8 bits that number the values of a codebook.
  init(_ codebook: Codebook) {
    self.codebook = codebook
    width = 8
    minimum = 0
    step = 0
    highestCode = 255
  }

  @inline(__always)
  func code(_ value: Float) -> UInt64 {
    if let codebook { return UInt64(codebook.code(value)) }
    guard step > 0 else { return 0 }
    // The highest code may not be a `Float`, and one more would reach into the next field.
    let code = min(max(((value - minimum) / step).rounded(), 0), 0x1p32)
    return min(UInt64(code), highestCode)
  }

  /// What a reader makes of `code`.
  @inline(__always)
  func value(_ code: UInt64) -> Float {
    if let codebook { return codebook.values[Int(code)] }
    return minimum + step * Float(code)
  }
}

/// The bounds and, for quantisation, the distribution of the values of one order.
struct LevelValues {
  var minimumProbability: Float = 0
  var maximumProbability: Float = 0
  var minimumBackoff: Float = 0
  var maximumBackoff: Float = 0

  /// Reads the level through once, or twice for quantisation.
  ///
  /// - Throws: also where a value is not a number.
  static func codings(
    of level: NGramLevel, quantized: Bool, bufferByteCount: Int
  ) throws(Failure) -> (probability: ValueCoding, backoff: ValueCoding) {
    var bounds = LevelValues()
    try bounds.scan(level, bufferByteCount)
    guard quantized && level.count > 0 else {
      return (
        ValueCoding(minimum: bounds.minimumProbability, maximum: bounds.maximumProbability),
        ValueCoding(minimum: bounds.minimumBackoff, maximum: bounds.maximumBackoff)
      )
    }
    var probabilities = ValueHistogram(
      minimum: bounds.minimumProbability, maximum: bounds.maximumProbability)
    var backoffs = ValueHistogram(minimum: bounds.minimumBackoff, maximum: bounds.maximumBackoff)
    var cursor = level.makeCursor(bufferByteCount: bufferByteCount)
    while try cursor.advance() {
      probabilities.add(clampedLog(cursor.logProbability))
      let backoff = clampedLog(cursor.logBackoff)
      if backoff != 0 { backoffs.add(backoff) }
    }
    return (
      ValueCoding(Codebook(probabilities, keepsZero: false)), ValueCoding(Codebook(backoffs, keepsZero: true))
    )
  }

  private mutating func scan(_ level: NGramLevel, _ bufferByteCount: Int) throws(Failure) {
    var cursor = level.makeCursor(bufferByteCount: bufferByteCount)
    while try cursor.advance() {
      let probability = clampedLog(cursor.logProbability)
      let backoff = clampedLog(cursor.logBackoff)
      guard !probability.isNaN && !backoff.isNaN else {
        throw Failure(
          "the n-grams of order \(level.order)", why: "have a value that is not a number",
          remedy: "check the model that they come from")
      }
      if cursor.index == 0 {
        (minimumProbability, maximumProbability) = (probability, probability)
        (minimumBackoff, maximumBackoff) = (backoff, backoff)
      }
      minimumProbability = min(minimumProbability, probability)
      maximumProbability = max(maximumProbability, probability)
      minimumBackoff = min(minimumBackoff, backoff)
      maximumBackoff = max(maximumBackoff, backoff)
    }
  }
}

/// A logarithm forced into what the file can hold.
func clampedLog(_ value: Float) -> Float { min(max(value, -1000), 1000) }
