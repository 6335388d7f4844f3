/// Where in a text's structure a lexer is between two tokens: inside which string, comment, interpolation, and
/// how deep the lines are indented.
///
/// A small value: the index of a frame in a `LexerStateTable` (equal indices mean equal stacks of frames) and
/// whether the last token was an operand.
struct LexerState: Hashable, BitwiseCopyable {
  var rawValue: UInt32

  init(frame: UInt32, isAfterOperand: Bool) { rawValue = frame << 1 | (isAfterOperand ? 1 : 0) }
  init(rawValue: UInt32) { self.rawValue = rawValue }

  static var initial: LexerState { LexerState(rawValue: 0) }
  var frame: UInt32 { rawValue >> 1 }
  var isAfterOperand: Bool { rawValue & 1 != 0 }
}

/// One level of a state: what was opened and not closed yet.
struct LexerFrame: BitwiseCopyable {
  enum Kind: UInt8 {
    case rootCode, rootProse
    /// A level of indentation; the parameter is its width in columns.
    case indent
    /// Code within a string; the parameter is the interpolation's index.
    case interpolation
    /// A bracket within an interpolation.
    case bracket
    /// Code within prose.
    case embeddedCode
    /// A heredoc that begins at the next line; the parameter is the hash of its tag.
    case heredocPending
    case heredocBody
    /// A string or comment; the parameter is the variable part of its delimiter.
    case text

    var isText: Bool { self == .text || self == .heredocBody || self == .rootProse }
    /// Whether a bracket that opens must be counted until it closes.
    var countsBrackets: Bool { self == .interpolation || self == .bracket || self == .embeddedCode }
  }

  var parameter: UInt64
  var parent: UInt32
  /// The frame that a line's end goes back to: this one, or what is around an unfinished single-line string.
  var lineEndFrame: UInt32
  var firstChild: UInt32 = 0
  var nextSibling: UInt32 = 0
  var depth: UInt16
  var region: UInt16
  var kind: Kind
}

/// All stacks of frames that occurred in a text, each once, so that a state is one number.
struct LexerStateTable {
  /// Frames nested deeper are not opened, so that hostile text costs bounded memory.
  static let depthLimit = 250

  private(set) var frames: [LexerFrame]

  /// A table that holds nothing, not even the root: what is left where one was taken away.
  init() { frames = [] }

  init(isProse: Bool) {
    frames = [
      LexerFrame(
        parameter: 0, parent: 0, lineEndFrame: 0, depth: 0, region: 0,
        kind: isProse ? .rootProse : .rootCode)
    ]
    frames.reserveCapacity(16)
  }

  var count: Int { frames.count }

  subscript(frame: UInt32) -> LexerFrame { frames[Int(frame)] }

  /// The stack `parent` with one frame more; `parent` itself where the stack is as deep as it may be.
  ///
  /// - Parameter endsAtLineEnd: whether the end of the line closes the frame, finished or not.
  mutating func push(
    _ kind: LexerFrame.Kind, region: UInt16, parameter: UInt64, onto parent: UInt32, endsAtLineEnd: Bool
  ) -> UInt32 {
    let above = frames[Int(parent)]
    if Int(above.depth) >= Self.depthLimit { return parent }
    var child = above.firstChild
    while child != 0 {
      let frame = frames[Int(child)]
      if frame.kind == kind && frame.region == region && frame.parameter == parameter { return child }
      child = frame.nextSibling
    }
    let index = UInt32(frames.count)
    let lineEndFrame: UInt32
    if endsAtLineEnd || (kind.countsBrackets && above.lineEndFrame != parent) {
      lineEndFrame = above.lineEndFrame
    } else {
      lineEndFrame = index
    }
    frames.append(
      LexerFrame(
        parameter: parameter, parent: parent, lineEndFrame: lineEndFrame, nextSibling: above.firstChild,
        depth: above.depth + 1, region: region, kind: kind))
    frames[Int(parent)].firstChild = index
    return index
  }
}
