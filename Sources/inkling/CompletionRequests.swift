import Console
import Corpora
import JSON
import Lexing
import Platform
import Prediction

/// `inkling complete --jsonl`: one request object a line in, one answer object a line out, until the end of the input.
///
/// A line that is no good request is answered by `{"error": …}` and the next one is read.
struct CompletionRequests {
  private static let lineLimit = 1 << 28

  let library: GrammarLibrary
  let language: String?
  let top: Int
  private var models: ModelCache
  private var documents = KeptDocuments()

  init(library: GrammarLibrary, options: ModelOptions, language: String?, top: Int) {
    self.library = library
    self.language = language
    self.top = top
    models = ModelCache(options)
  }

  /// Reads standard input to its end. Each answer is flushed before the next line is read.
  mutating func answerAll() throws(Failure) {
    // A model that is named and cannot be opened is an error now, not once a request.
    if models.options.model != nil { _ = try models.model(near: nil) }
    var reader = LineReader(descriptor: STDIN_FILENO, limit: Self.lineLimit)
    var isFirst = true
    while var line = try reader.next() {
      if isFirst, case .success(let bytes) = line, bytes.hasByteOrderMark {
        line = .success(Array(bytes.dropFirst(3)))
      }
      isFirst = false
      if case .success(let bytes) = line, bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
        continue
      }
      try Console.write(answer(line).serialized() + [10])
      try Console.flush()
    }
  }

  private mutating func answer(_ line: Result<[UInt8], Failure>) -> JSON {
    var id: JSON?
    do throws(Failure) {
      let bytes = try line.get()
      let request: JSON
      do { request = try JSON.parse(bytes) } catch {
        throw Failure("request", why: "\(error)", remedy: "send one JSON object a line")
      }
      guard request.objectValue != nil else {
        throw Failure("request", why: "is \(request.kind)", remedy: "send one JSON object a line")
      }
      id = request["id"]
      return .object(try members(for: CompletionRequest(request), id: id))
    } catch {
      var object = JSONObject()
      object["id"] = id ?? .null
      object["error"] = ["what": JSON(error.what), "why": JSON(error.why), "remedy": JSON(error.remedy)]
      return .object(object)
    }
  }

  private mutating func members(for request: CompletionRequest, id: JSON?) throws(Failure) -> JSONObject {
    let text: [UInt8]
    if let given = request.text {
      text = Array(given.utf8)
    } else if let path = request.path {
      text = TextDecoding.text(try readFile(path, limit: TextInput.byteLimit))
    } else {
      throw Failure("request", why: "has neither text nor path", remedy: "say which text to complete")
    }
    let grammar = try TextInput.grammar(
      languageID: request.language ?? language, path: request.path, bytes: text, library: library)
    let opened = try models.model(near: request.path)
    let positions = LinePositions(text)
    let offset = try request.byteOffset(in: text, positions)
    let predictor = documents.document(
      text: text, path: request.path, grammar: grammar, model: opened?.model)
    var object = JSONObject()
    if let id { object["id"] = id }
    if let candidates = request.candidates {
      let ranking = predictor.rank(candidates, at: offset)
      object["byteOffset"] = JSON(offset)
      object["language"] = JSON(grammar.languageID)
      object["model"] = opened.map { JSON($0.path) } ?? .null
      object["probabilities"] = .array(ranking.probabilities.map { JSON($0) })
      object["order"] = .array(ranking.order.map { JSON($0) })
      object["remainder"] = JSON(ranking.remainder)
      object["isIncomplete"] = JSON(ranking.isIncomplete)
      return object
    }
    let list = predictor.completions(at: offset, limit: request.top ?? top)
    let answer = CompletionAnswer(
      list: list, byteOffset: offset, languageID: grammar.languageID, modelPath: opened?.path)
    for (key, value) in answer.members(positions: positions) { object[key] = value }
    return object
  }
}

/// One line of `--jsonl`, checked.
private struct CompletionRequest {
  var text: String?
  var path: String?
  var language: String?
  var line: Int?
  var column: Int?
  var offset: Int?
  var top: Int?
  /// What is to be ranked instead of completed.
  var candidates: [String]?

  static let candidateLimit = 2000

  init(_ request: JSON) throws(Failure) {
    let known = ["id", "text", "path", "language", "line", "column", "byteOffset", "top", "candidates"]
    if let other = request.objectValue?.keys.first(where: { !known.contains($0) }) {
      throw Failure(other, why: "unknown member", remedy: "the members are \(known.joined(separator: ", "))")
    }
    text = try Self.string("text", in: request)
    path = try Self.string("path", in: request)
    language = try Self.string("language", in: request)
    line = try Self.integer("line", in: request, 1...Int.max)
    column = try Self.integer("column", in: request, 1...Int.max)
    offset = try Self.integer("byteOffset", in: request, 0...Int.max)
    top = try Self.integer("top", in: request, 1...1000)
    candidates = try Self.candidates(in: request)
    if top != nil && candidates != nil {
      throw Failure("top", why: "given together with candidates", remedy: "all candidates are ranked")
    }
    if offset != nil && line != nil {
      throw Failure("byteOffset", why: "given together with line", remedy: "give one of them")
    }
    if column != nil && line == nil {
      throw Failure("column", why: "given without line", remedy: "give both")
    }
  }

  func byteOffset(in text: [UInt8], _ positions: LinePositions) throws(Failure) -> Int {
    if let line {
      return try positions.byteOffset(of: .init(line: line, column: column ?? 1), in: path ?? "text")
    }
    guard let offset else { return text.count }
    guard offset <= text.count else {
      throw Failure(
        "byteOffset", why: "is \(offset); the text has \(text.count) bytes", remedy: "count from 0")
    }
    return offset
  }

  private static func candidates(in request: JSON) throws(Failure) -> [String]? {
    guard let value = request["candidates"], !value.isNull else { return nil }
    guard let array = value.arrayValue else {
      throw Failure("candidates", why: "expected an array of strings, found \(value.kind)")
    }
    guard array.count <= candidateLimit else {
      throw Failure("candidates", why: "are \(array.count)", remedy: "send at most \(candidateLimit)")
    }
    return try array.map { element throws(Failure) in
      if let string = element.stringValue { return string }
      throw Failure("candidates", why: "expected strings, found \(element.kind)")
    }
  }

  private static func string(_ key: String, in request: JSON) throws(Failure) -> String? {
    guard let value = request[key], !value.isNull else { return nil }
    if let string = value.stringValue { return string }
    throw Failure(key, why: "expected a string, found \(value.kind)")
  }

  private static func integer(
    _ key: String, in request: JSON, _ range: ClosedRange<Int>
  ) throws(Failure) -> Int? {
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
}
