import Lexing
import Platform

/// The one way from text to types: everything that is learned, scored or counted becomes types here, and here alone
/// secrets and forgotten words become `Tokenization.redacted`.
///
/// Text is a document that a grammar splits, a document's characters, or tokens that somebody has split. What is read is
/// given to a closure, type by type, in memory that is valid during the call only.
package struct TypeReader: Sendable {
  /// Words that nobody is to learn.
  package let forgotten: ForgottenWords
  /// Whether secrets among tokens that somebody has split are tokens as any other, so that figures compare with other
  /// toolkits' token for token. In all other text they are withheld.
  package let keepsSecretTokens: Bool

  package init(forgotten: ForgottenWords = ForgottenWords(), keepsSecretTokens: Bool = false) {
    self.forgotten = forgotten
    self.keepsSecretTokens = keepsSecretTokens
  }

  /// Bytes that stay where they are as long as the process lives.
  private struct Unchanging: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    init(_ type: [UInt8]) {
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: type.count, alignment: 1)
      copy.copyBytes(from: type)
      bytes = UnsafeRawBufferPointer(copy)
    }
  }

  private static let redacted = Unchanging(Tokenization.redacted)
  private static let lineEnd = Unchanging(Tokenization.lineEnd)
  private static let indent = Unchanging(Tokenization.indent)
  private static let dedent = Unchanging(Tokenization.dedent)

  // MARK: A word

  /// The type of a word that is no secret where it stands: its own bytes, or `Tokenization.redacted`.
  package func type(of word: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    forgotten.contains(word) ? Self.redacted.bytes : word
  }

  /// Whether a word was forgotten on request.
  package func isForgotten(_ word: some Collection<UInt8>) -> Bool {
    !forgotten.isEmpty && Array(word).withUnsafeBytes { forgotten.contains($0) }
  }

  // MARK: Documents

  /// The type of one of a document's tokens, whoever has found out whether it is withheld.
  ///
  /// - Parameter text: the token's own bytes; the result is valid as long as they are.
  package static func type(
    of token: Token, text: UnsafeRawBufferPointer, isWithheld: Bool
  ) -> UnsafeRawBufferPointer {
    if isWithheld { return redacted.bytes }
    switch token.kind {
    case .lineEnd: return lineEnd.bytes
    case .indent: return indent.bytes
    case .dedent: return dedent.bytes
    default: return text
    }
  }

  /// Gives the types of a whole document, with the tokens that they are of.
  package func forEachType<Problem: Error>(
    of text: UnsafeRawBufferPointer, grammar: Grammar,
    _ body: (UnsafeRawBufferPointer, Token) throws(Problem) -> Void
  ) throws(Problem) {
    var redaction = Redaction(ofSecretsIn: text)
    var memo = ForgottenMemo(forgotten)
    for token in Lexer(grammar).tokens(of: text) {
      let bytes = UnsafeRawBufferPointer(rebasing: text[token.byteRange])
      let isWithheld = redaction.covers(token) || memo.contains(bytes)
      try body(Self.type(of: token, text: bytes, isWithheld: isWithheld), token)
    }
  }

  /// The types of a whole document.
  package func types(of text: [UInt8], grammar: Grammar) -> [[UInt8]] {
    var types: [[UInt8]] = []
    text.withUnsafeBytes { text in
      forEachType(of: text, grammar: grammar) { type, _ in types.append(Array(type)) }
    }
    return types
  }

  // MARK: Characters

  /// Gives the characters of a document, each a type: Unicode scalars in UTF-8, and single bytes where there are none. A
  /// secret is one type, whatever it is, and so is a forgotten word: one that the grammar or white space sets apart.
  package func forEachCharacter<Problem: Error>(
    of text: UnsafeRawBufferPointer, grammar: Grammar,
    _ body: (UnsafeRawBufferPointer) throws(Problem) -> Void
  ) throws(Problem) {
    var withheld = withheldRanges(of: text, grammar: grammar)[...]
    var start = 0
    while start < text.count {
      if let range = withheld.first, range.lowerBound <= start {
        try body(Self.redacted.bytes)
        withheld.removeFirst()
        start = range.upperBound
        continue
      }
      let lead = text[start]
      let length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1
      let isWhole =
        start + length <= text.count && (1..<length).allSatisfy { text[start + $0] & 0xC0 == 0x80 }
      let end = start + (isWhole ? length : 1)
      try body(UnsafeRawBufferPointer(rebasing: text[start..<end]))
      start = end
    }
  }

  /// The bytes of secrets and forgotten words, ascending and apart.
  private func withheldRanges(of text: UnsafeRawBufferPointer, grammar: Grammar) -> [Range<Int>] {
    let secrets = SecretDetector.ranges(in: text)
    guard !forgotten.isEmpty else { return secrets }
    var memo = ForgottenMemo(forgotten)
    var ranges = secrets
    for token in Lexer(grammar).tokens(of: text) {
      let range = token.byteRange
      if memo.contains(UnsafeRawBufferPointer(rebasing: text[range])) { ranges.append(range) }
    }
    TokenText.forEachToken(in: text) { range in
      guard let range, memo.contains(UnsafeRawBufferPointer(rebasing: text[range])) else { return }
      ranges.append(range)
    }
    var apart: [Range<Int>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      if let last = apart.last, range.lowerBound < last.upperBound {
        apart[apart.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        apart.append(range)
      }
    }
    return apart
  }

  // MARK: Tokens

  /// Gives the types of text that somebody has split into tokens (`TokenText`), and nil for each line feed. Each of a
  /// secret's tokens is one type.
  ///
  /// - Parameter text: whole lines, as far as there are some: a secret is judged by its line.
  package func forEachType(
    ofTokens text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer?) throws(Failure) -> Void
  ) throws(Failure) {
    let secrets = keepsSecretTokens ? [] : SecretDetector.ranges(in: text)
    var next = 0
    var memo = ForgottenMemo(forgotten)
    try TokenText.forEachToken(in: text) { range throws(Failure) in
      guard let range else { return try body(nil) }
      while next < secrets.count, secrets[next].upperBound <= range.lowerBound { next += 1 }
      let bytes = UnsafeRawBufferPointer(rebasing: text[range])
      let isSecret = next < secrets.count && secrets[next].lowerBound < range.upperBound
      try body(isSecret || memo.contains(bytes) ? Self.redacted.bytes : bytes)
    }
  }

  /// Gives each sequence of text that somebody has split into tokens: its types, and the byte offset behind it and its
  /// line feed. An empty line is an empty sequence; a byte order mark at the start is passed over.
  ///
  /// - Parameters:
  ///   - text: a whole file.
  ///   - body: gets one sequence; the buffer is reused.
  package func forEachSequence(
    ofTokens text: UnsafeRawBufferPointer, unit: SequenceUnit,
    _ body: ([UnsafeRawBufferPointer], Int) throws(Failure) -> Void
  ) throws(Failure) {
    var types: [UnsafeRawBufferPointer] = []
    var position = text.hasByteOrderMark ? 3 : 0
    let lines = UnsafeRawBufferPointer(rebasing: text[position...])
    try forEachType(ofTokens: lines) { type throws(Failure) in
      if let type { return types.append(type) }
      guard unit == .line, let lineEnd = text[position...].firstIndex(of: 0x0A) else { return }
      position = lineEnd + 1
      try body(types, position)
      types.removeAll(keepingCapacity: true)
    }
    let hasOpenLine = text.count > 0 && text[text.count - 1] != 0x0A
    if unit == .document || hasOpenLine { try body(types, text.count) }
  }
}

/// Which of the words of one text were forgotten: each is hashed once, as most come again and again.
private struct ForgottenMemo {
  private let forgotten: ForgottenWords
  private var verdicts: [[UInt8]: Bool] = [:]
  /// Longer than anything that anybody has forgotten as a word is likely to be; what is longer is hashed each time.
  private static let keptByteCount = 64

  init(_ forgotten: ForgottenWords) { self.forgotten = forgotten }

  @inline(__always)
  mutating func contains(_ word: UnsafeRawBufferPointer) -> Bool { !forgotten.isEmpty && verdict(word) }

  private mutating func verdict(_ word: UnsafeRawBufferPointer) -> Bool {
    guard word.count <= Self.keptByteCount else { return forgotten.contains(word) }
    let key = Array(word)
    if let known = verdicts[key] { return known }
    let isForgotten = forgotten.contains(word)
    verdicts[key] = isForgotten
    return isForgotten
  }
}
