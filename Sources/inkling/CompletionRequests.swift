import JSON
import Lexing
import Platform
import Prediction

/// `inkling complete --jsonl`: what completes a text, or how probable candidates are there. See `RequestLines`.
struct CompletionRequests {
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

  /// Reads standard input to its end.
  mutating func answerAll() throws(Failure) {
    // A model that is named and cannot be opened is an error now, not once a request.
    if models.options.model != nil { _ = try models.model(near: nil, grammar: nil) }
    try RequestLines.answerAll { request throws(Failure) in
      try members(for: CompletionRequest(request))
    }
  }

  private mutating func members(for request: CompletionRequest) throws(Failure) -> JSONObject {
    let text = request.text
    let grammar = try TextInput.grammar(
      languageID: request.language ?? language, path: request.path, bytes: text, library: library)
    let opened = try models.model(near: request.path, grammar: grammar)
    let positions = LinePositions(text)
    let offset = try request.byteOffset(in: text, positions)
    let predictor = documents.document(
      text: text, path: request.path, grammar: grammar, model: opened?.model)
    predictor.setDiff(request.diff)
    var object = JSONObject()
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
    if offset < text.count { try opened?.model.openBackward() }
    let list = predictor.completions(at: offset, limit: request.top ?? top)
    let answer = CompletionAnswer(
      list: list, byteOffset: offset, languageID: grammar.languageID, modelPath: opened?.path)
    for (key, value) in answer.members(positions: positions) { object[key] = value }
    return object
  }
}

/// One line of `--jsonl`, checked.
private struct CompletionRequest {
  static let candidateLimit = 2000

  let text: [UInt8]
  let path: String?
  let language: String?
  let line: Int?
  let column: Int?
  let offset: Int?
  let top: Int?
  /// What is to be ranked instead of completed.
  let candidates: [String]?
  /// What a commit message is about; empty for nothing.
  let diff: [UInt8]

  init(_ request: JSON) throws(Failure) {
    let members = try RequestMembers(
      request,
      known: ["id", "text", "path", "language", "line", "column", "byteOffset", "top", "candidates", "diff"])
    language = try members.string("language")
    line = try members.integer("line", 1...Int.max)
    column = try members.integer("column", 1...Int.max)
    offset = try members.integer("byteOffset", 0...Int.max)
    top = try members.integer("top", 1...1000)
    diff = Array((try members.string("diff") ?? "").utf8)
    candidates = try members.strings("candidates", limit: Self.candidateLimit)
    if offset != nil && line != nil {
      throw Failure("byteOffset", why: "given together with line", remedy: "give one of them")
    }
    if column != nil && line == nil {
      throw Failure("column", why: "given without line", remedy: "give both")
    }
    if top != nil && candidates != nil {
      throw Failure("top", why: "given together with candidates", remedy: "all candidates are ranked")
    }
    (text, path) = try members.text(for: "complete")
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
}
