import LanguageModeling
import Lexing
import Platform

/// Words of Chinese, Japanese and Korean, whose characters are tokens each. In Korean spaces part them, which are tokens too
/// (`LexerCore`): there the end of a word competes with its continuations, as it does where a word is one token.
extension DocumentState {
  /// How probable it is that a word ends at a place.
  struct WordEnding {
    /// P of all that is no character of a word: spaces, punctuation, the line's end.
    var probability: Float = 0
    /// P of a space.
    var space: Float = 0
    /// The token of a space.
    var spaceToken: UInt32 = 0
  }

  /// So many of the most probable tokens are looked at to find out whether a word ends.
  private static let endTokenCount = 32
  /// A word that is typed whole comes first unless another one is so many times more probable, as in `CandidateSearch`.
  private static let wholeWordFactor = 8.0
  /// Words are not longer, in bytes.
  private static let longestRun = 64

  func wordEnding(_ engine: MixtureEngine) -> WordEnding {
    var ending = WordEnding()
    for (token, probability) in engine.best(Self.endTokenCount) {
      let (isWord, isSpace) = lexicon.bytes(of: token).withUnsafeBytes { bytes in
        let first = bytes.first ?? 0
        guard first >= 0x80 else {
          return (OfferedWords.isOffered(bytes, checkingSecrets: false), first == 0x20)
        }
        let kind = TokenKind.ofProse(beginningWith: bytes)
        return (kind == .ideograph || kind == .word, false)
      }
      if !isWord { ending.probability += probability }
      if isSpace {
        ending.space = probability
        ending.spaceToken = token
      }
    }
    return ending
  }

  /// The bytes of what is typed of a word of Korean right before a place: syllables, and letters among them; nil where there
  /// are none.
  func syllables(before place: DocumentPlace) -> Range<Int>? {
    guard place.typed.isEmpty, isBetweenIdeographs(place), isSyllable(lexed.token(at: place.tokenIndex - 1))
    else { return nil }
    let end = lexed.token(at: place.tokenIndex - 1).endOffset
    var start = end
    var index = place.tokenIndex
    while index > 0 {
      let token = lexed.token(at: index - 1)
      guard token.endOffset == start, end - token.byteOffset <= Self.longestRun,
        token.kind == .word || isSyllable(token)
      else { break }
      start = token.byteOffset
      index -= 1
    }
    return start..<end
  }

  private func isSyllable(_ token: Token) -> Bool {
    guard token.kind == .ideograph else { return false }
    return lexed.withBytes(in: token.byteRange) { bytes in
      String(decoding: bytes, as: UTF8.self).unicodeScalars.first.map { "\u{AC00}"..."\u{D7A3}" ~= $0 }
        ?? false
    }
  }

  /// The items of a place as they complete the word whose syllables stand before it, and before them that word itself, unless
  /// it is far less probable that it is whole.
  ///
  /// - Parameter syllables: of the word, in bytes of the document.
  func items(
    _ items: [CandidateItem], behind syllables: Range<Int>, _ ending: WordEnding, _ place: DocumentPlace
  ) -> [CandidateItem] {
    let typed = String(decoding: lexed.bytes(in: syllables), as: UTF8.self)
    let replaced = syllables.lowerBound..<place.replacedBytes.upperBound
    var result = items
    for index in result.indices {
      let text = typed + result[index].completion.insertedText
      result[index].completion.text = text
      result[index].completion.insertedText = text
      result[index].completion.replacedBytes = replaced
    }
    let probability = Double(ending.probability)
    guard probability > 0, let best = items.first,
      best.completion.probability < Self.wholeWordFactor * probability
    else { return result }
    let whole = Completion(
      text: typed, insertedText: typed, replacedBytes: replaced, probability: min(1, probability),
      source: best.completion.source, match: .exact)
    result.insert(
      CandidateItem(
        completion: whole, token: ending.spaceToken, isWhole: true, spaceProbability: Double(ending.space)),
      at: 0)
    return result
  }
}
