/// What texts are sequences of.
public enum TextUnits: String, Hashable, Sendable, CaseIterable {
  /// Unicode scalars in UTF-8, and single bytes where there are none.
  case character
  /// What white space sets apart; written again with single spaces.
  case word

  /// The units of a text, in their order.
  public func split(_ text: [UInt8]) -> [[UInt8]] {
    switch self {
    case .word:
      return text.split { $0 == 0x20 || (0x09...0x0D).contains($0) }.map(Array.init)
    case .character:
      var units: [[UInt8]] = []
      units.reserveCapacity(text.count)
      var start = 0
      while start < text.count {
        let lead = text[start]
        let length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1
        let isWhole =
          start + length <= text.count && (1..<length).allSatisfy { text[start + $0] & 0xC0 == 0x80 }
        let end = start + (isWhole ? length : 1)
        units.append(Array(text[start..<end]))
        start = end
      }
      return units
    }
  }

  /// The text of some units.
  public func join(_ units: [[UInt8]]) -> [UInt8] {
    switch self {
    case .character: units.flatMap { $0 }
    case .word: Array(units.joined(separator: [0x20]))
    }
  }
}
