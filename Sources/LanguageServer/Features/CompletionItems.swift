import JSON
import LanguageServerProtocol

/// Makes the items of one list of completions.
struct CompletionItems {
  private let content: DocumentContent
  private let kinds: [CompletionItemKind]
  private let place: Int
  private let uri: String
  private let context: RequestContext
  /// Whether the place is in code, not in a comment, a string or prose.
  private let isCode: Bool
  /// The range that all items replace, where the client takes it once for all of them.
  private var sharedRange: CompletionRange?
  /// So many of the items, the first ones, sort before those of other servers.
  private let firstCount: Int

  /// - Parameter kinds: those of the items that are offered.
  init(
    content: DocumentContent, kinds: [CompletionItemKind], place: Int, uri: String, isCode: Bool,
    context: RequestContext
  ) {
    self.content = content
    self.kinds = kinds
    self.isCode = isCode
    self.place = place
    self.uri = uri
    self.context = context
    let settings = context.settings.completion
    switch settings.order {
    case .first: firstCount = content.offered.count
    case .last: firstCount = 0
    case .auto:
      firstCount = content.offered.prefix { $0.probability >= settings.firstMinimumProbability }.count
    }
    if context.client.itemDefaults.contains("editRange"), let first = content.offered.first,
      content.offered.allSatisfy({
        $0.replacedBytes == first.replacedBytes && hasChoice($0) == hasChoice(first)
      })
    {
      sharedRange = range(of: first)
    }
  }

  /// What holds for all items, where the client takes it once.
  var defaults: JSONObject {
    let supported = context.client.itemDefaults
    var defaults: JSONObject = [:]
    defaults["editRange"] = sharedRange?.json
    if supported.contains("commitCharacters") { defaults["commitCharacters"] = [] }
    if supported.contains("insertTextFormat") { defaults["insertTextFormat"] = 1 }
    if supported.contains("insertTextMode") { defaults["insertTextMode"] = asIs.map { JSON($0) } }
    if supported.contains("data") { defaults["data"] = ["uri": .string(uri)] }
    return defaults
  }

  /// - Parameter rank: 0 for the most probable.
  func item(_ suggestion: Suggestion, rank: Int) -> CompletionItem {
    let start = suggestion.replacedBytes.lowerBound
    let typed = content.string(in: start..<max(start, place))
    var item = CompletionItem(
      label: suggestion.text, sortText: sortText(rank),
      filterText: Self.filterText(suggestion.text, typed: typed))
    if let kinds = context.client.completionKinds, !kinds.contains(self.kinds[rank].rawValue) {
      item.kind = .text
    } else {
      item.kind = self.kinds[rank]
    }
    let description = "\(percentage(suggestion.probability)) · \(suggestion.source)"
    if context.client.labelDetails {
      item.labelDescription = description
    } else {
      item.detail = description
    }
    if sharedRange == nil {
      item.textEdit = CompletionEdit(range: range(of: suggestion), newText: suggestion.insertedText)
    } else if suggestion.insertedText != suggestion.text {
      item.textEditText = suggestion.insertedText
    }
    if isCommitSafe(suggestion, typed: typed, rank: rank) {
      item.commitCharacters = [".", "(", ")", ",", ";"]
    }
    if !context.client.itemDefaults.contains("insertTextMode") { item.insertTextMode = asIs }
    if !context.client.itemDefaults.contains("data") { item.dataURI = uri }
    return item
  }

  /// LSP 3.17, "InsertTextMode.asIs", where the client knows it: words begin no lines, and a client that indents what it
  /// inserts (lsp-mode, at the end of a text) would put white space behind them.
  private var asIs: Int? { context.client.insertTextModes.contains(1) ? 1 : nil }

  /// The items in their order, before the labels of other servers' items, or behind them in whatever order clients sort.
  private func sortText(_ rank: Int) -> String {
    let digits = String(rank)
    return (rank < firstCount ? "" : "zz") + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// Whether a person may choose to keep what follows in the word. What the item itself ends with is not kept twice.
  private func hasChoice(_ suggestion: Suggestion) -> Bool {
    let bytes = suggestion.replacedBytes
    return context.client.insertReplace && bytes.lowerBound <= place && place < bytes.upperBound
      && !suggestion.insertedText.hasSuffix(content.string(in: place..<bytes.upperBound))
  }

  private func range(of suggestion: Suggestion) -> CompletionRange {
    let bytes = suggestion.replacedBytes
    let replaced = content.text.range(bytes, context.encoding)
    guard hasChoice(suggestion) else { return CompletionRange(replace: replaced) }
    return CompletionRange(
      replace: replaced, insert: content.text.range(bytes.lowerBound..<place, context.encoding))
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
