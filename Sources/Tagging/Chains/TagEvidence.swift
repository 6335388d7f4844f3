import Platform

/// What the words of a sequence say of their tags: for each word and tag the word's likelihood, up to a factor.
///
/// Rows are scaled so that the largest number of each is 1, and nothing is quite impossible: a word that contradicts all
/// else is then explained by the least unlikely tags, and no product is 0.
public struct TagEvidence: Hashable, Sendable {
  /// What counts as impossible beside the best tag.
  private static let floor = 1e-30

  public let tagCount: Int
  /// steps × tags.
  public private(set) var values: [Double] = []
  /// The sum of the logarithms of what rows were divided by.
  public private(set) var logScale = 0.0

  public var stepCount: Int { values.count / tagCount }

  public init(tagCount: Int, stepCount: Int = 0) {
    self.tagCount = tagCount
    values.reserveCapacity(tagCount * stepCount)
  }

  /// Adds a word's likelihoods, a tag each. A row of zeros, or with a number that is none, says nothing.
  public mutating func append(likelihoods row: some Collection<Double>) {
    precondition(row.count == tagCount)
    let largest = row.max() ?? 0
    guard largest > 0, largest.isFinite, row.allSatisfy({ $0 >= 0 }) else {
      values.append(contentsOf: repeatElement(1, count: tagCount))
      return
    }
    logScale += log(largest)
    for value in row { values.append(max(value / largest, Self.floor)) }
  }

  /// Adds a word's scores, a tag each: logarithms of likelihoods, up to a constant.
  @inlinable
  public mutating func append(scores row: UnsafeBufferPointer<Float>) { append(scores: row) { Double($0) } }

  /// The same of any kind of numbers.
  @inlinable
  public mutating func append<Scalar>(
    scores row: UnsafeBufferPointer<Scalar>, _ number: (Scalar) -> Double
  ) {
    precondition(row.count == tagCount)
    var largest = -Double.infinity
    for value in row { largest = max(largest, number(value)) }
    guard largest.isFinite else { return append(likelihoods: repeatElement(1, count: tagCount)) }
    addScale(largest)
    for value in row { append(scaled: exp(number(value) - largest)) }
  }

  @usableFromInline
  mutating func addScale(_ logarithm: Double) { logScale += logarithm }

  @usableFromInline
  mutating func append(scaled value: Double) { values.append(max(value, Self.floor)) }
}
