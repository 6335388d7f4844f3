import Console
import JSON
import Platform

/// Requests as scripts send them: one object a line from standard input, one answer object a line out, until the end of the input.
///
/// A line that is no good request is answered by `{"error": …}` and the next one is read.
struct RequestLines {
  private static let lineLimit = 1 << 28

  /// Reads standard input to its end. Each answer is flushed before the next line is read.
  ///
  /// - Parameter members: what a request is answered with, beside its `id`.
  static func answerAll(_ members: (JSON) throws(Failure) -> JSONObject) throws(Failure) {
    var reader = LineReader(descriptor: STDIN_FILENO, limit: lineLimit)
    var isFirst = true
    while var line = try reader.next() {
      if isFirst, case .success(let bytes) = line, bytes.hasByteOrderMark {
        line = .success(Array(bytes.dropFirst(3)))
      }
      isFirst = false
      if case .success(let bytes) = line, bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
        continue
      }
      try Console.write(answer(line, members).serialized() + [10])
      try Console.flush()
    }
  }

  private static func answer(
    _ line: Result<[UInt8], Failure>, _ members: (JSON) throws(Failure) -> JSONObject
  ) -> JSON {
    var object = JSONObject()
    do throws(Failure) {
      let bytes = try line.get()
      let request: JSON
      do { request = try JSON.parse(bytes) } catch {
        throw Failure("request", why: "\(error)", remedy: "send one JSON object a line")
      }
      guard request.objectValue != nil else {
        throw Failure("request", why: "is \(request.kind)", remedy: "send one JSON object a line")
      }
      object["id"] = request["id"]
      for (key, value) in try members(request) { object[key] = value }
    } catch {
      object["id"] = object["id"] ?? .null
      object["error"] = ["what": JSON(error.what), "why": JSON(error.why), "remedy": JSON(error.remedy)]
    }
    return .object(object)
  }
}

/// The members of a request, each read once.
struct RequestMembers {
  private let request: JSON

  /// - Parameter known: the names of all that there are.
  /// - Throws: `Failure` naming a member that is none of them.
  init(_ request: JSON, known: [String]) throws(Failure) {
    self.request = request
    if let other = request.objectValue?.keys.first(where: { !known.contains($0) }) {
      throw Failure(other, why: "unknown member", remedy: "the members are \(known.joined(separator: ", "))")
    }
  }

  func string(_ key: String) throws(Failure) -> String? {
    guard let value = request[key], !value.isNull else { return nil }
    if let string = value.stringValue { return string }
    throw Failure(key, why: "expected a string, found \(value.kind)")
  }

  func bool(_ key: String) throws(Failure) -> Bool? {
    guard let value = request[key], !value.isNull else { return nil }
    if let bool = value.boolValue { return bool }
    throw Failure(key, why: "expected true or false, found \(value.kind)")
  }

  func integer(_ key: String, _ range: ClosedRange<Int>) throws(Failure) -> Int? {
    guard let value = request[key], !value.isNull else { return nil }
    // 3.0 is the number 3, and what some languages write for it.
    guard let number = value.integerValue ?? value.doubleValue.flatMap(Int.init(exactly:)) else {
      throw Failure(key, why: "expected an integer, found \(value.kind)")
    }
    guard range.contains(number) else {
      let upper = range.upperBound == .max ? "" : " and at most \(range.upperBound)"
      throw Failure(key, why: "is \(number)", remedy: "at least \(range.lowerBound)\(upper)")
    }
    return number
  }

  func strings(_ key: String, limit: Int) throws(Failure) -> [String]? {
    guard let value = request[key], !value.isNull else { return nil }
    guard let array = value.arrayValue else {
      throw Failure(key, why: "expected an array of strings, found \(value.kind)")
    }
    guard array.count <= limit else {
      throw Failure(key, why: "are \(array.count)", remedy: "send at most \(limit)")
    }
    return try array.map { element throws(Failure) in
      if let string = element.stringValue { return string }
      throw Failure(key, why: "expected strings, found \(element.kind)")
    }
  }

  /// The text that a request is about, by itself or in a file.
  func text(for purpose: String) throws(Failure) -> (bytes: [UInt8], path: String?) {
    let path = try string("path")
    if let text = try string("text") { return (Array(text.utf8), path) }
    guard let path else {
      throw Failure("request", why: "has neither text nor path", remedy: "say which text to \(purpose)")
    }
    return (try TextInput.text(ofFile: path), path)
  }
}
