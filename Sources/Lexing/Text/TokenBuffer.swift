/// A token as a document stores it: 16 bytes.
struct StoredToken: Hashable, BitwiseCopyable, Sendable {
  /// From the text's start before the gap, from the text's end behind it.
  var distance: UInt32
  var byteCount: UInt32
  /// The lexer's state behind the token.
  var stateAfter: UInt32
  var kind: TokenKind
  var context: TokenContext
}

/// A document's tokens with a gap at the last edit, so that no edit renumbers the tokens of the whole document.
///
/// Tokens before the gap know their distance from the text's start, those behind it from the text's end; both
/// stay true when text at the gap changes.
struct TokenBuffer: Sendable {
  private var storage: [StoredToken]
  private var gapStart: Int
  private var gapCount: Int
  /// Length of the text. Setting it moves all tokens behind the gap.
  var textCount: Int

  init(_ tokens: [StoredToken], textCount: Int) {
    storage = tokens
    gapStart = tokens.count
    gapCount = 0
    self.textCount = textCount
  }

  var count: Int { storage.count - gapCount }

  func stored(_ index: Int) -> StoredToken { storage[index < gapStart ? index : index + gapCount] }

  func startOffset(_ index: Int) -> Int {
    index < gapStart
      ? Int(storage[index].distance) : textCount - Int(storage[index + gapCount].distance)
  }

  func endOffset(_ index: Int) -> Int { startOffset(index) + Int(stored(index).byteCount) }

  subscript(index: Int) -> Token {
    let token = stored(index)
    return Token(
      kind: token.kind, context: token.context, byteOffset: startOffset(index),
      byteCount: Int(token.byteCount))
  }

  /// The first token that ends behind `offset`; `count` if none does.
  func firstIndex(endingAfter offset: Int) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if endOffset(middle) > offset { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Replaces the tokens of `range`, and sets the text's length from then on.
  ///
  /// - Parameter tokens: with distances from the text's start.
  mutating func replace(
    _ range: Range<Int>, with tokens: ArraySlice<StoredToken>, textCount newTextCount: Int
  ) {
    moveGap(to: range.lowerBound)
    gapCount += range.count
    textCount = newTextCount
    if gapCount < tokens.count { grow(by: tokens.count) }
    storage.withUnsafeMutableBufferPointer { target in
      tokens.withUnsafeBufferPointer { source in
        guard let base = target.baseAddress, let from = source.baseAddress else { return }
        (base + gapStart).update(from: from, count: source.count)
      }
    }
    gapStart += tokens.count
    gapCount -= tokens.count
  }

  /// Moves the gap, turning the distances of the tokens that change sides.
  private mutating func moveGap(to index: Int) {
    let shift = gapCount
    let total = UInt32(textCount)
    storage.withUnsafeMutableBufferPointer { tokens in
      if index < gapStart {
        var i = gapStart - 1
        while i >= index {
          var token = tokens[i]
          token.distance = total - token.distance
          tokens[i + shift] = token
          i -= 1
        }
      } else {
        var i = gapStart
        while i < index {
          var token = tokens[i + shift]
          token.distance = total - token.distance
          tokens[i] = token
          i += 1
        }
      }
    }
    gapStart = index
  }

  private mutating func grow(by needed: Int) {
    let added = needed + storage.count / 16 + 64
    let free = StoredToken(distance: 0, byteCount: 0, stateAfter: 0, kind: .other, context: .code)
    let tailStart = gapStart + gapCount
    var larger = [StoredToken]()
    larger.reserveCapacity(storage.count + added)
    larger += storage[..<gapStart]
    larger += repeatElement(free, count: gapCount + added)
    larger += storage[tailStart...]
    storage = larger
    gapCount += added
  }
}
