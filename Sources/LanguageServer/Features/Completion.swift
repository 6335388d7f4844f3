import JSON
import Prediction

extension Session {
  /// `textDocument/completion`.
  func completion(
    _ content: inout DocumentContent, _ document: OpenDocument, _ params: JSONDecoding,
    _ context: RequestContext
  ) throws(ResponseError) -> JSON {
    let place: Int
    let isInvoked: Bool
    let wasAutomatic: Bool
    do throws(JSONError) {
      place = content.text.byteOffset(of: try params["position"].position(), context.encoding)
      // LSP 3.17, "CompletionTriggerKind": 1 is Invoked. Helix sends no context at all, and asks at spaces.
      let kind = params["context"]["triggerKind"].integerIfAny
      isInvoked = kind == 1
      wasAutomatic = kind.map { $0 != 1 } ?? (place > 0 && content.text.buffer[place - 1] == 0x20)
    } catch { throw .invalidParams(error) }
    let settings = context.settings.completion
    // Where a line begins Return has to make an empty line, and Tab an indentation.
    guard settings.isEnabled, isInvoked || !content.text.isIndentation(before: place),
      !isExcluded(&content, at: place, document, settings)
    else { return ["isIncomplete": false, "items": []] }
    let list = content.engine.suggestions(at: place, limit: settings.limit, deadline: context.deadline)
    networkUse.add(usesNetwork: list.usesNetwork)
    if list.usesNetwork == false { content.wantsPreparation = true }
    let usable = list.items.filter { item in
      let nothingTyped = item.replacedBytes.isEmpty
      return Self.isSingleLine(item.insertedText) && item.replacedBytes.upperBound <= content.text.byteCount
        && (!wasAutomatic || !nothingTyped || item.probability >= settings.nextWordMinimumProbability)
    }
    content.offered = usable
    content.offeredPlace = place
    var builder = CompletionItems(
      content: content, place: place, uri: document.identity.uri,
      isCode: content.engine.context(at: place) == .code, context: context)
    let items = usable.enumerated().map { builder.item($1, rank: $0) }
    var answer: JSONObject = ["isIncomplete": .bool(list.isIncomplete || list.items.count >= settings.limit)]
    if let defaults = builder.defaults { answer["itemDefaults"] = defaults }
    answer["items"] = .array(items)
    return .object(answer)
  }

  func isExcluded(
    _ content: inout DocumentContent, at place: Int, _ document: OpenDocument, _ settings: Settings.Completion
  ) -> Bool {
    if settings.excludedContexts.isEmpty { return false }
    let excluded =
      (settings.excludedContexts[document.identity.languageID] ?? []) + (settings.excludedContexts["*"] ?? [])
    return !excluded.isEmpty && excluded.contains(content.engine.context(at: place))
  }

  /// Line ends and indentation are tokens to the models, but no item's text.
  static func isSingleLine(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }

  /// `completionItem/resolve`: where an item comes from.
  func resolveCompletion(_ params: JSONDecoding, _ context: RequestContext, _ answer: @escaping Answer) {
    do throws(JSONError) {
      let item = try params.object()
      guard let label = params["label"].stringIfAny, let uri = params["data"]["uri"].stringIfAny,
        let document = state.withLock({ $0.documents[uri] })
      else { return answer(.success(.object(item))) }
      scheduler.submit(
        .awaited, in: document.lane,
        once: {
          let text = document.withContent { content -> String? in
            guard let offered = content.offered.first(where: { $0.text == label }) else { return nil }
            let knowledge = content.engine.knowledge(
              of: offered.text, at: min(content.offeredPlace, content.text.byteCount))
            return Self.documentation(offered, knowledge)
          }
          var resolved = item
          if let text = text.flatMap(\.self) {
            resolved["documentation"] =
              context.client.completionDocumentation?.content(text) ?? .string(text)
          }
          answer(.success(.object(resolved)))
        })
    } catch { answer(.failure(.invalidParams(error))) }
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

  static func sourceName(_ source: String) -> String {
    switch source {
    case "ngram": "the n-gram model"
    case "recurrent": "the recurrent network"
    case "contexts": "contexts of the training text"
    case "document": "this document"
    case "neighbours": "other documents and files nearby"
    default: source
    }
  }
}

/// A probability for people: `42 %`, `0.3 %`, `< 0.1 %`.
func percentage(_ probability: Double) -> String {
  guard probability.isFinite else { return "?" }
  let percent = min(max(probability, 0), 1) * 100
  if percent >= 10 { return "\(Int(percent.rounded())) %" }
  let tenths = Int((percent * 10).rounded())
  return tenths == 0 ? "< 0.1 %" : "\(tenths / 10).\(tenths % 10) %"
}

/// Makes the items of one list.
private struct CompletionItems {
  let content: DocumentContent
  let place: Int
  let uri: String
  let context: RequestContext
  /// Whether the place is in code, not in a comment, a string or prose.
  let isCode: Bool
  /// The range that all items replace, where the client takes it once for all of them.
  private(set) var sharedRange: JSON?
  private var lastRange: (bytes: Range<Int>, json: JSON)?

