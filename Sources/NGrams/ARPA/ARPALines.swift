import Platform

/// The lines of an ARPA file with their fields, read through a buffer, so that files of any length can be read.
struct ARPALines: ~Copyable {
  let path: String
  private let descriptor: Int32
  private var buffer: [UInt8]
  private var begin = 0
  private var end = 0
  private var isAtEnd = false
  /// Where the current line begins in the buffer, and its length without the line end.
  private var lineBegin = 0
  private var lineCount = 0
  /// The number of the current line, from 1.
  private(set) var number = 0

  init(path: String) throws(Failure) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    buffer = [UInt8](repeating: 0, count: 1 << 18)
    guard descriptor >= 0 else { throw Failure.system(path, doing: "open") }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Moves to the next line.
  ///
  /// - Returns: false at the end of the file.
  mutating func advance() throws(Failure) -> Bool {
    var searched = begin
    while true {
      if let place = newline(from: searched) {
        lineBegin = begin
        lineCount = place - begin
        begin = place + 1
        break
      }
      if isAtEnd {
        guard begin < end else { return false }
        lineBegin = begin
        lineCount = end - begin
        begin = end
        break
      }
      searched = end - begin
      try fill()
      searched += begin
    }
    if lineCount > 0 && buffer[lineBegin + lineCount - 1] == 0x0D { lineCount -= 1 }
    if number == 0, buffer[lineBegin..<lineBegin + lineCount].hasByteOrderMark {
      lineBegin += 3
      lineCount -= 3
    }
    number += 1
    return true
  }

  private func newline(from place: Int) -> Int? {
    guard place < end else { return nil }
    return buffer.withUnsafeBytes { bytes in
      memchr(bytes.baseAddress! + place, 0x0A, end - place).map { UnsafeRawPointer($0) - bytes.baseAddress! }
    }
  }

  private mutating func fill() throws(Failure) {
    let rest = end - begin
    buffer.withUnsafeMutableBytes { [begin] bytes in
      _ = memmove(bytes.baseAddress!, bytes.baseAddress! + begin, rest)
    }
    end = rest
    begin = 0
    if end == buffer.count {
      guard buffer.count < 1 << 26 else { throw failure("is too long", "check that this is an ARPA file") }
      buffer += [UInt8](repeating: 0, count: buffer.count)
    }
    let count = buffer.withUnsafeMutableBytes { [end] bytes -> Int in
      while true {
        let count = read(descriptor, bytes.baseAddress! + end, bytes.count - end)
        if count >= 0 || errno != EINTR { return count }
      }
    }
    guard count >= 0 else { throw Failure.system(path, doing: "read") }
    if count == 0 { isAtEnd = true }
    self.end += count
  }

  var isBlank: Bool { fieldRange(after: 0).isEmpty }

  /// The current line as text.
  var text: String { String(decoding: buffer[lineBegin..<lineBegin + lineCount], as: UTF8.self) }

  /// The next field from `offset` on in the line; empty if there is none. Fields are separated by tabs and spaces.
  func fieldRange(after offset: Int) -> Range<Int> {
    var low = offset
    while low < lineCount && isSeparator(buffer[lineBegin + low]) { low += 1 }
    var high = low
    while high < lineCount && !isSeparator(buffer[lineBegin + high]) { high += 1 }
    return low..<high
  }

  private func isSeparator(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// The bytes of a field.
  func bytes(_ range: Range<Int>) -> ArraySlice<UInt8> {
    buffer[lineBegin + range.lowerBound..<lineBegin + range.upperBound]
  }

  /// What is wrong with the current line.
  func failure(_ why: String, _ remedy: String = "correct the line, or write the file again") -> Failure {
    Failure("\(path):\(number)", why: why, remedy: remedy)
  }

  /// A decimal number, as ARPA files have them; nil if the field is none.
  func number(_ range: Range<Int>) -> Double? { Decimal.parse(bytes(range)) }
}

/// Decimal numbers.
enum Decimal {
  private static let powers: [Double] = (0...22).map { pow(10, Double($0)) }

  /// An optional sign, digits with an optional point, an optional exponent; or "inf", "-inf". Not "nan".
  static func parse(_ text: ArraySlice<UInt8>) -> Double? {
    var rest = text
    var isNegative = false
    if let sign = rest.first, sign == 0x2D || sign == 0x2B {
      isNegative = sign == 0x2D
      rest.removeFirst()
    }
    if rest.elementsEqual("inf".utf8) { return isNegative ? -.infinity : .infinity }
    var mantissa: UInt64 = 0
    var exponent = 0
    var digits = 0
    var hasPoint = false
    while let byte = rest.first {
      if byte == 0x2E && !hasPoint {
        hasPoint = true
      } else if byte >= 0x30 && byte <= 0x39 {
        digits += 1
        // More than 18 digits change nothing that a float could hold.
        if mantissa < 100_000_000_000_000_000 {
          mantissa = mantissa * 10 + UInt64(byte - 0x30)
          if hasPoint { exponent -= 1 }
        } else if !hasPoint {
          exponent += 1
        }
      } else {
        break
      }
      rest.removeFirst()
    }
    guard digits > 0 else { return nil }
    if let byte = rest.first {
      guard byte | 0x20 == 0x65, let written = parseExponent(rest.dropFirst()) else { return nil }
      exponent += written
    }
    let value = scaled(Double(mantissa), exponent)
    return isNegative ? -value : value
  }

  private static func parseExponent(_ text: ArraySlice<UInt8>) -> Int? {
    var rest = text
    var isNegative = false
    if let sign = rest.first, sign == 0x2D || sign == 0x2B {
      isNegative = sign == 0x2D
      rest.removeFirst()
    }
    guard !rest.isEmpty else { return nil }
    var value = 0
    for byte in rest {
      guard byte >= 0x30 && byte <= 0x39 else { return nil }
      value = min(value * 10 + Int(byte - 0x30), 10_000)
    }
    return isNegative ? -value : value
  }

  private static func scaled(_ value: Double, _ exponent: Int) -> Double {
    if value == 0 { return 0 }
    if exponent < -22 || exponent > 22 { return value * pow(10, Double(exponent)) }
    return exponent < 0 ? value / powers[-exponent] : value * powers[exponent]
  }
}
