import JSON
import LanguageServerProtocol

/// Where values stand in the bytes of a JSON text: for changing some of them and leaving every other byte as it came.
///
/// Only what is looked at is checked; what is nested deeper may be no JSON at all. Everything is nil where the text is not what
/// was looked for.
struct JSONSpans: Sendable {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Reads bytes without looking at bounds twice.
  func scanning<Result>(_ body: (JSONScanner) -> Result) -> Result {
    bytes.withUnsafeBufferPointer { body(JSONScanner(bytes: $0)) }
  }

  /// The whole value.
  var root: Range<Int>? {
    scanning { scanner in
      let start = scanner.skippingSpace(0)
      guard let end = scanner.valueEnd(start), scanner.skippingSpace(end) == bytes.count else { return nil }
      return start..<end
    }
  }

  /// The members of the object that is the whole text, in their order.
  var rootMembers: [Member]? {
    scanning { scanner in
      var members: [Member] = []
      let start = scanner.skippingSpace(0)
      guard let end = scanner.forEachMember(ofObjectAt: start, { members.append($0) }),
        scanner.skippingSpace(end) == bytes.count
      else { return nil }
      return members
    }
  }

  typealias Member = JSONScanner.Member

  /// The members of an object, in their order.
  func members(of object: Range<Int>) -> [Member]? {
    scanning { scanner in
      var members: [Member] = []
      let end = scanner.forEachMember(ofObjectAt: object.lowerBound) { members.append($0) }
      return end == object.upperBound ? members : nil
    }
  }

  /// The elements of an array, in their order.
  func elements(of array: Range<Int>) -> [Range<Int>]? {
    scanning { scanner in
      var elements: [Range<Int>] = []
      let end = scanner.forEachElement(ofArrayAt: array.lowerBound) { start in
        let end = scanner.valueEnd(start)
        if let end { elements.append(start..<end) }
        return end
      }
      return end == array.upperBound ? elements : nil
    }
  }

  /// The value of an object's member; the last of several with the same name, as readers of JSON have it.
  func member(_ name: StaticString, of object: Range<Int>) -> Range<Int>? {
    members(of: object)?.last { isKey($0.key, name) }?.value
  }

  func isKey(_ key: Range<Int>, _ name: StaticString) -> Bool {
    scanning { $0.isKey(key, name) }
  }

  /// The string at a place.
  func string(_ range: Range<Int>?) -> String? {
    guard let range, bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
    let plain = bytes.withUnsafeBufferPointer { bytes -> String?? in
      let content = UnsafeBufferPointer(rebasing: bytes[range.lowerBound + 1..<range.upperBound - 1])
      var (all, isEscaped): (UInt8, Bool) = (0, false)
      for byte in content {
        all |= byte
        isEscaped = isEscaped || byte == UInt8(ascii: "\\")
      }
      if isEscaped { return .none }
      // `String(validating:as:)` looks up its generic types at each call (Swift 6.3), which takes longer than most texts.
      if all < 0x80 { return .some(String(decoding: content, as: UTF8.self)) }
      return .some(String(validating: content, as: UTF8.self))
    }
    return plain ?? json(range)?.stringValue
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

  private func skippingSpace(_ offset: Int) -> Int { scanning { $0.skippingSpace(offset) } }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
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