  init(content: DocumentContent, place: Int, uri: String, isCode: Bool, context: RequestContext) {
    self.content = content
    self.isCode = isCode
    self.place = place
    self.uri = uri
    self.context = context
    let ranges = content.offered.map(\.replacedBytes)
    if context.client.itemDefaults.contains("editRange"), let first = ranges.first,
      ranges.allSatisfy({ $0 == first })
    {
      sharedRange = content.text.range(first, context.encoding)
    }
  }

  /// What holds for all items, where the client takes it once.
  var defaults: JSON? {
    let supported = context.client.itemDefaults
    var defaults: JSONObject = [:]
    if let sharedRange { defaults["editRange"] = sharedRange }
    if supported.contains("commitCharacters") { defaults["commitCharacters"] = [] }
    if supported.contains("insertTextFormat") { defaults["insertTextFormat"] = 1 }
    if supported.contains("data") { defaults["data"] = ["uri": .string(uri)] }
    return defaults.isEmpty ? nil : .object(defaults)
  }

  /// Accepting an item while typing on is safe only where hardly anything else can be meant: most of a name of code is
  /// typed in its own case, and what is typed is no name itself.
  private func isCommitSafe(_ suggestion: Suggestion, typed: String, rank: Int) -> Bool {
    context.client.commitCharacters && context.settings.completion.usesCommitCharacters && rank == 0
      && suggestion.probability >= 0.95 && typed.utf8.count >= 3 && suggestion.text.hasPrefix(typed)
      && place == suggestion.replacedBytes.upperBound && isCode
      && !content.offered.contains { $0.text == typed }
  }

  /// - Parameter rank: 0 for the most probable.
  mutating func item(_ suggestion: Suggestion, rank: Int) -> JSON {
    let start = suggestion.replacedBytes.lowerBound
    let typed = content.string(in: start..<max(start, place))
    let description = percentage(suggestion.probability)
    var item: JSONObject = ["label": .string(suggestion.text), "kind": 1]
    if context.client.labelDetails {
      item["labelDetails"] = ["description": .string("\(description) · \(suggestion.source)")]
    } else {
      item["detail"] = .string("\(description) · \(suggestion.source)")
    }
    let digits = String(rank)
    item["sortText"] = .string(String(repeating: "0", count: max(0, 4 - digits.count)) + digits)
    item["filterText"] = .string(Self.filterText(suggestion.text, typed: typed))
    if sharedRange != nil {
      if suggestion.insertedText != suggestion.text {
        item["textEditText"] = .string(suggestion.insertedText)
      }
    } else {
      item["textEdit"] = [
        "range": range(suggestion.replacedBytes), "newText": .string(suggestion.insertedText),
      ]
    }
    if isCommitSafe(suggestion, typed: typed, rank: rank) {
      item["commitCharacters"] = [".", "(", ")", ",", ";"]
    }
    if !context.client.itemDefaults.contains("data") { item["data"] = ["uri": .string(uri)] }
    return .object(item)
  }

  /// What was typed, then the rest of the word: every item matches the typed prefix equally well, in its own case,
  /// and goes on matching while the rest is typed. The client's scores are then equal, and `sortText` decides.
  private static func filterText(_ text: String, typed: String) -> String {
    if typed.isEmpty || text.hasPrefix(typed) { return text }
    return text.lowercased().hasPrefix(typed.lowercased())
      ? typed + text.dropFirst(typed.count) : typed + text
  }

  private mutating func range(_ bytes: Range<Int>) -> JSON {
    if let lastRange, lastRange.bytes == bytes { return lastRange.json }
    let json = content.text.range(bytes, context.encoding)
    lastRange = (bytes, json)
    return json
  }
}
