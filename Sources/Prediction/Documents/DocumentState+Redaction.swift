import Lexing
import Platform
import Privacy

extension DocumentState {
  typealias NumberedWord = (id: UInt32, tokenClass: TokenClass)

  /// How far from an edit its line and each of those around are looked at, in bytes, where lines are longer.
  private static let reach = 1 << 15

  /// The words of the tokens that an edit inserted, and of those near it that became secrets or ceased to be.
  ///
  /// - Parameters:
  ///   - change: what the edit did to the tokens.
  ///   - edited: what it inserted, in bytes of the text as it is now.
  /// - Returns: the change widened by the tokens whose words changed, and the words of `inserted`.
  func redacting(
    _ change: TokenChange, edited: Range<Int>
  ) -> (change: TokenChange, words: [NumberedWord]) {
    var touched = edited
    // An edit may change what tokens are far behind it: a string opened, a comment closed.
    if let first = change.inserted.first, let last = change.inserted.last {
      let start = min(touched.lowerBound, lexed.token(at: first).byteOffset)
      touched = start..<max(touched.upperBound, lexed.token(at: last).endOffset)
    }
    let window = linesAround(touched)
    let ranges = privacy == .everything ? [0..<lexed.byteCount] : secrets(in: window)
    let delta = change.inserted.count - change.removed.count
    return lexicon.withInterning { interning in
      let redactedID = Tokenization.redacted.withUnsafeBytes { interning.intern($0) }.id
      var widened = change
      if privacy == .secrets {
        let unchanged = widen(&widened, window, ranges, redactedID, delta, &interning)
        if unchanged && ranges.isEmpty {
          return (change, words(change.inserted, Redaction(ranges: []), &interning))
        }
      }
      return (widened, words(widened.inserted, Redaction(ranges: ranges), &interning))
    }
  }

  /// The secrets in whole lines. The lines around say what these hold; what is found in those themselves would need
  /// others.
  private func secrets(in lines: Range<Int>) -> [Range<Int>] {
    let start = lineStart(before: lines.lowerBound, lines: SecretDetector.linesBefore)
    let end = lineEnd(behind: lines.upperBound, lines: SecretDetector.linesBehind)
    return lexed.withBytes(in: start..<end) { SecretDetector.ranges(in: $0) }.compactMap {
      let range = $0.lowerBound + start..<$0.upperBound + start
      return range.lowerBound >= lines.lowerBound && range.lowerBound <= lines.upperBound ? range : nil
    }
  }

  private func words(
    _ indices: Range<Int>, _ redaction: Redaction, _ interning: inout Lexicon.Interning
  ) -> [NumberedWord] {
    var redaction = redaction
    return indices.map { index in
      let token = lexed.token(at: index)
      let isRedacted = redaction.covers(token)
      return lexed.withBytes(in: token.byteRange) {
        interning.intern(token, text: $0, isRedacted: isRedacted)
      }
    }
  }

  /// Widens a change to the tokens of the window whose word is no longer the right one; true if there are none.
  private func widen(
    _ change: inout TokenChange, _ window: Range<Int>, _ ranges: [Range<Int>], _ redactedID: UInt32,
    _ delta: Int, _ interning: inout Lexicon.Interning
  ) -> Bool {
    var redaction = Redaction(ranges: ranges)
    var lower = change.inserted.lowerBound
    var upper = change.inserted.upperBound
    let inserted = change.inserted
    var index = window.lowerBound == 0 ? 0 : lexed.tokenIndex(endingAfter: window.lowerBound - 1)
    while index < lexed.tokenCount {
      let token = lexed.token(at: index)
      if token.byteOffset >= window.upperBound { break }
      let isRedacted = redaction.covers(token)
      if !inserted.contains(index) {
        let old = sequence.id(at: index < inserted.lowerBound ? index : index - delta)
        // Only what is redacted, or was, can have changed.
        if isRedacted || old == redactedID {
          let word = lexed.withBytes(in: token.byteRange) {
            interning.intern(token, text: $0, isRedacted: isRedacted)
          }
          if word.id != old {
            lower = min(lower, index)
            upper = max(upper, index + 1)
          }
        }
      }
      index += 1
    }
    guard lower < inserted.lowerBound || upper > inserted.upperBound else { return true }
    change.removed = min(change.removed.lowerBound, lower)..<max(change.removed.upperBound, upper - delta)
    change.inserted = lower..<upper
    return false
  }

  /// The lines that a range of bytes touches, and those around whose verdicts depend on them.
  private func linesAround(_ range: Range<Int>) -> Range<Int> {
    let start = lineStart(before: lineStart(before: range.lowerBound), lines: SecretDetector.linesBehind)
    let end = lineEnd(behind: min(range.upperBound, lexed.byteCount))
    return start..<lineEnd(behind: end, lines: SecretDetector.linesBefore)
  }

  /// The start of a line some lines before the one that begins at `start`.
  private func lineStart(before start: Int, lines: Int) -> Int {
    var start = start
    for _ in 0..<lines { start = lineStart(before: lineEnd(before: start)) }
    return start
  }

  /// The end of a line some lines behind the one that ends at `end`.
  private func lineEnd(behind end: Int, lines: Int) -> Int {
    let count = lexed.byteCount
    var end = end
    for _ in 0..<lines {
      guard end < count, Self.endsLine(lexed.byte(at: end)) else { break }
      let isPair = lexed.byte(at: end) == 0x0D && end + 1 < count && lexed.byte(at: end + 1) == 0x0A
      end = lineEnd(behind: end + (isPair ? 2 : 1))
    }
    return end
  }

  private func lineStart(before offset: Int) -> Int {
    var start = offset
    let first = max(0, start - Self.reach)
    while start > first, !Self.endsLine(lexed.byte(at: start - 1)) { start -= 1 }
    return start
  }

  private func lineEnd(behind offset: Int) -> Int {
    var end = offset
    let last = min(lexed.byteCount, end + Self.reach)
    while end < last, !Self.endsLine(lexed.byte(at: end)) { end += 1 }
    return end
  }

  /// The end of the line before the one that begins at `start`; `start` if there is none.
  private func lineEnd(before start: Int) -> Int {
    guard start > 0, Self.endsLine(lexed.byte(at: start - 1)) else { return start }
    let isPair = start > 1 && lexed.byte(at: start - 1) == 0x0A && lexed.byte(at: start - 2) == 0x0D
    return start - (isPair ? 2 : 1)
  }

  private static func endsLine(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
}
