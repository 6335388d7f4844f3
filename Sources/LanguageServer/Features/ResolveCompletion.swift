import JSON
import LanguageServerProtocol
import Prediction

/// `completionItem/resolve`: where an item comes from. An item that is nobody's any more comes back as it is.
enum ResolveCompletionRequest: AsideRequest {
  static let method = "completionItem/resolve"

  static func begin(_ params: ResolveParams, _ context: RequestContext, _ answer: @escaping Answer<JSON>) {
    guard let label = params.label, let document = params.dataURI.flatMap({ context.services.documents[$0] })
    else { return answer(.success(.object(params.item))) }
    context.services.scheduler.submit(
      .awaited, in: document.lane,
      once: {
        let text = document.withContent { content -> String? in
          guard let offered = content.offered.first(where: { $0.text == label }) else { return nil }
          let knowledge = content.engine.knowledge(
            of: offered.text, at: min(content.offeredPlace, content.text.byteCount))
          return documentation(offered, knowledge)
        }
        var resolved = params.item
        if let text = text.flatMap(\.self) {
          resolved["documentation"] =
            context.client.completionDocumentation?.content(text) ?? .string(text)
        }
        answer(.success(.object(resolved)))
      })
  }

  /// Where a word was learned, how often, and by which component how probable it is.
  private static func documentation(_ offered: Suggestion, _ knowledge: WordKnowledge?) -> String {
    var lines = ["\(percentage(offered.probability)) here, by \(sourceName(offered.source))"]
    guard let knowledge else { return lines[0] }
    if knowledge.shares.count > 1 {
      lines.append(
        knowledge.shares.sorted { $0.probability > $1.probability }
          .map { "- \(sourceName($0.component.rawValue)): \(percentage($0.probability))" }.joined(
            separator: "\n"))
    }
    var places: [String] = []
    if knowledge.documentCount > 0 { places.append("\(knowledge.documentCount) times in this document") }
    let others = knowledge.sharedCount - knowledge.documentCount
    if others > 0 { places.append("\(others) times in other open documents and files nearby") }
    if knowledge.isInVocabulary { places.append("in the model's training text") }
    if !places.isEmpty { lines.append("Learned " + places.joined(separator: ", ")) }
    if !knowledge.files.isEmpty {
      lines.append(
        knowledge.files.prefix(5).map { file in
          "- \(file.key.split(separator: "/").suffix(2).joined(separator: "/")): \(file.count)"
        }.joined(separator: "\n"))
    }
    return lines.joined(separator: "\n\n")
  }

  private static func sourceName(_ source: String) -> String {
    switch source {
    case "ngram": "the n-gram model"
    case "recurrent": "the recurrent network"
    case "contexts": "contexts of the training text"
    case "document": "this document"
    case "neighbours": "other documents and files nearby"
    case "person": "another model of your own"
    case "organisation": "the organisation's model"
    case "base": "the model of the language"
    default: source
    }
  }
}
