import Lexing

/// A candidate's first line as tokens: what a document would have if it were written there.
struct CandidateTokens: Hashable {
  var tokens: [[UInt8]]

  /// Behind so many tokens a candidate makes no difference that anybody sees.
  static let limit = 8
  /// And behind so many bytes.
  private static let byteLimit = 512

  init(_ text: String, _ grammar: Grammar) {
    let bytes = Array(text.utf8.prefix(Self.byteLimit).prefix { $0 != 0x0A && $0 != 0x0D })
    if Self.isPlainName(bytes) {
      tokens = [bytes]
      return
    }
    let lexed = LexedDocument(text: bytes, grammar: grammar)
    tokens = (0..<lexed.tokenCount).lazy.map { lexed.token(at: $0) }
      .filter { $0.byteCount > 0 && $0.kind != .lineEnd && $0.kind != .indent }
      .prefix(Self.limit).map { lexed.bytes(of: $0) }
  }

  /// Whether every language has it for one token.
  private static func isPlainName(_ bytes: [UInt8]) -> Bool {
    guard let first = bytes.first, isLetter(first) else { return false }
    return bytes.allSatisfy { isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
