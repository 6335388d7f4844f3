import Lexing

/// The part of a held-out text that is typed: some characters (Unicode scalars) from its middle on. What stands before is
/// in the document already, as far back as `lookBack`; what stands behind is not.
struct TypingSample {
  /// How many characters before the first that is typed are in the document.
  static let lookBack = 20_000

  let text: [UInt8]
  let grammar: Grammar
  /// Where the document begins.
  let documentStart: Int
  /// What is typed: offsets of bytes of the text. The last item may reach beyond.
  let range: Range<Int>

  init(_ document: EvaluationDocument.Source, characterCount: Int) {
    text = document.text
    grammar = document.grammar
    let total = Self.characterCount(of: text[...])
    let middle = total / 2
    documentStart = Self.offset(of: max(0, middle - Self.lookBack), in: text)
    let start = Self.offset(of: middle, in: text)
    range = start..<Self.offset(of: middle + min(characterCount, total - middle), in: text)
  }

  /// Whether a character begins at an offset, or the text ends there.
  func isBoundary(_ offset: Int) -> Bool { offset == text.count || text[offset] & 0xC0 != 0x80 }

  /// Where the character at an offset ends.
  func end(ofCharacterAt offset: Int) -> Int {
    var end = offset + 1
    while !isBoundary(end) { end += 1 }
    return end
  }

  /// The number of characters between two offsets.
  func characterCount(in range: Range<Int>) -> Int { Self.characterCount(of: text[range]) }

  private static func characterCount(of bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
  }

  /// Where the character with a number begins; the text's end behind the last.
  private static func offset(of number: Int, in text: [UInt8]) -> Int {
    var left = number
    for (offset, byte) in text.enumerated() where byte & 0xC0 != 0x80 {
      if left == 0 { return offset }
      left -= 1
    }
    return text.count
  }
}

extension TypingSample {
  /// What is typed of several texts where nobody says how much of each.
  ///
  /// - Parameters:
  ///   - total: the characters of all together.
  ///   - leastCount: no text has fewer; where they are too many for that, some are left out, evenly.
  /// - Returns: the characters of each text.
  static func spread(_ total: Int, over documentCount: Int, leastCount: Int) -> [Int] {
    guard documentCount > 0 else { return [] }
    let typedCount = min(documentCount, max(1, total / leastCount))
    var counts = [Int](repeating: 0, count: documentCount)
    for number in 0..<typedCount { counts[number * documentCount / typedCount] = total / typedCount }
    return counts
  }
}
