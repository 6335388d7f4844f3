/// Cuts a stream of bytes into messages that can be handed on as they came: every byte belongs to exactly one piece, whatever is
/// wrong with it.
package struct FrameSplitter: Sendable {
  /// Some bytes of the stream.
  package struct Piece: Hashable, Sendable {
    /// All of them, as they came.
    package var bytes: [UInt8]
    /// The content of the message that they end with; nil where they are none.
    package var content: [UInt8]?
  }

  private var framer: MessageFramer
  private var pending: [UInt8] = []
  /// What is before this in `pending` was handed on.
  private var start = 0
  private var handedOnCount = 0

  package init(contentLimit: Int = 128 << 20) { framer = MessageFramer(contentLimit: contentLimit) }

  package mutating func append(_ bytes: [UInt8]) {
    framer.append(bytes)
    if start == pending.count {
      // A large document's room is not kept for the keystrokes that follow.
      pending = []
      start = 0
    }
    pending.append(contentsOf: bytes)
  }

  /// The next piece; nil until more bytes come.
  package mutating func next() -> Piece? {
    while true {
      let frame = framer.next()
      if frame == nil, framer.awaitsContent { return nil }
      let bytes = take(framer.consumedByteCount - handedOnCount)
      switch frame {
      case .message(let content): return Piece(bytes: bytes, content: content)
      case nil, .malformed: if !bytes.isEmpty { return Piece(bytes: bytes, content: nil) }
      }
      if frame == nil { return nil }
    }
  }

  /// What is left when no more bytes come.
  package mutating func rest() -> [UInt8] { take(pending.count - start) }

  private mutating func take(_ count: Int) -> [UInt8] {
    let bytes = Array(pending[start..<start + count])
    start += count
    handedOnCount += count
    if start >= 1 << 16, start >= pending.count - start {
      pending.removeSubrange(..<start)
      start = 0
    }
    return bytes
  }
}
