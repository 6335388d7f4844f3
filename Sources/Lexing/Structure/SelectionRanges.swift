/// The ranges around a place in a text that a person would select one after the other, as found from tokens alone.
///
/// In code: the token, operands, calls and member chains part by part, expressions by their operators' precedence, arguments, the inside
/// and the outside of brackets, strings and blocks, statements, declarations. In prose and comments: word, phrase, clause, sentence,
/// paragraph. The text is last.
public struct SelectionRanges {
  /// So many tokens on either side of a place are looked at; a text that is longer has no ranges beyond.
  static let reach = 20_000
  /// Of more ranges around a place those in the middle are left out.
  static let limit = 200

  private let document: LexedDocument
  private var items: SyntaxItems?
  private var window = 0..<0

  public init(_ document: LexedDocument) { self.document = document }

  /// The ranges around a place, from the inside out; each holds the one before and is longer.
  ///
  /// - Parameter byteOffset: clamped to the text.
  public mutating func ranges(around byteOffset: Int) -> [Range<Int>] {
    let place = min(max(byteOffset, 0), document.byteCount)
    let index = tokenIndex(at: place)
    let focus = index.map { document.token(at: $0).byteRange } ?? place..<place
    var found: [Range<Int>] = index == nil ? [] : [focus]
    let context =
      document.grammar.isProse
      ? .prose : index.map { document.token(at: $0).context } ?? contextBetween(place)
    if context != .code {
      found += ProseStructure(document, focus: focus, index: index ?? behind(place), context: context).found
    }
    if !document.grammar.isProse {
      found += CodeStructure(readItems(near: index ?? behind(place)), focus: focus).found
    }
    found.append(0..<document.byteCount)
    return nested(found, focus)
  }

  /// Those that hold each other, the shortest first.
  private func nested(_ found: [Range<Int>], _ focus: Range<Int>) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for range in found.sorted(by: { $0.count < $1.count }) where !range.isEmpty {
      let inner = ranges.last ?? focus
      guard range.lowerBound <= inner.lowerBound, range.upperBound >= inner.upperBound else { continue }
      if range != ranges.last { ranges.append(range) }
    }
    // A chain of thousands is of no use, and clients do not nest so deeply.
    return ranges.count <= Self.limit
      ? ranges : ranges.prefix(Self.limit * 3 / 4) + ranges.suffix(Self.limit / 4)
  }

  // MARK: The token at a place

  private func behind(_ place: Int) -> Int { place == 0 ? 0 : document.tokenIndex(endingAfter: place - 1) }

  /// The token that a person means who points between two: a word rather than a mark, else the one behind.
  private func tokenIndex(at place: Int) -> Int? {
    var best: Int?
    var index = behind(place)
    while index < document.tokenCount {
      let token = document.token(at: index)
      guard token.byteOffset <= place else { break }
      if token.endOffset >= place, token.byteCount > 0, token.kind != .lineEnd, token.kind != .indent {
        let isWord = Self.isWord(token.kind)
        if best == nil || isWord || !Self.isWord(document.token(at: best!).kind) { best = index }
      }
      index += 1
    }
    return best
  }

  private static func isWord(_ kind: TokenKind) -> Bool {
    switch kind {
    case .identifier, .keyword, .number, .word, .ideograph, .emoji: true
    default: false
    }
  }

  /// Where a place in white space stands.
  private func contextBetween(_ place: Int) -> TokenContext {
    let index = behind(place)
    guard index > 0, index < document.tokenCount else { return document.grammar.isProse ? .prose : .code }
    let (before, next) = (document.token(at: index - 1).context, document.token(at: index).context)
    return before == next ? before : (document.grammar.isProse ? .prose : .code)
  }

  private mutating func readItems(near index: Int) -> SyntaxItems {
    if let items, window.contains(index) || window.count == document.tokenCount { return items }
    var first = max(0, index - Self.reach)
    // A window begins with a line that is not deep.
    while first > 0, first < index {
      if document.token(at: first - 1).kind == .lineEnd, isAtLineStart(first) { break }
      first += 1
    }
    let tokens = first..<min(document.tokenCount, index + Self.reach)
    let read = SyntaxItems(document, tokens: tokens)
    // Only a window that is not too near its ends serves another place.
    window = tokens.count == document.tokenCount ? tokens : index..<index + 1
    items = read
    return read
  }

  private func isAtLineStart(_ index: Int) -> Bool {
    let start = document.token(at: index).byteOffset
    return start == document.token(at: index - 1).endOffset && document.token(at: index).kind != .indent
  }
}
