import Platform
import Privacy

/// A line with a secret in it.
struct SecretShape {
  var line: [UInt8] = []
  /// Where the secret is, or its parts are.
  var secrets: [Range<Int>] = []

  /// - Parameter text: see `SecretShapes`.
  init(_ text: String, _ generator: inout SplitMix64) {
    var start = 0
    var pending = Substring(text)
    while let character = pending.popFirst() {
      switch character {
      case "⟦": start = line.count
      case "⟧": secrets.append(start..<line.count)
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
    return secrets.joined().allSatisfy { offset in
      let byte = line[offset]
      let isPart =
        byte >= 0x80 || Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
      return !isPart || ranges.contains { $0.contains(offset) }
    }
  }

  static func missed(of texts: [String]) -> [String] {
    var generator = SplitMix64(seed: 11)
    return texts.compactMap { text in
      let shape = SecretShape(text, &generator)
      return shape.isFound ? nil : String(decoding: shape.line, as: UTF8.self)
    }
  }
}
