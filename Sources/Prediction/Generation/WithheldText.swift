import Privacy

/// What no text that is written may hold beyond its prompt: what looks like a secret, and words that were forgotten on request.
struct WithheldText {
  let forgotten: ForgottenWords
  let promptByteCount: Int

  /// A secret is told by its line and some before it; so far back is looked.
  static let lineReach = SecretDetector.linesBefore + SecretDetector.linesBehind + 1
  static let byteReach = 1 << 12

  /// Where to begin to look in a text.
  ///
  /// - Parameter byte: gives the byte at an offset.
  static func start(inTextOf byteCount: Int, _ byte: (Int) -> UInt8) -> Int {
    var lines = 0
    var start = byteCount
    while start > 0 && byteCount - start < byteReach {
      if byte(start - 1) == 0x0A {
        lines += 1
        if lines > lineReach { break }
      }
      start -= 1
    }
    return start
  }

  /// Whether the end of a text holds what must not be written.
  ///
  /// - Parameters:
  ///   - tail: the text from `start(inTextOf:)` on.
  ///   - start: where it begins in the text.
  func isHeld(by tail: [UInt8], from start: Int) -> Bool {
    // As it will be judged once the line is over.
    if SecretDetector.ranges(in: tail + [0x0A]).contains(where: { $0.upperBound + start > promptByteCount }) {
      return true
    }
    guard !forgotten.isEmpty else { return false }
    let run = tail.reversed().prefix { $0 > 0x20 }.reversed()
    let word = run.reversed().prefix { Self.isWordByte($0) }.reversed()
    return [Array(run), Array(word)].contains { word in
      !word.isEmpty && word.withUnsafeBytes { forgotten.contains($0) }
    }
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), 128...:
      true
    default: false
    }
  }
}
