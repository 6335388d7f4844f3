import LanguageModeling

/// A vocabulary, and behind it the units of one source that it lacks: what can be copied has a number (See, Liu and Manning
/// 2017, equation 9).
public struct ExtendedVocabulary: Sendable {
  public let vocabulary: Vocabulary
  /// Units of the source in the order of their numbers, of which the first is the vocabulary's count.
  public private(set) var added: [[UInt8]] = []
  private var numbers: [[UInt8]: Int32] = [:]

  public init(_ vocabulary: Vocabulary) { self.vocabulary = vocabulary }

  /// The number of a unit of the source; units that are spelled as the marks of a sequence's ends are no marks.
  public mutating func number(ofSource unit: [UInt8]) -> Int32 {
    if let known = known(unit) { return known }
    let number = Int32(vocabulary.count + added.count)
    added.append(unit)
    numbers[unit] = number
    return number
  }

  /// The number of a unit of the target; `<unk>`'s where nothing stands for it.
  public func number(ofTarget unit: [UInt8]) -> Int32 { known(unit) ?? Int32(TokenID.unknown.index) }

  private func known(_ unit: [UInt8]) -> Int32? {
    if let id = vocabulary.id(of: unit), id > .sentenceEnd { return Int32(id.index) }
    return numbers[unit]
  }

  /// The bytes of a unit.
  ///
  /// - Parameter number: one that was given.
  public func bytes(_ number: Int32) -> [UInt8] {
    Int(number) < vocabulary.count
      ? vocabulary.bytes(of: TokenID(Int(number))) : added[Int(number) - vocabulary.count]
  }
}
