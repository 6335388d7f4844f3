import Lexing

/// What stands at a byte offset: the word being typed, and the token before which the models predict.
struct DocumentPlace {
  /// The index of the token that is predicted: the word being typed, or what would come next.
  var tokenIndex: Int
  /// What is typed of the word before the offset.
  var typed: [UInt8]
  /// What a completion replaces.
  var replacedBytes: Range<Int>
  /// Whether white space, a line's start or the text's start is before the word.
  var isAfterSpace: Bool
  /// Where the offset stands.
  var context: TokenContext

  init(_ document: LexedDocument, at byteOffset: Int) {
    let offset = min(max(byteOffset, 0), document.byteCount)
    typed = []
    replacedBytes = offset..<offset
    context = document.grammar.isProse ? .prose : .code
    // The token that reaches up to the offset or over it.
    tokenIndex = offset == 0 ? 0 : document.tokenIndex(endingAfter: offset - 1)
    while tokenIndex < document.tokenCount {
      let token = document.token(at: tokenIndex)
      if token.byteOffset >= offset || token.endOffset > offset && !Self.isWord(token.kind) { break }
      context = token.context
      if Self.isWord(token.kind) {
        typed = document.bytes(in: token.byteOffset..<offset)
        replacedBytes = token.byteRange
        break
      }
      tokenIndex += 1
    }
    isAfterSpace = false
    takeSigil(document, endingAt: offset)
    let start = replacedBytes.lowerBound
    isAfterSpace = start == 0 || [0x20, 0x09, 0x0A, 0x0D].contains(document.byte(at: start - 1))
  }

  /// What begins names, as `\` and `$` do, is typed of one where nothing more is.
  private mutating func takeSigil(_ document: LexedDocument, endingAt offset: Int) {
    guard typed.isEmpty, tokenIndex > 0 else { return }
    let before = document.token(at: tokenIndex - 1)
    guard before.endOffset == offset, before.byteCount <= 2, before.kind != .lineEnd else { return }
    let bytes = document.bytes(of: before)
    guard document.grammar.definition.identifiers.sigils.contains(where: { $0.utf8.elementsEqual(bytes) })
    else { return }
    tokenIndex -= 1
    typed = bytes
    replacedBytes = before.byteRange
  }

  /// The place of a word of prose that may go on behind a joiner that was typed last, as in `didn'` and `well-`; nil where
  /// there is none. The joiner is a token of its own until more is typed.
  static func joined(_ document: LexedDocument, at byteOffset: Int) -> DocumentPlace? {
    let offset = min(max(byteOffset, 0), document.byteCount)
    var place = DocumentPlace(document, at: offset)
    let index = place.tokenIndex
    guard place.typed.isEmpty, index >= 2 else { return nil }
    let (word, joiner) = (document.token(at: index - 2), document.token(at: index - 1))
    guard word.kind == .word, word.endOffset == joiner.byteOffset, joiner.endOffset == offset,
      word.context != .code, joiners.contains(document.bytes(of: joiner))
    else { return nil }
    place.tokenIndex = index - 2
    place.typed = document.bytes(in: word.byteOffset..<offset)
    place.replacedBytes = word.byteOffset..<offset
    place.isAfterSpace =
      word.byteOffset == 0 || [0x20, 0x09, 0x0A, 0x0D].contains(document.byte(at: word.byteOffset - 1))
    return place
  }

  private static let joiners: [[UInt8]] = [Array("'".utf8), Array("’".utf8), Array("-".utf8)]

  /// Whether a token of this kind is completed as it is typed.
  private static func isWord(_ kind: TokenKind) -> Bool {
    switch kind {
    case .identifier, .keyword, .word: true
    default: false
    }
  }
}
