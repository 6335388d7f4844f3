/// The ranges of running text around a place: what is between marks, the sentence, the paragraph; of a comment the comment too.
struct ProseStructure {
  private(set) var found: [Range<Int>] = []
  private let document: LexedDocument
  private let focus: Range<Int>
  /// The token that the place is in or before.
  private let index: Int
  private let context: TokenContext
  /// What is looked at: a comment, or all.
  private var bounds: Range<Int>
  /// A paragraph is looked at so far on either side.
  private static let reach = 4000

  init(_ document: LexedDocument, focus: Range<Int>, index: Int, context: TokenContext) {
    self.document = document
    self.focus = focus
    self.index = min(index, document.tokenCount)
    self.context = context
    bounds = 0..<document.tokenCount
    guard !bounds.isEmpty else { return }
    if context == .comment { bounds = comment() }
    let paragraph = paragraph()
    guard !paragraph.isEmpty else { return }
    emit(paragraph)
    let sentence = stretch(in: paragraph, endsBehind: true) { ends($0, paragraph) }
    emit(sentence)
    let clause = stretch(in: sentence) { isMark($0, Self.clauseMarks) }
    emit(clause)
    emit(stretch(in: clause) { isMark($0, Self.phraseMarks) })
    brackets(in: paragraph)
    if context == .comment { emit(comment: bounds) }
  }

  private static let clauseMarks: [StaticString] = [";", ":", "—", "–", "--", "；", "：", "(", ")", "[", "]"]
  private static let phraseMarks: [StaticString] = [",", "、", "，", "\"", "“", "”", "«", "»"]

  private mutating func emit(_ tokens: Range<Int>) {
    var tokens = tokens
    while let last = tokens.last, document.token(at: last).kind == .lineEnd { tokens = tokens.dropLast() }
    while let first = tokens.first, document.token(at: first).kind == .lineEnd { tokens = tokens.dropFirst() }
    guard let first = tokens.first, let last = tokens.last else { return }
    let range = document.token(at: first).byteOffset..<document.token(at: last).endOffset
    if range.lowerBound <= focus.lowerBound, range.upperBound >= focus.upperBound { found.append(range) }
  }

  private func isText(_ index: Int) -> Bool {
    let token = document.token(at: index)
    return token.context == context && token.kind != .lineEnd && token.kind != .delimiter
  }

  // MARK: Stretches

  /// The tokens around the place up to empty lines, and to what is of another kind.
  private func paragraph() -> Range<Int> {
    let index = min(max(index, bounds.lowerBound), bounds.upperBound)
    var start = index
    while start > max(bounds.lowerBound, index - Self.reach), continues(start - 1, start) { start -= 1 }
    var end = index
    while end < min(bounds.upperBound, index + Self.reach), end == index || continues(end, end - 1) {
      end += 1
    }
    return start..<max(start, end)
  }

  /// Whether a token is of the paragraph that its neighbour is of.
  private func continues(_ index: Int, _ neighbour: Int) -> Bool {
    let token = document.token(at: index)
    if token.kind == .lineEnd {
      guard neighbour < bounds.upperBound else { return true }
      return context != .code && document.token(at: neighbour).kind != .lineEnd && token.context == context
    }
    // Code within a sentence is part of it.
    return isText(index) || context == .prose && token.kind != .lineEnd
  }

  /// The stretch around the place between tokens that end one.
  ///
  /// - Parameter endsBehind: whether what ends a stretch belongs to it.
  private func stretch(in range: Range<Int>, endsBehind: Bool = false, _ ends: (Int) -> Bool) -> Range<Int> {
    let place = min(max(index, range.lowerBound), range.upperBound)
    var start = place
    while start > range.lowerBound, !ends(start - 1) { start -= 1 }
    var end = place
    while end < range.upperBound, !ends(end) { end += 1 }
    if endsBehind, end < range.upperBound { end += 1 }
    return start..<end
  }

  private func isMark(_ index: Int, _ marks: [StaticString]) -> Bool {
    let token = document.token(at: index)
    guard token.kind == .punctuation else { return false }
    return document.withBytes(in: token.byteRange) { bytes in
      marks.contains { mark in
        mark.utf8CodeUnitCount == bytes.count
          && bytes.elementsEqual(UnsafeRawBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount))
      }
    }
  }

  /// Whether a sentence ends behind a token: a full stop before a space, not before a small letter, with what closes behind it.
  private func ends(_ index: Int, _ range: Range<Int>) -> Bool {
    guard document.token(at: index).kind == .punctuation else { return false }
    var first = index
    // What closes behind a stop.
    while first > range.lowerBound, matches(first, SentenceMarks.closes), !matches(first, SentenceMarks.ends),
      document.token(at: first - 1).endOffset == document.token(at: first).byteOffset
    {
      first -= 1
    }
    guard matches(first, SentenceMarks.ends) else { return false }
    guard index + 1 < range.upperBound else { return true }
    let next = document.token(at: index + 1)
    if next.byteOffset == document.token(at: index).endOffset, next.kind != .lineEnd {
      return next.kind == .ideograph
    }
    guard let word = (index + 1..<range.upperBound).first(where: { document.token(at: $0).kind != .lineEnd })
    else { return true }
    let byte = document.byte(at: document.token(at: word).byteOffset)
    return !(byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z"))
  }

  private func matches(_ index: Int, _ test: (UnsafeRawBufferPointer) -> Bool) -> Bool {
    let token = document.token(at: index)
    return token.kind == .punctuation && document.withBytes(in: token.byteRange, test)
  }

  // MARK: Brackets and comments

  /// The inside and the outside of round and square brackets, and of quotation marks, around the place.
  private mutating func brackets(in range: Range<Int>) {
    var open: [Int] = []
    for index in range {
      if isMark(index, ["(", "[", "“", "«"]) { open.append(index) }
      guard isMark(index, [")", "]", "”", "»"]), let start = open.popLast() else { continue }
      emit(start..<index + 1)
      emit(start + 1..<index)
    }
  }

  /// The tokens of the comment around the place, what opens and closes it among them.
  private func comment() -> Range<Int> {
    var start = min(index, document.tokenCount - 1)
    while start > 0, !(document.token(at: start).kind == .delimiter && depth(start) > depth(start - 1)) {
      start -= 1
    }
    var end = start
    while end < document.tokenCount, depth(end) > depth(start - 1) { end += 1 }
    // The end of its line is not the comment's.
    if end < document.tokenCount, document.token(at: end).kind != .lineEnd { end += 1 }
    return start..<end
  }

  private func depth(_ index: Int) -> Int { index < 0 ? 0 : document.depth(behind: index) }

  /// The comment around the place, and comments to the end of the line that follow each other.
  private mutating func emit(comment: Range<Int>) {
    let (start, end) = (comment.lowerBound, comment.upperBound)
    emit(comment)
    emit(comment.dropFirst())
    // Lines of comment with nothing between them.
    var first = start
    while first > 1, document.token(at: first - 1).kind == .lineEnd,
      document.token(at: first - 2).context == .comment
    {
      first -= 2
      while first > 0, document.token(at: first).context == .comment,
        document.token(at: first).kind != .delimiter
      {
        first -= 1
      }
    }
    var last = end
    while last + 1 < document.tokenCount, document.token(at: last).kind == .lineEnd,
      document.token(at: last + 1).context == .comment
    {
      last += 1
      while last < document.tokenCount, document.token(at: last).context == .comment { last += 1 }
    }
    emit(first..<last)
  }
}
