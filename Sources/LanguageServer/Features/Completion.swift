import JSON

extension Session {
  /// `textDocument/completion`.
  func completion(
    _ content: inout DocumentContent, _ document: OpenDocument, _ params: JSONDecoding,
    _ context: RequestContext
  ) throws(ResponseError) -> JSON {
    let place: Int
    let wasAutomatic: Bool
    do throws(JSONError) {
      place = content.text.byteOffset(of: try params["position"].position(), context.encoding)
      // LSP 3.17, "CompletionTriggerKind": 2 is a trigger character. Helix sends no context at all.
      wasAutomatic = try params["context"].optional?["triggerKind"].optional?.integer() == 2
    } catch { throw .invalidParams(error) }
    let settings = context.settings.completion
    guard settings.isEnabled, !isExcluded(&content, at: place, document, settings) else {
      return ["isIncomplete": false, "items": []]
    }
    let list = content.engine.suggestions(at: place, limit: settings.limit, deadline: context.deadline)
    networkUse.add(usesNetwork: list.usesNetwork)
    if list.usesNetwork == false { prepare(document) }
    let usable = list.items.filter { item in
      let nothingTyped = item.replacedBytes.isEmpty
      return Self.isSingleLine(item.insertedText) && item.replacedBytes.upperBound <= content.text.byteCount
        && (!wasAutomatic || !nothingTyped || item.probability >= settings.nextWordMinimumProbability)
    }
    content.offered = usable
    var builder = CompletionItems(
      content: content, place: place, uri: document.identity.uri, context: context)
    let items = usable.enumerated().map { builder.item($1, rank: $0) }
    var answer: JSONObject = ["isIncomplete": .bool(list.isIncomplete || list.items.count >= settings.limit)]
    if let range = builder.sharedRange { answer["itemDefaults"] = ["editRange": range] }
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
      let label = try params["label"].string()
      guard let uri = params["data"]["uri"].value?.stringValue,
        let document = state.withLock({ $0.documents[uri] })
      else { return answer(.success(.object(item))) }
      scheduler.submit(
        .interactive, in: document.lane,
        once: {
          let offered = document.withContent { content in content.offered.first { $0.text == label } }
          var resolved = item
          if let offered = offered.flatMap(\.self) {
            let text = "\(percentage(offered.probability)) here, by \(Self.sourceName(offered.source))"
            resolved["documentation"] = [
              "kind": context.client.completionMarkdown ? "markdown" : "plaintext", "value": .string(text),
            ]
          }
          answer(.success(.object(resolved)))
        })
    } catch { answer(.failure(.invalidParams(error))) }
  }

  static func sourceName(_ source: String) -> String {
    switch source {
    case "ngram": "the n-gram model"
    case "recurrent": "the recurrent network"
    case "document", "cache": "the open documents"
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
  /// The range that all items replace, where the client takes it once for all of them.
  private(set) var sharedRange: JSON?
  private var lastRange: (bytes: Range<Int>, json: JSON)?

  init(content: DocumentContent, place: Int, uri: String, context: RequestContext) {
    self.content = content
    self.place = place
    self.uri = uri
    self.context = context
    let ranges = content.offered.map(\.replacedBytes)
    if context.client.defaultEditRange, let first = ranges.first, ranges.allSatisfy({ $0 == first }) {
      sharedRange = content.text.range(first, context.encoding)
    }
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
    item["data"] = ["uri": .string(uri)]
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
