import JSON
import LanguageServerProtocol
import Platform

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

  /// The members of the whole value, if that is an object.
  var rootMembers: [Member]? {
    var members: [Member] = []
    guard let end = end(ofObjectAt: skippingSpace(0), { members.append($0) }),
      skippingSpace(end) == bytes.count
    else { return nil }
    return members
  }

  struct Member {
    /// Without its quotes.
    var key: Range<Int>
    var value: Range<Int>
  }

  /// The members of an object, in their order.
  func members(of object: Range<Int>) -> [Member]? {
    var members: [Member] = []
    return end(ofObjectAt: object.lowerBound) { members.append($0) } == object.upperBound ? members : nil
  }

  /// Reads an object whose end is not known yet.
  ///
  /// - Parameter body: takes the members in their order, also those before something that is wrong.
  /// - Returns: its end; nil if it is none.
  @inline(__always)
  func end(ofObjectAt start: Int, _ body: (Member) -> Void) -> Int? {
    end(at: start, UInt8(ascii: "{"), UInt8(ascii: "}")) { offset in
      guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\""), let end = stringEnd(offset) else {
        return nil
      }
      let colon = skippingSpace(end)
      guard colon < bytes.count, bytes[colon] == UInt8(ascii: ":"),
        let value = value(at: skippingSpace(colon + 1))
      else { return nil }
      body(Member(key: offset + 1..<end - 1, value: value))
      return value.upperBound
    }
  }

  /// The elements of an array, in their order.
  func elements(of array: Range<Int>) -> [Range<Int>]? {
    var elements: [Range<Int>] = []
    let end = end(ofArrayAt: array.lowerBound) { start in
      guard let value = value(at: start) else { return nil }
      elements.append(value)
      return value.upperBound
    }
    return end == array.upperBound ? elements : nil
  }

  /// Reads an array whose end is not known yet.
  ///
  /// - Parameter element: reads what begins at a place and returns its end; nil if it is not what it should be.
  /// - Returns: its end; nil if it is none.
  @inline(__always)
  func end(ofArrayAt start: Int, _ element: (Int) -> Int?) -> Int? {
    end(at: start, UInt8(ascii: "["), UInt8(ascii: "]"), element)
  }

  @inline(__always)
  private func end(at start: Int, _ first: UInt8, _ last: UInt8, _ part: (Int) -> Int?) -> Int? {
    guard start < bytes.count, bytes[start] == first else { return nil }
    var offset = skippingSpace(start + 1)
    if offset < bytes.count, bytes[offset] == last { return offset + 1 }
    while let end = part(offset) {
      offset = skippingSpace(end)
      guard offset < bytes.count else { return nil }
      if bytes[offset] == last { return offset + 1 }
      guard bytes[offset] == UInt8(ascii: ",") else { return nil }
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
    bytes.withUnsafeBufferPointer { Self.stringEnd($0, start) }
  }

  private static func stringEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    var offset = start + 1
    while offset < bytes.count {
      guard let found = memchr(base + offset, Int32(UInt8(ascii: "\"")), bytes.count - offset) else {
        return nil
      }
      let quote = UnsafeRawPointer(base).distance(to: found)
      // Behind an odd number of backslashes it is one of the string's own.
      var first = quote
      while first > offset, bytes[first - 1] == UInt8(ascii: "\\") { first -= 1 }
      offset = quote + 1
      if (quote - first) % 2 == 0 { return offset }
    }
    return nil
  }

  private func nestedEnd(_ start: Int) -> Int? {
    bytes.withUnsafeBufferPointer { bytes in
      var (offset, depth) = (start, 0)
      while offset < bytes.count {
        switch bytes[offset] {
        case UInt8(ascii: "\""):
          guard let end = Self.stringEnd(bytes, offset) else { return nil }
          offset = end
          continue
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          depth -= 1
          if depth == 0 { return offset + 1 }
        default: break
        }
        offset += 1
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
