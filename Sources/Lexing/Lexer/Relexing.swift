/// One edit's relexing: from the last token that the edit cannot have reached, to where the new tokens meet the
/// old ones in the same state.
struct Relexing {
  /// The edited bytes before the edit.
  let edit: Range<Int>
  /// Where the edit ends in the new text.
  let newEditEnd: Int
  /// Old text length to new.
  let delta: Int
  /// Old tokens that are replaced.
  private(set) var oldRange: Range<Int>
  /// What replaces them, with offsets in the new text.
  private(set) var fresh: ArraySlice<StoredToken> = []

  private static let firstWindow = 2048

  /// - Parameter document: before the edit.
  init(document: LexedDocument, edit: Range<Int>, insertedCount: Int) {
    self.edit = edit
    newEditEnd = edit.lowerBound + insertedCount
    delta = insertedCount - edit.count
    // A token is safe if the edit is further behind its end than a lexer looks.
    let first = document.tokenBuffer.firstIndex(endingAfter: edit.lowerBound - LexerCore.lookahead - 1)
    oldRange = first..<first
  }

  /// Lexes the new text until the old tokens fit again.
  ///
  /// - Parameters:
  ///   - text: the new text.
  ///   - tokens: the old tokens.
  ///   - states: those that are new are added.
  mutating func run(
    text: TextBuffer, tokens: TokenBuffer, grammar: Grammar, states: inout LexerStateTable
  ) {
    var state = LexerState.initial
    var offset = 0
    if oldRange.lowerBound > 0 {
      state = LexerState(rawValue: tokens.stored(oldRange.lowerBound - 1).stateAfter)
      offset = tokens.endOffset(oldRange.lowerBound - 1)
    }
    var old = oldRange.lowerBound
    var found: [StoredToken] = []
    var windowCount = max(Self.firstWindow, newEditEnd - offset + Self.firstWindow)
    var isDone = false
    while !isDone {
      let start = max(0, offset - LexerCore.lookbehind)
      let stop = min(text.count, offset + windowCount)
      text.withBytes(start..<stop) { bytes in
        isDone = lex(
          bytes, from: start, isWholeRest: stop == text.count, tokens: tokens, grammar: grammar,
          states: &states,
          state: &state, offset: &offset, old: &old, found: &found)
      }
      windowCount *= 4
    }
    oldRange = oldRange.lowerBound..<old
    fresh = found[...]
  }

  /// Lexes one window. True when the old tokens fit or the text ends.
  private func lex(
    _ bytes: UnsafeRawBufferPointer, from windowStart: Int, isWholeRest: Bool, tokens: TokenBuffer,
    grammar: Grammar, states: inout LexerStateTable, state: inout LexerState, offset: inout Int,
    old: inout Int,
    found: inout [StoredToken]
  ) -> Bool {
    guard let base = bytes.baseAddress else {
      old = tokens.count
      return true
    }
    var table = LexerStateTable()
    swap(&table, &states)
    var core = LexerCore(
      window: LexedWindow(base: base.assumingMemoryBound(to: UInt8.self), count: bytes.count),
      tables: grammar.tables, states: consume table, state: state, at: offset - windowStart)
    defer { states = core.states }
    return withExtendedLifetime(grammar) {
      while core.next() {
        // Near the window's end the lexer may have missed what follows.
        if !isWholeRest && core.end + LexerCore.lookahead > bytes.count { return false }
        state = core.state
        offset = core.end + windowStart
        found.append(core.storedToken(shiftedBy: windowStart))
        // Old tokens before the edit's end are gone; of the others those that end before this one are.
        while old < tokens.count {
          let oldEnd = tokens.endOffset(old)
          if oldEnd >= edit.upperBound && oldEnd + delta >= offset { break }
          old += 1
        }
        while old < tokens.count && tokens.endOffset(old) + delta == offset
          && tokens.endOffset(old) >= edit.upperBound
        {
          let isMeeting =
            tokens.stored(old).stateAfter == state.rawValue && offset >= newEditEnd + LexerCore.lookbehind
          old += 1
          if isMeeting { return true }
          // Of several old tokens that end here, empty ones, another may be in the same state.
          if old < tokens.count && tokens.endOffset(old) + delta != offset { break }
        }
      }
      guard isWholeRest else { return false }
      old = tokens.count
      return true
    }
  }

  /// Leaves out tokens at both ends that are the same as before.
  mutating func trim(_ tokens: TokenBuffer) {
    while let first = fresh.first, oldRange.lowerBound < oldRange.upperBound,
      Int(first.distance) + Int(first.byteCount) <= edit.lowerBound,
      tokens.startOffset(oldRange.lowerBound) == Int(first.distance),
      isSame(first, tokens.stored(oldRange.lowerBound))
    {
      fresh.removeFirst()
      oldRange = oldRange.lowerBound + 1..<oldRange.upperBound
    }
    while let last = fresh.last, oldRange.lowerBound < oldRange.upperBound, Int(last.distance) >= newEditEnd,
      tokens.startOffset(oldRange.upperBound - 1) >= edit.upperBound,
      tokens.startOffset(oldRange.upperBound - 1) + delta == Int(last.distance),
      isSame(last, tokens.stored(oldRange.upperBound - 1))
    {
      fresh.removeLast()
      oldRange = oldRange.lowerBound..<oldRange.upperBound - 1
    }
  }

  private func isSame(_ a: StoredToken, _ b: StoredToken) -> Bool {
    a.byteCount == b.byteCount && a.kind == b.kind && a.context == b.context && a.stateAfter == b.stateAfter
  }
}
