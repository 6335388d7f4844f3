import JSON
import LanguageServerProtocol

/// Where values stand in the bytes of a JSON text: for changing some of them and leaving every other byte as it came.
///
/// Only what is looked at is checked; what is nested deeper may be no JSON at all. Everything is nil where the text is not what
/// was looked for.
struct JSONSpans: Sendable {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The whole value.
  var root: Range<Int>? {
    let start = skippingSpace(0)
    guard let range = value(at: start), skippingSpace(range.upperBound) == bytes.count else { return nil }
    return range
  }

  struct Member {
    /// Without its quotes.
    var key: Range<Int>
    var value: Range<Int>
  }

  /// The members of an object, in their order.
  func members(of object: Range<Int>) -> [Member]? {
    guard bytes[object.lowerBound] == UInt8(ascii: "{") else { return nil }
    var members: [Member] = []
    var offset = skippingSpace(object.lowerBound + 1)
    if offset == object.upperBound - 1 { return members }
    while offset < object.upperBound {
      guard bytes[offset] == UInt8(ascii: "\""), let key = value(at: offset) else { return nil }
      offset = skippingSpace(key.upperBound)
      guard offset < object.upperBound, bytes[offset] == UInt8(ascii: ":"),
        let value = value(at: skippingSpace(offset + 1))
      else { return nil }
      members.append(Member(key: key.lowerBound + 1..<key.upperBound - 1, value: value))
      offset = skippingSpace(value.upperBound)
      if offset == object.upperBound - 1 { return members }
      guard offset < object.upperBound, bytes[offset] == UInt8(ascii: ",") else { return nil }
      offset = skippingSpace(offset + 1)
    }
    return nil
  }

  /// The elements of an array, in their order.
  func elements(of array: Range<Int>) -> [Range<Int>]? {
    guard bytes[array.lowerBound] == UInt8(ascii: "[") else { return nil }
    var elements: [Range<Int>] = []
    var offset = skippingSpace(array.lowerBound + 1)
    if offset == array.upperBound - 1 { return elements }
    while offset < array.upperBound {
      guard let value = value(at: offset) else { return nil }
      elements.append(value)
      offset = skippingSpace(value.upperBound)
      if offset == array.upperBound - 1 { return elements }
      guard offset < array.upperBound, bytes[offset] == UInt8(ascii: ",") else { return nil }
      offset = skippingSpace(offset + 1)
    }
    return nil
  }

  /// The value of an object's member; the last of several with the same name, as readers of JSON have it.
  func member(_ name: StaticString, of object: Range<Int>) -> Range<Int>? {
    members(of: object)?.last { isKey($0.key, name) }?.value
  }

  func isKey(_ key: Range<Int>, _ name: StaticString) -> Bool {
    key.count == name.utf8CodeUnitCount
      && bytes[key].elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: key.count))
  }

  /// The string at a place.
  func string(_ range: Range<Int>?) -> String? {
    guard let range, bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
    let content = bytes[range.lowerBound + 1..<range.upperBound - 1]
    if !content.contains(UInt8(ascii: "\\")) { return String(validating: content, as: UTF8.self) }
    return json(range)?.stringValue
  }

  /// The value at a place, read whole.
  func json(_ range: Range<Int>?) -> JSON? {
    guard let range else { return nil }
    let array = [UInt8(ascii: "[")] + bytes[range] + [UInt8(ascii: "]")]
    return (try? JSON.parse(array, limits: IncomingMessage.limits))?[0]
  }

  /// The small whole number at a place.
  func integer(_ range: Range<Int>?) -> Int? {
    guard let range, range.count <= 9 else { return nil }
    return Int(String(decoding: bytes[range], as: UTF8.self))
  }

  /// The numbers of an array of whole numbers that are not negative; nil if it is anything else.
  func integers(of array: Range<Int>) -> [Int]? {
    guard bytes[array.lowerBound] == UInt8(ascii: "[") else { return nil }
    var numbers: [Int] = []
    numbers.reserveCapacity(array.count / 2)
    var offset = skippingSpace(array.lowerBound + 1)
    if offset == array.upperBound - 1 { return numbers }
    while offset < array.upperBound {
      let start = offset
      var number = 0
      while offset - start < 10, Self.isDigit(bytes[offset]) {
        number = 10 * number + Int(bytes[offset] - UInt8(ascii: "0"))
        offset += 1
      }
      guard offset > start else { return nil }
      numbers.append(number)
      offset = skippingSpace(offset)
      if offset == array.upperBound - 1 { return numbers }
      guard offset < array.upperBound, bytes[offset] == UInt8(ascii: ",") else { return nil }
      offset = skippingSpace(offset + 1)
    }
    return nil
  }

  func isLiteral(_ range: Range<Int>?, _ literal: StaticString) -> Bool {
    range.map { isKey($0, literal) } ?? false
  }

  // MARK: Scanning

  private func skippingSpace(_ offset: Int) -> Int {
    var offset = offset
    while offset < bytes.count, Self.isSpace(bytes[offset]) { offset += 1 }
    return offset
  }

  /// The value that begins at a place.
  private func value(at start: Int) -> Range<Int>? {
    guard start < bytes.count else { return nil }
    switch bytes[start] {
    case UInt8(ascii: "\""): return stringEnd(start).map { start..<$0 }
    case UInt8(ascii: "{"), UInt8(ascii: "["): return nestedEnd(start).map { start..<$0 }
    default:
      var end = start
      while end < bytes.count, Self.isLiteralByte(bytes[end]) { end += 1 }
      return end > start ? start..<end : nil
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isLiteralByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
      UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  /// Where a string ends, behind its quote.
  private func stringEnd(_ start: Int) -> Int? {
    bytes.withUnsafeBufferPointer { bytes in
      var offset = start + 1
      while offset < bytes.count {
        switch bytes[offset] {
        case UInt8(ascii: "\""): return offset + 1
        case UInt8(ascii: "\\"): offset += 2
        default: offset += 1
        }
      }
      return nil
    }
  }

  private func nestedEnd(_ start: Int) -> Int? {
    bytes.withUnsafeBufferPointer { bytes in
      var (offset, depth) = (start, 0)
      var isString = false
      while offset < bytes.count {
        let byte = bytes[offset]
        offset += 1
        if isString {
          if byte == UInt8(ascii: "\\") {
            offset += 1
          } else if byte == UInt8(ascii: "\"") {
            isString = false
          }
          continue
        }
        switch byte {
        case UInt8(ascii: "\""): isString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          depth -= 1
          if depth == 0 { return offset }
        default: break
        }
      }
      return nil
    }
  }
}

extension JSONSpans {
  /// The bytes of a part with some of them exchanged.
  ///
  /// - Parameter changes: in the order of the text, apart from each other.
  func bytes(of range: Range<Int>, changing changes: [(range: Range<Int>, new: [UInt8])]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(range.count + changes.reduce(0) { $0 + $1.new.count })
    var copied = range.lowerBound
    for (changed, new) in changes {
      result += bytes[copied..<changed.lowerBound]
      result += new
      copied = changed.upperBound
    }
    return result + bytes[copied..<range.upperBound]
  }

  /// The same with changes that are apart from each other in any order.
  func bytes(of range: Range<Int>, inAnyOrder changes: [(range: Range<Int>, new: [UInt8])]) -> [UInt8] {
    bytes(of: range, changing: changes.sorted { $0.range.lowerBound < $1.range.lowerBound })
  }
}
