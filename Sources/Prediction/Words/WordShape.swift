/// What a word looks like, for contexts in which the word itself is too rare to say anything.
enum WordShape: UInt32, CaseIterable {
  case text, number, dollar, underscore, backtick, capitalized, allCapitals, camelCase, snakeCase, short,
    lowercase
  case nonASCII, symbol, empty

  init(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else {
      self = .empty
      return
    }
    if first == UInt8(ascii: "'") || bytes.contains(UInt8(ascii: "\"")) {
      self = .text
      return
    }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self = .number
    case UInt8(ascii: "$"): self = .dollar
    case UInt8(ascii: "_"): self = .underscore
    case UInt8(ascii: "`"): self = .backtick
    case UInt8(ascii: "A")...UInt8(ascii: "Z"):
      self =
        bytes.contains { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") } ? .capitalized : .allCapitals
    case UInt8(ascii: "a")...UInt8(ascii: "z"):
      if bytes.contains(where: { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") }) {
        self = .camelCase
      } else if bytes.contains(UInt8(ascii: "_")) {
        self = .snakeCase
      } else {
        self = bytes.count < 3 ? .short : .lowercase
      }
    case 128...: self = .nonASCII
    default: self = .symbol
    }
  }
}
