import Privacy

/// A line with a secret in it.
struct SecretShape {
  var line: [UInt8] = []
  /// Where the secret is.
  var secret = 0..<0

  /// - Parameter text: see `SecretShapes`.
  init(_ text: String, _ generator: inout SeededGenerator) {
    var start = 0
    var pending = Substring(text)
    while let character = pending.popFirst() {
      switch character {
      case "⟦": start = line.count
      case "⟧": secret = start..<line.count
      case "§":
        let end = pending.firstIndex(of: "§")!
        let alphabet = Self.alphabets[pending.removeFirst()]!
        for _ in 0..<Int(pending[..<end])! { line.append(alphabet.randomElement(using: &generator)!) }
        pending = pending[end...].dropFirst()
      default: line += Array(String(character).utf8)
      }
    }
  }

  private static let alphabets: [Character: [UInt8]] = [
    "b": Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8),
    "h": Array("0123456789abcdef".utf8),
    "u": Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8),
    "c": Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8),
    "d": Array("0123456789".utf8),
  ]

  /// Whether every letter and digit of the secret is found.
  var isFound: Bool {
    let ranges = SecretDetector.ranges(in: line)
    return secret.allSatisfy { offset in
      let byte = line[offset]
      let isPart =
        byte >= 0x80 || Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
      return !isPart || ranges.contains { $0.contains(offset) }
    }
  }

  static func missed(of texts: [String]) -> [String] {
    var generator = SeededGenerator(11)
    return texts.compactMap { text in
      let shape = SecretShape(text, &generator)
      return shape.isFound ? nil : String(decoding: shape.line, as: UTF8.self)
    }
  }
}

struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
