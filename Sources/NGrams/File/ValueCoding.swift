import Platform
import Synchronization

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
  private var minimumProbability = Float.infinity
  private var maximumProbability = -Float.infinity
  private var minimumBackoff = Float.infinity
  private var maximumBackoff = -Float.infinity
  private var hasOnlyNumbers = true

  private static let partCount = 1 << 17

  /// Reads the level through once, or twice for quantisation.
  ///
  /// - Throws: also where a value is not a number.
  static func codings(
    of level: LevelRecords, order: Int, quantized: Bool, threadCount: Int, releasesPages: Bool
  ) throws(Failure) -> (probability: ValueCoding, backoff: ValueCoding) {
    let bounds = try scan(level, order, threadCount, releasesPages)
    guard bounds.hasOnlyNumbers else {
      throw Failure(
        "the n-grams of order \(order)", why: "have a value that is not a number",
        remedy: "check the model that they come from")
    }
    guard quantized && level.count > 0 else {
      return (
        ValueCoding(minimum: bounds.minimumProbability, maximum: bounds.maximumProbability),
        ValueCoding(minimum: bounds.minimumBackoff, maximum: bounds.maximumBackoff)
      )
    }
    var probabilities = ValueHistogram(
      minimum: bounds.minimumProbability, maximum: bounds.maximumProbability)
    var backoffs = ValueHistogram(minimum: bounds.minimumBackoff, maximum: bounds.maximumBackoff)
    for index in 0..<level.count {
      probabilities.add(clampedLog(Float(bitPattern: level[index][order])))
      let backoff = clampedLog(Float(bitPattern: level[index][order + 1]))
      if backoff != 0 { backoffs.add(backoff) }
      if releasesPages && index % partCount == partCount - 1 { level.releasePages(0..<index) }
    }
    return (
      ValueCoding(Codebook(probabilities, keepsZero: false)), ValueCoding(Codebook(backoffs, keepsZero: true))
    )
  }

  private static func scan(
    _ level: LevelRecords, _ order: Int, _ threadCount: Int, _ releasesPages: Bool
  ) throws(Failure) -> LevelValues {
    let total = Mutex(LevelValues())
    let partTotal = (level.count + partCount - 1) / partCount
    if partTotal > 0 {
      try forEachTask(partTotal, threadCount: threadCount) { (_, part) throws(Failure) in
        let range = part * partCount..<min(level.count, (part + 1) * partCount)
        var values = LevelValues()
        for index in range { values.add(level[index] + order) }
        total.withLock { $0.merge(values) }
        if releasesPages { level.releasePages(range) }
      }
    }
    return level.count > 0 ? total.withLock { $0 } : LevelValues(only: 0)
  }

  private init() {}

  private init(only value: Float) {
    (minimumProbability, maximumProbability, minimumBackoff, maximumBackoff) = (value, value, value, value)
  }

  @inline(__always)
  private mutating func add(_ values: UnsafePointer<UInt32>) {
    let probability = clampedLog(Float(bitPattern: values[0]))
    let backoff = clampedLog(Float(bitPattern: values[1]))
    if probability.isNaN || backoff.isNaN { hasOnlyNumbers = false }
    if probability < minimumProbability { minimumProbability = probability }
    if probability > maximumProbability { maximumProbability = probability }
    if backoff < minimumBackoff { minimumBackoff = backoff }
    if backoff > maximumBackoff { maximumBackoff = backoff }
  }

  private mutating func merge(_ other: LevelValues) {
    hasOnlyNumbers = hasOnlyNumbers && other.hasOnlyNumbers
    minimumProbability = min(minimumProbability, other.minimumProbability)
    maximumProbability = max(maximumProbability, other.maximumProbability)
    minimumBackoff = min(minimumBackoff, other.minimumBackoff)
    maximumBackoff = max(maximumBackoff, other.maximumBackoff)
  }
}

/// A logarithm forced into what the file can hold.
@inline(__always)
func clampedLog(_ value: Float) -> Float { min(max(value, -1000), 1000) }
