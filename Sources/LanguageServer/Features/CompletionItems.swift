import JSON
import LanguageServerProtocol

/// Makes the items of one list of completions.
struct CompletionItems {
  private let content: DocumentContent
  private let place: Int
  private let uri: String
  private let context: RequestContext
  /// Whether the place is in code, not in a comment, a string or prose.
  private let isCode: Bool
  /// The range that all items replace, where the client takes it once for all of them.
  private let sharedRange: PositionRange?

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
    } else {
      sharedRange = nil
    }
  }

  /// What holds for all items, where the client takes it once.
  var defaults: JSONObject {
    let supported = context.client.itemDefaults
    var defaults: JSONObject = [:]
    defaults["editRange"] = sharedRange?.json
    if supported.contains("commitCharacters") { defaults["commitCharacters"] = [] }
    if supported.contains("insertTextFormat") { defaults["insertTextFormat"] = 1 }
    if supported.contains("data") { defaults["data"] = ["uri": .string(uri)] }
    return defaults
  }

  /// - Parameter rank: 0 for the most probable.
  func item(_ suggestion: Suggestion, rank: Int) -> CompletionItem {
    let start = suggestion.replacedBytes.lowerBound
    let typed = content.string(in: start..<max(start, place))
    let digits = String(rank)
    var item = CompletionItem(
      label: suggestion.text,
      sortText: String(repeating: "0", count: max(0, 4 - digits.count)) + digits,
      filterText: Self.filterText(suggestion.text, typed: typed))
    let description = "\(percentage(suggestion.probability)) · \(suggestion.source)"
    if context.client.labelDetails {
      item.labelDescription = description
    } else {
      item.detail = description
    }
    if sharedRange == nil {
      item.textEdit = TextEdit(
        range: content.text.range(suggestion.replacedBytes, context.encoding),
        newText: suggestion.insertedText)
    } else if suggestion.insertedText != suggestion.text {
      item.textEditText = suggestion.insertedText
    }
    if isCommitSafe(suggestion, typed: typed, rank: rank) {
      item.commitCharacters = [".", "(", ")", ",", ";"]
    }
    if !context.client.itemDefaults.contains("data") { item.dataURI = uri }
    return item
  }

  /// Accepting an item while typing on is safe only where hardly anything else can be meant: most of a name of code is
  /// typed in its own case, and what is typed is no name itself.
  private func isCommitSafe(_ suggestion: Suggestion, typed: String, rank: Int) -> Bool {
    context.client.commitCharacters && context.settings.completion.usesCommitCharacters && rank == 0
      && suggestion.probability >= 0.95 && typed.utf8.count >= 3 && suggestion.text.hasPrefix(typed)
      && place == suggestion.replacedBytes.upperBound && isCode
      && !content.offered.contains { $0.text == typed }
  }

  /// What was typed, then the rest of the word: every item matches the typed prefix equally well, in its own case,
  /// and goes on matching while the rest is typed. The client's scores are then equal, and `sortText` decides.
  private static func filterText(_ text: String, typed: String) -> String {
    if typed.isEmpty || text.hasPrefix(typed) { return text }
    return text.lowercased().hasPrefix(typed.lowercased())
      ? typed + text.dropFirst(typed.count) : typed + text
  }
}
