import JSON
import LanguageServerProtocol
import Privacy

/// `inkling.explain`: what was learned of a word, and by whom. The argument is the word, or an object of `word` and,
/// to learn how probable it is at a place, `textDocument` and `position`.
enum ExplainCommand: ServerCommand {
  static let name = "inkling.explain"

  static func begin(
    _ params: ExecuteCommandParams, _ context: RequestContext, _ answer: @escaping Answer<JSON>
  ) throws(JSONError) {
    let argument = params.arguments[0]
    let isObject = argument.value?.objectValue != nil
    let word = try isObject ? argument["word"].string() : argument.string()
    let place = isObject ? try? Position(argument["position"]) : nil
    let uri = isObject ? argument["textDocument"]["uri"].stringIfAny : nil
    let services = context.services
    let documents = services.documents.all.sorted { $0.identity.uri < $1.identity.uri }
    services.scheduler.submit(.background, in: services.models.lane) {
      // Documents that were opened just before are read first.
      let areOpen = documents.allSatisfy { $0.isClosed.isRaised || $0.withContent { _ in true } != nil }
      guard areOpen else { return .unfinished }
      let models = services.documents.engines.status().compactMap { $0.problem == nil ? $0.path : nil }
      answer(.success(explanation(of: word, documents, models, at: uri, place, context.encoding)))
      return .done
    }
  }

  private static func explanation(
    of word: String, _ documents: [OpenDocument], _ models: [String], at uri: String?, _ position: Position?,
    _ encoding: PositionEncoding
  ) -> JSON {
    var open: [JSON] = []
    var files: [String: Int] = [:]
    var components: [JSON] = []
    var isWithheld = SecretDetector.isSecret(Array(word.utf8))
    var isInVocabulary = false
    var unigram: Double?
    for document in documents {
      let isPlace = document.identity.uri == uri
      let found = document.withContent { content in
        let offset = isPlace ? position.map { content.text.byteOffset(of: $0, encoding) } : nil
        return (content.engine.knowledge(of: word, at: offset), lines(with: word, in: content.text))
      }
      guard let (knowledge, lines) = found, let knowledge else { continue }
      isWithheld = isWithheld || knowledge.isWithheld
      isInVocabulary = isInVocabulary || knowledge.isInVocabulary
      unigram = unigram ?? knowledge.unigramProbability
      for file in knowledge.files { files[file.key] = file.count }
      if knowledge.documentCount > 0 {
        open.append([
          "uri": .string(document.identity.uri), "count": JSON(knowledge.documentCount),
          "lines": .array(lines),
        ])
      }
      if isPlace {
        components = knowledge.shares.map {
          [
            "component": .string($0.component.rawValue), "layer": $0.layer.map(JSON.string) ?? .null,
            "probability": JSON($0.probability),
          ]
        }
      }
    }
    return [
      "word": .string(word), "isWithheld": .bool(isWithheld), "isInVocabulary": .bool(isInVocabulary),
      "unigramProbability": unigram.map { JSON($0) } ?? .null, "models": .array(models.map(JSON.string)),
      "components": .array(components), "documents": .array(open),
      "files": .array(
        files.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
          ["path": .string($0.key), "count": JSON($0.value)]
        }),
    ]
  }

  /// The first few lines that hold a word: the contexts that it was learned in.
  private static func lines(with word: String, in text: SourceText) -> [JSON] {
    let needle = Array(word.utf8)
    guard !needle.isEmpty else { return [] }
    let bytes = text.buffer.allBytes
    var found: [JSON] = []
    func isPart(_ offset: Int) -> Bool {
      guard bytes.indices.contains(offset) else { return false }
      let byte = bytes[offset]
      return byte >= 0x80 || byte == 0x5F || (0x30...0x39).contains(byte)
        || (0x61...0x7A).contains(byte | 0x20)
    }
    for line in 0..<text.lines.lineCount where found.count < 5 {
      let content = text.contentRange(ofLine: line)
      var offset = content.lowerBound
      while offset + needle.count <= content.upperBound {
        if bytes[offset] == needle[0], bytes[offset..<offset + needle.count].elementsEqual(needle),
          !isPart(offset - 1), !isPart(offset + needle.count)
        {
          let shown = String(decoding: bytes[content].prefix(200), as: UTF8.self)
          found.append(["line": JSON(line), "text": .string(shown)])
          break
        }
        offset += 1
      }
    }
    return found
  }
}
