/// Numbers of bank accounts and payment cards, by their check digits.
enum AccountNumbers {
  /// The lengths of international bank account numbers, by country; ISO 13616.
  private static let ibanLengths: [String: Int] = [
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22,
    "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
  ]

  /// Whether a card's number may begin with a digit.
  static func mayBeCard(_ digit: UInt8) -> Bool { digit >= UInt8(ascii: "2") && digit <= UInt8(ascii: "6") }

  /// The account's or card's number that begins at `start`.
  static func number(at start: Int, _ line: SecretLine) -> Range<Int>? {
    isDigit(line[start]) ? card(start, line) : iban(start, line)
  }

  /// Letters and digits, with single blanks or dashes between; nil if there are more than `limit`.
  private static func characters(_ start: Int, _ line: SecretLine, limit: Int, where isPart: (UInt8) -> Bool)
    -> [(byte: UInt8, end: Int)]
  {
    var found: [(UInt8, Int)] = []
    var offset = start
    while found.count < limit {
      if isPart(line[offset]) {
        found.append((line[offset], offset + 1))
        offset += 1
      } else if offset > start, isBlank(line[offset]) || line[offset] == UInt8(ascii: "-"),
        isPart(line[offset + 1])
      {
        offset += 1
      } else {
        break
      }
    }
    return found
  }

  private static func iban(_ start: Int, _ line: SecretLine) -> Range<Int>? {
    let country = String(decoding: [line[start] & 0xDF, line[start + 1] & 0xDF], as: UTF8.self)
    guard let length = ibanLengths[country] else { return nil }
    let characters = characters(start, line, limit: length, where: isAlphanumeric)
    guard characters.count == length, let end = characters.last?.end, !isAlphanumeric(line[end]) else {
      return nil
    }
    var remainder = 0
    for index in 0..<length {
      let byte = characters[(index + 4) % length].byte
      remainder =
        isDigit(byte)
        ? (remainder * 10 + Int(byte) - 48) % 97 : (remainder * 100 + Int(byte & 0xDF) - 55) % 97
    }
    return remainder == 1 ? start..<end : nil
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6
  }

  private static func card(_ start: Int, _ line: SecretLine) -> Range<Int>? {
    let before = line[start - 1]
    if before == UInt8(ascii: ".") || before == UInt8(ascii: "-") { return nil }
    let characters = characters(start, line, limit: 20, where: isDigit)
    guard characters.count >= 14 else { return nil }
    let digits = characters.map { Int($0.byte) - 48 }
    let prefix = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3]
    let length: Int
    switch prefix {
    case 3400..<3500, 3700..<3800: length = 15
    case 3000..<3060, 3600..<3700, 3800..<3900: length = 14
    case 3528..<3590, 4000..<5000, 5100..<5600, 2221..<2721, 6011, 6200..<6300, 6440..<6600: length = 16
    default: return nil
    }
    guard digits.count >= length else { return nil }
    // Behind a blank another number may follow.
    let end = characters[length - 1].end
    guard !isNameByte(line[end]), line[end] != UInt8(ascii: ".") || !isDigit(line[end + 1]) else {
      return nil
    }
    // Groups of four digits before or behind as well: a table.
    if isBlank(line[start + 4]),
      isBlank(before) && isDigit(line[start - 2]) && isHexadecimal(line[start - 3])
        || isBlank(line[end])
          && (0..<9).allSatisfy({ $0 == 4 ? isBlank(line[end + 5]) : isHexadecimal(line[end + 1 + $0]) })
    {
      return nil
    }
    var sum = 0
    for (index, digit) in digits[..<length].reversed().enumerated() {
      sum += index % 2 == 0 ? digit : digit * 2 > 9 ? digit * 2 - 9 : digit * 2
    }
    return sum % 10 == 0 && Set(digits[..<length]).count > 1 ? start..<end : nil
  }
}
