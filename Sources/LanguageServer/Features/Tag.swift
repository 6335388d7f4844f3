import LanguageServerProtocol
import Lexing
import Platform
import Tagging

/// `inkling/tag`: the words of a document, or of some of its lines, with their tags.
enum TagRequest: BackgroundRequest {
  static let method = "inkling/tag"
  /// Longer texts are not gone through as a whole.
  private static let byteLimit = 1 << 20

  static func document(of params: TagParams) -> TextDocumentIdentifier { params.lines.document }

  static func begin(
    _ params: TagParams, _ document: OpenDocument, _ context: RequestContext,
    _ answer: @escaping Answer<WordTags>
  ) {
    let services = context.services
    // The text as it is behind the edits that came before; what is found out about it holds nobody's lane up.
    services.scheduler.submit(
      .background, in: document.lane,
      once: {
        let found = document.withContent { content in
          (content.text, content.version, content.byteRange(ofLines: params.lines.range?.lines))
        }
        guard let (text, version, range) = found else { return answer(.failure(.closed)) }
        services.aside {
          if context.isCancelled.isRaised { return answer(.failure(.cancelled)) }
          do throws(Failure) {
            let model = try services.taggers.tagger(of: document.identity, trust: context.settings.trust)
            let bytes = text.buffer.bytes(
              in: range.lowerBound..<min(range.upperBound, range.lowerBound + byteLimit))
            let sentences = bytes.withUnsafeBytes {
              TextSentences($0, grammar: services.taggers.grammar(of: document.identity)).sentences
            }
            var positions = PositionReader(text, context.encoding)
            var words: [[WordTags.Word]] = []
            for sentence in sentences {
              if context.isCancelled.isRaised { return answer(.failure(.cancelled)) }
              words.append(
                try tagged(
                  sentence, bytes, first: range.lowerBound, model.tagger, params.wantsProbabilities,
                  &positions))
            }
            answer(
              .success(WordTags(version: version, tagger: model.kind.rawValue, sentences: words)))
          } catch { answer(.failure(ResponseError(.requestFailed, "\(error)"))) }
        }
      })
  }

  /// - Parameter first: where `bytes` begin in the text.
  private static func tagged(
    _ sentence: [Range<Int>], _ bytes: [UInt8], first: Int, _ tagger: any SequenceTagger,
    _ wantsProbabilities: Bool, _ positions: inout PositionReader
  ) throws(Failure) -> [WordTags.Word] {
    let words = sentence.map { Array(bytes[$0]) }
    let tags = try tagger.tags(of: words)
    let probabilities = wantsProbabilities ? try tagger.probabilities(of: words) : []
    let count = tagger.tags.count
    return sentence.indices.map { place in
      let range = sentence[place]
      return WordTags.Word(
        range: positions.range(first + range.lowerBound..<first + range.upperBound),
        tag: tagger.tags[tags[place]],
        probabilities: wantsProbabilities
          ? (0..<count).map { (tagger.tags[$0], probabilities[place * count + $0]) } : nil)
    }
  }
}
