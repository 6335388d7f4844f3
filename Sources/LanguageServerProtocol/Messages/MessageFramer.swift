/// Cuts a stream of bytes into messages (LSP 3.17, "Base Protocol"): headers, an empty line, content.
///
/// Bytes may come in pieces of any size. Header names count in any case, a lone `\n` ends a line as well as
/// `\r\n`. What is not a header, or a header without a usable `Content-Length`, is reported once; then everything
/// up to the next `Content-Length` is skipped. A `Content-Length` line inside what should be content shows that
/// the content was shorter than announced, since JSON cannot hold one: the content ends there.
package struct MessageFramer: Sendable {
  package enum Frame: Hashable, Sendable {
    case message([UInt8])
    case malformed(reason: String)
  }

  /// The longest content accepted, in bytes.
  private let contentLimit: Int
  private static let headerLimit = 4096

  private var buffer: [UInt8] = []
  /// What is before this was consumed.
  private var start = 0
  /// What is before this holds no line end still to be looked at.
  private var scanned = 0
  private var phase = Phase.header
  /// Bytes that are in the buffer no more.
  private var droppedCount = 0

  /// How many of all bytes so far belong to what `next` has returned or passed over, a header whose content is awaited included.
  package var consumedByteCount: Int { droppedCount + start }

  /// Whether a header was read and its content was not.
  package var awaitsContent: Bool {
    if case .content = phase { true } else { false }
  }

  private enum Phase: Sendable {
    case header
    case content(count: Int)
    case skipping
  }

  package init(contentLimit: Int = 128 << 20) { self.contentLimit = contentLimit }

  package mutating func append(_ bytes: [UInt8]) {
    if start == buffer.count && buffer.capacity > 1 << 20 {
      // A large document came in; its room is not kept for the keystrokes that follow.
      droppedCount += start
      buffer = []
      scanned = 0
      start = 0
    } else if start > 0 && start >= buffer.count / 2 {
      droppedCount += start
      buffer.removeFirst(start)
      scanned -= start
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The next message, or what went wrong; nil until more bytes come.
  package mutating func next() -> Frame? {
    while true {
      switch phase {
      case .header:
        switch readHeader() {
        case .incomplete: return nil
        case .content(let count): enter(.content(count: count))
        case .malformed(let reason):
          enter(.skipping)
          return .malformed(reason: reason)
        }
      case .content(let count): return readContent(count)
      case .skipping:
        guard skipToHeader() else { return nil }
        enter(.header)
      }
    }
  }

  private mutating func enter(_ next: Phase) {
    phase = next
    scanned = start
  }

  private enum Header {
    case incomplete
    case content(Int)
    case malformed(String)
  }

  private mutating func readHeader() -> Header {
    var contentCount: Int?
    var lineStart = start
    while true {
      let searchEnd = min(buffer.count, start + Self.headerLimit)
      guard let lineEnd = buffer[min(lineStart, searchEnd)..<searchEnd].firstIndex(of: UInt8(ascii: "\n"))
      else {
        if buffer.count - start >= Self.headerLimit { return .malformed("a header is too long") }
        // Without waiting for a line end that may not come: no header's name looks like this.
        if let byte = buffer[lineStart...].first, !Self.startsHeader(byte) {
          return .malformed("what is not a header is where one should begin")
        }
        return .incomplete
      }
      var line = buffer[lineStart..<lineEnd]
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      lineStart = lineEnd + 1
      if line.isEmpty {
        guard let contentCount else {
          // Empty lines between messages are nobody's harm.
          if lineEnd - start <= 1 {
            start = lineStart
            continue
          }
          return .malformed("the header has no Content-Length")
        }
        start = lineStart
        return .content(contentCount)
      }
      switch Self.field(line) {
      case .contentLength(let text):
        guard let count = Self.decimal(text) else {
          return .malformed("Content-Length is \(Self.quoted(text)), not a number of bytes")
        }
        guard count <= contentLimit else { return .malformed("Content-Length is more than \(contentLimit)") }
        contentCount = count
      case .other: break
      case .none: return .malformed("\(Self.quoted(line)) is not a header")
      }
    }
  }

  private mutating func readContent(_ count: Int) -> Frame? {
    let end = start + count
    if let early = earlyHeader(before: min(end, buffer.count)) {
      let reason = "the content is shorter than its Content-Length of \(count)"
      start = early
      enter(.header)
      return .malformed(reason: reason)
    }
    guard buffer.count >= end else { return nil }
    let content = Array(buffer[start..<end])
    start = end
    enter(.header)
    return .message(content)
  }

  /// Where a line of content that is a `Content-Length` header begins, if one has come in so far.
  private mutating func earlyHeader(before end: Int) -> Int? {
    while scanned < end {
      guard let lineEnd = buffer[scanned..<end].firstIndex(of: UInt8(ascii: "\n")) else {
        scanned = end
        return nil
      }
      if let header = headerStart(endingAt: lineEnd) { return header }
      scanned = lineEnd + 1
    }
    return nil
  }

  /// Looks for `Content-Length: digits` right before a line end.
  private func headerStart(endingAt lineEnd: Int) -> Int? {
    var offset = lineEnd
    func previous() -> UInt8? { offset > start ? buffer[offset - 1] : nil }
    if previous() == UInt8(ascii: "\r") { offset -= 1 }
    let digitsEnd = offset
    while let byte = previous(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset -= 1 }
    guard offset < digitsEnd else { return nil }
    while let byte = previous(), byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { offset -= 1 }
    guard previous() == UInt8(ascii: ":") else { return nil }
    let nameStart = offset - 1 - Self.lengthName.count
    guard nameStart >= start, Self.isLengthName(buffer[nameStart..<offset - 1]) else { return nil }
    return nameStart
  }

  /// Passes over what is no message; true once `Content-Length:` is next.
  private mutating func skipToHeader() -> Bool {
    let needed = Self.lengthName.count + 1
    var offset = max(start, scanned)
    // The refused header itself begins at `start`; look behind it.
    if offset == start { offset += 1 }
    while offset + needed <= buffer.count {
      if buffer[offset] | 0x20 == UInt8(ascii: "c"), buffer[offset + needed - 1] == UInt8(ascii: ":"),
        Self.isLengthName(buffer[offset..<offset + needed - 1])
      {
        start = offset
        return true
      }
      offset += 1
    }
    scanned = max(offset, start)
    // Keep what may be the beginning of a name, and the byte before it for the rule above.
    start = max(start, min(scanned - 1, buffer.count))
    return false
  }

  private enum Field {
    case contentLength(ArraySlice<UInt8>)
    case other
    case none
  }

  private static let lengthName = Array("content-length".utf8)

  private static func isLengthName(_ name: ArraySlice<UInt8>) -> Bool {
    name.count == lengthName.count && name.lazy.map { $0 | 0x20 }.elementsEqual(lengthName.map { $0 | 0x20 })
  }

  private static func startsHeader(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "\r")
  }

  private static func field(_ line: ArraySlice<UInt8>) -> Field {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), let first = line.first, startsHeader(first)
    else {
      return .none
    }
    let name = line[..<colon]
    guard name.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return .none }
    return isLengthName(name) ? .contentLength(line[(colon + 1)...]) : .other
  }

  /// A number of digits and nothing else, spaces around it aside.
  private static func decimal(_ text: ArraySlice<UInt8>) -> Int? {
    func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var digits = text
    while let first = digits.first, isSpace(first) { digits.removeFirst() }
    while let last = digits.last, isSpace(last) { digits.removeLast() }
    guard !digits.isEmpty else { return nil }
    var number = 0
    for byte in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      // Eighteen digits are more than any limit.
      number = number < 100_000_000_000_000_000 ? 10 * number + Int(byte & 15) : .max
    }
    return number
  }

  private static func quoted(_ text: ArraySlice<UInt8>) -> String {
    "“" + String(decoding: text.prefix(40), as: UTF8.self) + (text.count > 40 ? "…" : "") + "”"
  }
}

extension MessageFramer {
  /// A message with its header, ready to be written.
  package static func frame(_ content: [UInt8]) -> [UInt8] {
    var message = Array("Content-Length: \(content.count)\r\n\r\n".utf8)
    message.append(contentsOf: content)
    return message
  }
}
