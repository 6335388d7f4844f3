import CJansson

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
    let scan = try JSONScan(bytes, limits: limits)
    let outcome: Result<JSON, JSONError>
    if let shortened = scan.shortened {
      outcome = shortened.withUnsafeBytes { load($0, bytes, scan, limits) }
    } else {
      outcome = load(bytes, bytes, scan, limits)
    }
    return try outcome.get()
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
}

private func load(
  _ text: UnsafeRawBufferPointer, _ original: UnsafeRawBufferPointer, _ scan: JSONScan, _ limits: JSONLimits
) -> Result<JSON, JSONError> {
  guard let base = text.baseAddress, !text.isEmpty else {
    return .failure(.at(0, original, "the text is empty"))
  }
  var flags = Int(JSON_DECODE_ANY)
  if limits.duplicateKeys == .rejected { flags |= Int(JSON_REJECT_DUPLICATES) }
  if limits.allowsNUL { flags |= Int(JSON_ALLOW_NUL) }
  var error = json_error_t()
  let start = base.assumingMemoryBound(to: CChar.self)
  var root = json_loadb(start, text.count, flags, &error)
  if root == nil, limits.roundsLargeIntegers, json_error_code(&error) == json_error_numeric_overflow {
    root = json_loadb(start, text.count, flags | Int(JSON_DECODE_INT_AS_REAL), &error)
  }
  guard let root else {
    let reason = withUnsafePointer(to: &error.text) {
      $0.withMemoryRebound(to: CChar.self, capacity: Int(JSON_ERROR_TEXT_LENGTH)) { String(cString: $0) }
    }
    return .failure(.at(scan.originalOffset(Int(error.position)), original, reason))
  }
  defer { json_decref(root) }
  return .success(converted(root, scan.strings))
}

/// The Swift twin of a jansson value. It recurses no deeper than `JSONLimits.depth`.
private func converted(_ value: UnsafeMutablePointer<json_t>, _ strings: [String]) -> JSON {
  switch value.pointee.type {
  case JSON_TRUE: return .bool(true)
  case JSON_FALSE: return .bool(false)
  case JSON_INTEGER: return .integer(Int64(json_integer_value(value)))
  case JSON_REAL: return .double(json_real_value(value))
  case JSON_STRING: return .string(convertedString(value, strings))
  case JSON_ARRAY:
    let count = json_array_size(value)
    var array: [JSON] = []
    array.reserveCapacity(count)
    for index in 0..<count {
      guard let element = json_array_get(value, index) else { continue }
      array.append(converted(element, strings))
    }
    return .array(array)
  case JSON_OBJECT:
    var object = JSONObject()
    object.reserveCapacity(json_object_size(value))
    var iterator = json_object_iter(value)
    while let here = iterator {
      if let key = json_object_iter_key(here), let member = json_object_iter_value(here) {
        object[text(key, json_object_iter_key_len(here))] = converted(member, strings)
      }
      iterator = json_object_iter_next(value, here)
    }
    return .object(object)
  default: return .null
  }
}

private func convertedString(_ value: UnsafeMutablePointer<json_t>, _ strings: [String]) -> String {
  guard let bytes = json_string_value(value) else { return "" }
  let count = json_string_length(value)
  guard count > 0, bytes[0] == 1, let number = Int(text(bytes + 1, count - 1)),
    strings.indices.contains(number)
  else { return text(bytes, count) }
  return strings[number]
}

private func text(_ bytes: UnsafePointer<CChar>, _ count: Int) -> String {
  String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
}
