/// The lexer as a state machine: `next()` reads one token from where the last one ended.
///
/// What a step does depends only on its state and on the bytes from `lookbehind` before its start to
/// `lookahead` behind the token's end. Relexing relies on this.
struct LexerCore {
  /// Bytes before a step's start that may decide it.
  static let lookbehind = 4
  /// Bytes behind a token's end that may decide it.
  static let lookahead = 256

  let window: LexedWindow
  let tables: GrammarTables
  var states: LexerStateTable
  /// The stack of frames now, its topmost frame, and the flag of `LexerState`.
  private(set) var frame: UInt32
  private(set) var top: LexerFrame
  var isAfterOperand: Bool

  /// The last token: its first byte and the one after its last.
  var start: Int
  var end: Int
  var kind = TokenKind.other
  var context = TokenContext.code

  init(
    window: LexedWindow, tables: GrammarTables, states: consuming LexerStateTable, state: LexerState,
    at offset: Int
  ) {
    self.window = window
    self.tables = tables
    frame = state.frame
    top = states[state.frame]
    self.states = states
    isAfterOperand = state.isAfterOperand
    start = offset
    end = offset
  }

  var state: LexerState { LexerState(frame: frame, isAfterOperand: isAfterOperand) }

  @inline(__always)
  mutating func setFrame(_ index: UInt32) {
    frame = index
    top = states[index]
  }

  @inline(__always)
  func byte(_ offset: Int) -> UInt8 { window.base[offset] }

  /// The byte at `offset`, 0 behind the end.
  @inline(__always)
  func byteOrZero(_ offset: Int) -> UInt8 { offset < window.count ? window.base[offset] : 0 }

  @inline(__always)
  func flags(_ byte: UInt8) -> UInt8 { tables.byteFlags[Int(byte)] }

  @inline(__always)
  func isLineStart(_ offset: Int) -> Bool {
    offset == 0 || window.base[offset - 1] == 0x0A || window.base[offset - 1] == 0x0D
  }

  /// Reads the next token into `start`, `end`, `kind` and `context`. False at the end of the text.
  @inline(__always)
  mutating func next() -> Bool {
    top.kind.isText ? nextInText() : nextInCode()
  }

  @inline(__always)
  mutating func emit(_ kind: TokenKind, _ context: TokenContext, _ start: Int, _ end: Int) -> Bool {
    self.kind = kind
    self.context = context
    self.start = start
    self.end = end
    return true
  }

  /// A line's end of one or two bytes; unfinished single-line strings end with it.
  @inline(__always)
  mutating func emitLineEnd(_ offset: Int, _ context: TokenContext) -> Bool {
    let isPair = byte(offset) == 0x0D && byteOrZero(offset + 1) == 0x0A
    if top.lineEndFrame != frame { setFrame(top.lineEndFrame) }
    if top.kind == .heredocPending { beginHeredoc() }
    isAfterOperand = false
    return emit(.lineEnd, context, offset, offset + (isPair ? 2 : 1))
  }

  private mutating func beginHeredoc() {
    let pending = top
    setFrame(
      states.push(
        .heredocBody, region: pending.region, parameter: pending.parameter, onto: pending.parent,
        endsAtLineEnd: false))
  }

  // MARK: Characters outside ASCII

  /// The end of an emoji sequence whose first scalar ends at `offset`.
  @inline(never)
  func emojiEnd(_ offset: Int, first: UInt32) -> Int {
    var end = offset
    var isRegional = (0x1F1E6...0x1F1FF).contains(first)
    while end < window.count {
      let scalar = DecodedScalar.at(end, in: window.base, count: window.count)
      guard scalar.isValid else { return end }
      if isRegional && (0x1F1E6...0x1F1FF).contains(scalar.value) {
        isRegional = false
      } else if scalar.value == 0x200D {
        let after = end + scalar.byteCount
        guard after < window.count else { return after }
        let joined = DecodedScalar.at(after, in: window.base, count: window.count)
        if joined.isValid && joined.value >= 0x80 {
          let joinedClass = ScalarClass.of(joined.value)
          if joinedClass == .emoji || joinedClass == .symbol {
            end = after + joined.byteCount - scalar.byteCount
          }
        }
      } else if !isEmojiExtension(scalar.value) {
        return end
      }
      end += scalar.byteCount
    }
    return end
  }

  private func isEmojiExtension(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0xFE00...0xFE0F, 0x20E3, 0x1F3FB...0x1F3FF, 0xE0020...0xE007F: return true
    case ..<0x300: return false
    default: return ScalarClass.of(scalar) == .mark
    }
  }

  /// The end of the combining marks from `offset` on.
  func marksEnd(_ offset: Int) -> Int {
    var end = offset
    while end < window.count, byte(end) >= 0x80 {
      let scalar = DecodedScalar.at(end, in: window.base, count: window.count)
      guard scalar.isValid && ScalarClass.of(scalar.value) == .mark else { break }
      end += scalar.byteCount
    }
    return end
  }

  /// The end of a run of bytes that are not UTF-8.
  func invalidEnd(_ offset: Int) -> Int {
    var end = offset + 1
    while end < window.count, byte(end) >= 0x80,
      !DecodedScalar.at(end, in: window.base, count: window.count).isValid
    {
      end += 1
    }
    return end
  }

  /// Whether a digit, `#` or `*` at `offset` begins a keycap emoji.
  @inline(__always)
  func keycapEnd(_ offset: Int) -> Int? {
    guard offset + 6 < window.count, byte(offset + 1) == 0xEF else { return nil }
    let sequence: (UInt8, UInt8, UInt8, UInt8, UInt8) = (
      byte(offset + 2), byte(offset + 3), byte(offset + 4), byte(offset + 5), byte(offset + 6)
    )
    guard sequence == (0xB8, 0x8F, 0xE2, 0x83, 0xA3) else { return nil }
    return offset + 7
  }
}
