/// A delimiter, perhaps with a part that the opening one chooses and the closing one repeats.
///
/// Written in grammar files as text with at most one placeholder: `{#}` stands for any number of `#` (or of
/// another character), `{tag}` for a name.
struct DelimiterPattern: Hashable {
  enum Variable: Hashable {
    case none
    case repeated(UInt8)
    case tag
  }
  var prefix: [UInt8] = []
  var variable = Variable.none
  var suffix: [UInt8] = []

  var isEmpty: Bool { prefix.isEmpty && variable == .none }

  /// The bytes with which a match can begin.
  var firstBytes: [UInt8] {
    if let first = prefix.first { return [first] }
    if case .repeated(let byte) = variable { return [byte] + suffix.prefix(1) }
    return []
  }

  init(_ text: String) {
    let bytes = Array(text.utf8)
    guard let open = bytes.firstIndex(of: UInt8(ascii: "{")) else {
      prefix = bytes
      return
    }
    if bytes[open...].starts(with: "{tag}".utf8) {
      variable = .tag
      prefix = Array(bytes[..<open])
      suffix = Array(bytes[(open + 5)...])
    } else if open + 2 < bytes.count && bytes[open + 2] == UInt8(ascii: "}") {
      variable = .repeated(bytes[open + 1])
      prefix = Array(bytes[..<open])
      suffix = Array(bytes[(open + 3)...])
    } else {
      prefix = bytes
    }
  }
}

/// A `DelimiterPattern` for the lexer's inner loop: nothing in it is counted or freed.
struct CompiledPattern: BitwiseCopyable {
  enum Variable: UInt8 { case none, repeated, tag }

  /// The prefix, and the suffix behind it.
  var bytes: UnsafePointer<UInt8>
  var prefixCount: Int
  var suffixCount: Int
  var variable: Variable
  var repeated: UInt8

  /// Repetitions and lengths of tags that are recognised; within the lexer's lookahead.
  static let repetitionLimit = 64
  static let tagLimit = 64

  /// Matches as an opening delimiter at `offset`. -1 if it does not.
  @inline(__always)
  func endOfOpening(_ offset: Int, _ text: LexedWindow, parameter: inout UInt64) -> Int {
    var end = matchBytes(0, prefixCount, offset, text)
    if end < 0 { return -1 }
    switch variable {
    case .none: parameter = 0
    case .repeated:
      let start = end
      while end < text.count && end - start < Self.repetitionLimit && text.base[end] == repeated { end += 1 }
      parameter = UInt64(end - start)
    case .tag: end = tagEnd(end, text, hash: &parameter)
    }
    return matchBytes(prefixCount, suffixCount, end, text)
  }

  /// Matches with the variable part that `parameter` stands for. -1 if it does not.
  @inline(__always)
  func endOfMatch(_ offset: Int, _ text: LexedWindow, parameter: UInt64) -> Int {
    var end = matchBytes(0, prefixCount, offset, text)
    if end < 0 { return -1 }
    switch variable {
    case .none: return end
    case .repeated:
      let stop = end + Int(truncatingIfNeeded: parameter & 0xFF)
      while end < stop {
        guard end < text.count && text.base[end] == repeated else { return -1 }
        end += 1
      }
    case .tag:
      var hash: UInt64 = 0
      end = tagEnd(end, text, hash: &hash)
      if hash != parameter { return -1 }
    }
    return matchBytes(prefixCount, suffixCount, end, text)
  }

  @inline(__always)
  private func matchBytes(_ start: Int, _ length: Int, _ offset: Int, _ text: LexedWindow) -> Int {
    if offset + length > text.count { return -1 }
    var i = 0
    while i < length {
      if text.base[offset + i] != bytes[start + i] { return -1 }
      i += 1
    }
    return offset + length
  }

  private func tagEnd(_ offset: Int, _ text: LexedWindow, hash: inout UInt64) -> Int {
    var end = offset
    var value = TagHash()
    while end < text.count && end - offset < Self.tagLimit && TagHash.isTagByte(text.base[end]) {
      value.combine(text.base[end])
      end += 1
    }
    hash = value.value
    return end
  }
}

/// What a state remembers of the tag of a heredoc or raw string: FNV-1a in 64 bits.
struct TagHash {
  var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func combine(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }

  static func isTagByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      return true
    default: return false
    }
  }
}

/// The bytes that a lexer sees.
struct LexedWindow: BitwiseCopyable {
  var base: UnsafePointer<UInt8>
  var count: Int
}
