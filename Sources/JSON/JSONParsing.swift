import CJSONEvents

extension JSON {
  /// Reads one JSON value, of any kind, with nothing but white space around it. A byte order mark before it, which
  /// editors on Windows write, is passed over (RFC 8259, 8.1); places in errors count from behind it.
  ///
  /// - Throws: `JSONError.syntax` with line and column; also for invalid UTF-8, U+0000, integers beyond 64 bits,
  ///   reals beyond a double's range, and whatever goes beyond `limits`.
  package static func parse(
    _ bytes: UnsafeRawBufferPointer, limits: JSONLimits = .default
  ) throws(JSONError) -> JSON {
    let bytes =
      bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? UnsafeRawBufferPointer(rebasing: bytes[3...]) : bytes
    guard bytes.count <= min(limits.byteCount, Int(UInt32.max)) else {
      throw .syntax(
        reason: "the text is longer than \(min(limits.byteCount, Int(UInt32.max))) bytes", line: 1, column: 1,
        byteOffset: 0)
    }
    // Strings are decoded where they stand, in a copy.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 1)
    defer { copy.deallocate() }
    copy.copyMemory(from: bytes)
    copy[bytes.count] = 0
    let text = UnsafeMutableRawBufferPointer(rebasing: copy[..<bytes.count])
    if let lone = SurrogateHalves.replace(in: text, isAllowed: limits.replacesLoneSurrogates) {
      throw .at(lone, bytes, "half of a surrogate pair stands alone")
    }
    let read = inkling_json_read(
      copy.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count,
      inkling_json_limits(
        depth: limits.depth, value_count: limits.valueCount, allows_nul: limits.allowsNUL,
        rounds_large_integers: limits.roundsLargeIntegers))
    defer { inkling_json_free(read.events) }
    guard read.refusal == INKLING_JSON_ACCEPTED else {
      throw .at(read.offset, bytes, reason(read, limits))
    }
    var reader = JSONEventReader(
      UnsafeBufferPointer(start: read.events, count: read.count), text: UnsafeRawBufferPointer(text),
      rejectsDuplicateKeys: limits.duplicateKeys == .rejected)
    do throws(JSONEventReader.Refusal) { return try reader.value() } catch {
      throw .at(error.offset, bytes, error.reason)
    }
  }

  package static func parse(_ bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) -> JSON {
    let outcome: Result<JSON, JSONError> = bytes.withUnsafeBytes { buffer in
      do throws(JSONError) { return .success(try parse(buffer, limits: limits)) } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  package static func parse(_ text: String, limits: JSONLimits = .default) throws(JSONError) -> JSON {
    try parse(Array(text.utf8), limits: limits)
  }

  private static func reason(_ read: inkling_json_result, _ limits: JSONLimits) -> String {
    switch read.refusal {
    case INKLING_JSON_TOO_DEEP: return "arrays and objects are nested deeper than \(limits.depth)"
    case INKLING_JSON_TOO_MANY_VALUES: return "there are more than \(limits.valueCount) values"
    case INKLING_JSON_INTEGER_TOO_LARGE: return "an integer has more than 64 bits"
    case INKLING_JSON_REAL_TOO_LARGE: return "a number is too large for a double"
    case INKLING_JSON_NUL: return "there is a NUL character"
    case INKLING_JSON_OUT_OF_MEMORY: return "there is not enough memory"
    default:
      // RapidJSON says it in a sentence.
      let reason = String(cString: read.reason)
      return reason.prefix(1).lowercased() + reason.dropFirst().prefix { $0 != "." }
    }
  }
}

/// Makes values of what was read.
private struct JSONEventReader {
  /// What only shows when values are made.
  struct Refusal: Error {
    var offset: Int
    var reason: String
  }

  private let events: UnsafeBufferPointer<inkling_json_event>
  private let text: UnsafeRawBufferPointer
  private let rejectsDuplicateKeys: Bool
  private var place = 0
  /// By depth the last object, for the objects of a list have the same members.
  private var examples: [Example] = []
  private var depth = 0

  private struct Example {
    var object = JSONObject()
    /// The events of its keys, no two of which are the same.
    var keys: [Int] = []
  }

  init(
    _ events: UnsafeBufferPointer<inkling_json_event>, text: UnsafeRawBufferPointer,
    rejectsDuplicateKeys: Bool
  ) {
    self.events = events
    self.text = text
    self.rejectsDuplicateKeys = rejectsDuplicateKeys
  }

  /// The next value. It recurses no deeper than `JSONLimits.depth`.
  mutating func value() throws(Refusal) -> JSON {
    let event = events[place]
    place += 1
    switch Int(event.kind) {
    case Int(INKLING_JSON_FALSE.rawValue): return .bool(false)
    case Int(INKLING_JSON_TRUE.rawValue): return .bool(true)
    case Int(INKLING_JSON_INTEGER.rawValue): return .integer(event.value.integer)
    case Int(INKLING_JSON_DOUBLE.rawValue): return .double(event.value.number)
    case Int(INKLING_JSON_STRING.rawValue): return .string(try string(event))
    case Int(INKLING_JSON_ARRAY.rawValue):
      var array: [JSON] = []
      array.reserveCapacity(Int(event.count))
      for _ in 0..<event.count { array.append(try value()) }
      return .array(array)
    case Int(INKLING_JSON_OBJECT.rawValue): return .object(try object(Int(event.count)))
    default: return .null
    }
  }

  /// The members of an object, as long as its keys are those of the object before it without a look at their strings.
  private mutating func object(_ count: Int) throws(Refusal) -> JSONObject {
    if depth == examples.count { examples.append(Example()) }
    let example = examples[depth]
    depth += 1
    defer { depth -= 1 }
    var values: [JSON] = []
    values.reserveCapacity(count)
    var keys: [Int] = []
    if example.keys.count == count {
      for key in example.keys {
        guard areEqual(events[key], events[place]) else { break }
        place += 1
        values.append(try value())
      }
      if values.count == count { return JSONObject(withKeysOf: example.object, values: values) }
      keys = Array(example.keys[..<values.count])
    }
    keys.reserveCapacity(count)
    var object = JSONObject(withKeysOf: example.object, firstValues: values, capacity: count)
    for _ in values.count..<count {
      let name = events[place]
      keys.append(place)
      place += 1
      let key = try string(name)
      if !object.insert(try value(), for: key), rejectsDuplicateKeys {
        throw Refusal(offset: Int(name.value.offset), reason: "\"\(key)\" is there twice")
      }
    }
    if object.count == count { examples[depth - 1] = Example(object: object, keys: keys) }
    return object
  }

  private func areEqual(_ a: inkling_json_event, _ b: inkling_json_event) -> Bool {
    a.count == b.count && bytes(a).elementsEqual(bytes(b))
  }

  @inline(__always)
  private func bytes(_ event: inkling_json_event) -> UnsafeRawBufferPointer {
    let start = Int(event.value.offset)
    return UnsafeRawBufferPointer(rebasing: text[start..<start + Int(event.count)])
  }

  private func string(_ event: inkling_json_event) throws(Refusal) -> String {
    let bytes = bytes(event)
    if let string = String(validating: bytes, as: UTF8.self) { return string }
    // Where what is no UTF-8 is mended.
    let place = zip(bytes, String(decoding: bytes, as: UTF8.self).utf8).prefix { $0 == $1 }.count
    let byte = String(bytes[min(place, bytes.count - 1)], radix: 16)
    // The string's beginning: what stands behind an escape is in another place now.
    throw Refusal(offset: Int(event.value.offset), reason: "0x\(byte) is not UTF-8")
  }
}
