import Corpora
import JSON
import LanguageModeling
import Lexing
import Platform
import Prediction
import Privacy

/// `inkling score --jsonl`: how well the whole model foretells each text, as it is written from its start. See `RequestLines`.
struct ScoreRequests {
  private static let members = ["id", "text", "path", "language", "surprisals"]

  let library: GrammarLibrary
  let language: String?
  private var models: ModelCache
  /// For the model of the last request, which is mostly that of the next one.
  private var evaluator: (model: Model, evaluator: Evaluator)?

  init(library: GrammarLibrary, options: ModelOptions, language: String?) {
    self.library = library
    self.language = language
    models = ModelCache(options)
  }

  /// Reads standard input to its end.
  mutating func answerAll() throws(Failure) {
    // A model that is named and cannot be opened is an error now, not once a request.
    if models.options.model != nil { _ = try models.model(near: nil, grammar: nil) }
    try RequestLines.answerAll { request throws(Failure) in try answer(request) }
  }

  private mutating func answer(_ request: JSON) throws(Failure) -> JSONObject {
    let members = try RequestMembers(request, known: Self.members)
    let wanted = try members.bool("surprisals") ?? false
    let named = try members.string("language") ?? language
    let (text, path) = try members.text(for: "score")
    let grammar = try TextInput.grammar(languageID: named, path: path, bytes: text, library: library)
    guard let opened = try models.model(near: path, grammar: grammar) else {
      throw Failure(
        "model", why: "none found", remedy: "name one with --model, or train one with inkling-train")
    }
    var bits: [Double] = []
    let result = evaluator(of: opened.model).evaluate(EvaluationDocument(text: text, grammar: grammar)) {
      if wanted { bits.append($0) }
    }
    let sum = Perplexity(
      tokens: result.tokenCount, oov: result.tokenCount - result.knownTokenCount, bits: result.bits,
      oovBits: result.bits - result.knownBits, bytes: text.count)
    var object = JSONObject()
    object["language"] = JSON(grammar.languageID)
    object["model"] = JSON(opened.path)
    for (key, value) in sum.members { object[key] = value }
    if wanted { object["surprisals"] = .array(Self.surprisals(bits, of: text, grammar)) }
    return object
  }

  private mutating func evaluator(of model: Model) -> Evaluator {
    if let known = evaluator, known.model === model { return known.evaluator }
    let made = Evaluator(model: model, caches: .document, measures: [])
    evaluator = (model, made)
    return made
  }

  private static func surprisals(_ bits: [Double], of text: [UInt8], _ grammar: Grammar) -> [JSON] {
    var ranges: [Range<Int>] = []
    text.withUnsafeBytes { text in
      TypeReader().forEachType(of: text, grammar: grammar) { _, token in ranges.append(token.byteRange) }
    }
    return zip(ranges, bits).map { range, bits in
      [
        "byteOffset": JSON(range.lowerBound), "byteLength": JSON(range.count), "surprisalBits": JSON(bits),
      ]
    }
  }
}
