import Lexing

/// The first lines of candidates as tokens: what a document would have if they were written there. Each distinct word is kept
/// once, under a number from 0.
struct CandidateWords {
  /// Behind so many tokens a candidate makes no difference that anybody sees.
  static let limit = 8
  /// And behind so many bytes.
  private static let byteLimit = 512

  /// The words, one behind the other, and where each of them ends.
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  /// The candidates' tokens by their words' numbers, one candidate behind the other, and where each of them ends.
  private var tokens: [Int] = []
  private var candidateEnds: [Int] = []
  /// Open addressing: the number of a word plus one, 0 for none.
  private var slots: [Int32]

  var count: Int { candidateEnds.count }
  var wordCount: Int { ends.count }

  init(_ texts: [String], _ grammar: Grammar) {
    var slotCount = 64
    while slotCount < 2 * texts.count { slotCount *= 2 }
    slots = [Int32](repeating: 0, count: slotCount)
    bytes.reserveCapacity(16 * texts.count)
    ends.reserveCapacity(texts.count)
    tokens.reserveCapacity(texts.count + 64)
    candidateEnds.reserveCapacity(texts.count)
    for text in texts {
      var text = text
      text.withUTF8 { add(UnsafeRawBufferPointer($0), grammar) }
      candidateEnds.append(tokens.count)
    }
  }

  private mutating func add(_ text: UnsafeRawBufferPointer, _ grammar: Grammar) {
    let text = UnsafeRawBufferPointer(rebasing: text.prefix(Self.byteLimit))
    let end = text.firstIndex { $0 == 0x0A || $0 == 0x0D } ?? text.count
    let line = UnsafeRawBufferPointer(rebasing: text[..<end])
    if grammar.isPlainName(line) { return tokens.append(number(of: line)) }
    let start = tokens.count
    for token in Lexer(grammar).tokens(of: line)
    where token.byteCount > 0 && token.kind != .lineEnd && token.kind != .indent {
      tokens.append(number(of: UnsafeRawBufferPointer(rebasing: line[token.byteRange])))
      if tokens.count - start == Self.limit { return }
    }
  }

  /// The number of a word, given one if it is new.
  private mutating func number(of word: UnsafeRawBufferPointer) -> Int {
    if 2 * wordCount >= slots.count { grow() }
    var slot = Int(WordTable.hash(word)) & (slots.count - 1)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if withBytes(ofWord: number, { $0.elementsEqual(word) }) { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    bytes.append(contentsOf: word)
    ends.append(bytes.count)
    slots[slot] = Int32(wordCount)
    return wordCount - 1
  }

  private mutating func grow() {
    slots = [Int32](repeating: 0, count: 2 * slots.count)
    for number in 0..<wordCount {
      var slot = withBytes(ofWord: number) { Int(WordTable.hash($0)) } & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(number + 1)
    }
  }

  // MARK: Reading

  /// The numbers of a candidate's words; empty for one that has none.
  subscript(candidate: Int) -> ArraySlice<Int> {
    tokens[(candidate == 0 ? 0 : candidateEnds[candidate - 1])..<candidateEnds[candidate]]
  }

  func withBytes<Result>(ofWord number: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let start = number == 0 ? 0 : ends[number - 1]
    return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<ends[number]])) }
  }

  /// Gives all words at once to `body`, by their numbers.
  func withWords<Result>(_ body: ((Int) -> UnsafeRawBufferPointer) -> Result) -> Result {
    bytes.withUnsafeBytes { bytes in
      ends.withUnsafeBufferPointer { ends in
        body { UnsafeRawBufferPointer(rebasing: bytes[($0 == 0 ? 0 : ends[$0 - 1])..<ends[$0]]) }
      }
    }
  }

  func word(_ number: Int) -> [UInt8] { withBytes(ofWord: number) { Array($0) } }
}
