import Lexing

/// The sentences of running text, as treebanks divide it: words, numbers and marks, English contractions in two ("do n't",
/// "it 's").
///
/// Code is passed over; its comments and strings are text. A sentence ends behind `.`, `!`, `?` or `…` and what closes
/// behind it, and at an empty line.
public struct TextSentences: Sendable {
  /// The bytes of every word, sentence by sentence, in the order of the text.
  public private(set) var sentences: [[Range<Int>]] = []
  private var sentence: [Range<Int>] = []

  public init(_ text: UnsafeRawBufferPointer, grammar: Grammar) {
    var previous: Token?
    var isEnding = false
    for token in Lexer(grammar).tokens(of: text) {
      switch token.kind {
      case .indent, .dedent: continue
      case .lineEnd:
        if previous?.kind == .lineEnd { end() }
        previous = token
        continue
      default: break
      }
      if token.context == .code || token.context != previous?.context && previous?.kind != .lineEnd { end() }
      let bytes = UnsafeRawBufferPointer(rebasing: text[token.byteRange])
      // A quotation mark behind a space opens the next sentence.
      let isClosing = SentenceMarks.closes(bytes) && previous?.endOffset == token.byteOffset
      if isEnding, !isClosing { end() }
      previous = token
      guard token.context != .code, token.kind != .delimiter, !bytes.isEmpty else { continue }
      isEnding = SentenceMarks.ends(bytes) || isEnding && isClosing
      append(token, bytes)
    }
    end()
  }

  private mutating func end() {
    if !sentence.isEmpty { sentences.append(sentence) }
    sentence = []
  }

  private mutating func append(_ token: Token, _ bytes: UnsafeRawBufferPointer) {
    let cut = token.kind == .word ? Self.contraction(bytes) : nil
    guard let cut else { return sentence.append(token.byteRange) }
    sentence.append(token.byteOffset..<token.byteOffset + cut)
    sentence.append(token.byteOffset + cut..<token.endOffset)
  }

  /// Where a contraction is cut; nil for a word that is none.
  private static func contraction(_ word: UnsafeRawBufferPointer) -> Int? {
    for ending in endings where word.count > ending.count {
      let start = word.count - ending.count
      let matches = zip(word[start...], ending).allSatisfy { $0 == $1 || $0 | 0x20 == $1 && $1 >= 0x61 }
      if matches { return start }
    }
    return nil
  }

  /// What contractions end with, with either apostrophe.
  private static let endings: [[UInt8]] = ["'", "’"].flatMap { mark in
    ["n\(mark)t", "\(mark)s", "\(mark)m", "\(mark)re", "\(mark)ve", "\(mark)ll", "\(mark)d"].map {
      Array($0.utf8)
    }
  }
}
