import Console
import JSON
import Lexing
import Platform
import Tagging

/// `inkling tag --jsonl`: one request object a line in, one answer object a line out, until the end of the input.
///
/// A request has `words`, a sentence that is split already, or `text`, and may have an `id`, a `language` and `top`.
struct TagRequests {
  private static let lineLimit = 1 << 28

  let answerer: TagAnswerer
  private var library: GrammarLibrary?

  init(answerer: TagAnswerer) { self.answerer = answerer }

  mutating func answerAll() throws(Failure) {
    var reader = LineReader(descriptor: STDIN_FILENO, limit: Self.lineLimit)
    while let line = try reader.next() {
      if case .success(let bytes) = line, bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
        continue
      }
      try Console.write(answer(line).serialized() + [10])
      try Console.flush()
    }
  }

  private mutating func answer(_ line: Result<[UInt8], Failure>) -> JSON {
    var object = JSONObject()
    do throws(Failure) {
      let request: JSON
      do { request = try JSON.parse(try line.get()) } catch let error as JSONError {
        throw Failure("request", why: "\(error)", remedy: "send one JSON object a line")
      } catch let error as Failure { throw error } catch {
        throw Failure("request", why: "\(error)")
      }
      guard request.objectValue != nil else {
        throw Failure("request", why: "is \(request.kind)", remedy: "send one JSON object a line")
      }
      if let id = request["id"] { object["id"] = id }
      do throws(JSONError) {
        for (key, value) in try members(JSONDecoding(request)) { object[key] = value }
      } catch { throw Failure("request", why: "\(error)", remedy: "see docs/json-output.md") }
    } catch {
      object["error"] = ["what": JSON(error.what), "why": JSON(error.why), "remedy": JSON(error.remedy)]
    }
    return .object(object)
  }

  private mutating func members(_ request: JSONDecoding) throws(JSONError) -> JSONObject {
    let known = ["id", "text", "words", "language", "top"]
    for key in try request.object().keys where !known.contains(key) {
      throw request[key].mismatch(expected: "one of the members \(known.joined(separator: ", "))")
    }
    let top = try request["top"].optional?.integer(in: 1...1024)
    let tags = answerer.model.tagger.tags
    if let words = request["words"].optional {
      let sentence = try words.strings()
      let answer = try self.answer(sentence.map { Array($0.utf8) }, top)
      return [
        "words": .array(
          sentence.enumerated().map { place, word in
            var object: JSONObject = ["word": .string(word)]
            for (key, value) in answer.members(at: place, tags) { object[key] = value }
            return .object(object)
          })
      ]
    }
    let text = Array(try request["text"].string().utf8)
    let grammar = try grammar(request["language"])
    let split = SplitText(TextInput(path: "text", bytes: text, grammar: grammar))
    var answers: [TagAnswer] = []
    for sentence in split.sentences { answers.append(try self.answer(sentence.map(\.word), top)) }
    return ["sentences": split.json(answers, tags)["sentences"] ?? .array([])]
  }

  private func answer(_ words: [[UInt8]], _ top: Int?) throws(JSONError) -> TagAnswer {
    do throws(Failure) { return try answerer.answer(words, top: top) } catch {
      throw .mismatch(path: "words", expected: "words that the tagger can read", found: error.why)
    }
  }

  private mutating func grammar(_ language: JSONDecoding) throws(JSONError) -> Grammar {
    guard let id = try language.optional?.string() else { return GrammarLibrary.plainText }
    if library == nil { library = try? GrammarLibrary.standard() }
    guard let grammar = try? library?.grammar(languageID: id) else {
      throw language.mismatch(expected: "the identifier of a language")
    }
    return grammar
  }
}
