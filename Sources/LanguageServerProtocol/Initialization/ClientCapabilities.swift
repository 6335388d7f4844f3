import JSON

/// What the client says it can do. What it does not say, or says in another type, it cannot.
package struct ClientCapabilities: Hashable, Sendable {
  package var positionEncodings: [PositionEncoding] = []
  package var labelDetails = false
  /// Whether an edit may have two ranges.
  package var insertReplace = false
  /// Whether items may have a kind, by its number. Clients that name none know those up to 18.
  package var completionKinds: Set<Int>?
  /// In what an item's documentation may be; nil for clients that take only plain strings.
  package var completionDocumentation: MarkupKind?
  /// Whether the client asks for marks and can be told to ask again. One that cannot be told keeps marks that are no
  /// longer true: to it they are pushed.
  package var pullsDiagnostics = false
  package var semanticTokens = false
  package var refreshesSemanticTokens = false
  package var inlineCompletion = false
  /// In what a hover's contents are to be.
  package var hoverContents = MarkupKind.plaintext
  package var codeActionLiterals = false
  package var configuration = false
  package var registersConfiguration = false
  package var registersWatchedFiles = false
  package var workDoneProgress = false
  package var commitCharacters = false
  /// LSP 3.17, "InsertTextMode": how an item may say that its lines are to be indented.
  package var insertTextModes: Set<Int> = []
  /// What a list's `itemDefaults` may hold.
  package var itemDefaults: Set<String> = []
  /// Methods that may be registered after the start.
  package var dynamicMethods: Set<String> = []
  package var codeActions = false
  package var notebooks = false
  package var selectionRanges = false

  package init() {}

  package init(_ json: JSON?) {
    func flag(_ path: String...) -> Bool { Self.value(json, path)?.boolValue ?? false }
    func strings(_ path: String...) -> [String] {
      Self.value(json, path)?.arrayValue?.compactMap(\.stringValue) ?? []
    }
    // An empty table of Lua is an empty list to its encoders.
    func has(_ path: String...) -> Bool { (try? JSONDecoding(Self.value(json, path)).object()) != nil }

    positionEncodings = strings("general", "positionEncodings").compactMap(PositionEncoding.init)
    labelDetails = flag("textDocument", "completion", "completionItem", "labelDetailsSupport")
    insertReplace = flag("textDocument", "completion", "completionItem", "insertReplaceSupport")
    func numbers(_ path: String...) -> Set<Int>? {
      Self.value(json, path)?.arrayValue.map {
        Set($0.compactMap(\.integerValue).compactMap { Int(exactly: $0) })
      }
    }
    completionKinds = numbers("textDocument", "completion", "completionItemKind", "valueSet")
    insertTextModes =
      numbers("textDocument", "completion", "completionItem", "insertTextModeSupport", "valueSet") ?? []
    completionDocumentation = MarkupKind(
      among: strings("textDocument", "completion", "completionItem", "documentationFormat"))
    pullsDiagnostics =
      has("textDocument", "diagnostic")
      && (flag("workspace", "diagnostics", "refreshSupport")
        || flag("workspace", "diagnostic", "refreshSupport"))
    semanticTokens = has("textDocument", "semanticTokens")
    refreshesSemanticTokens = flag("workspace", "semanticTokens", "refreshSupport")
    inlineCompletion = has("textDocument", "inlineCompletion")
    hoverContents = MarkupKind(among: strings("textDocument", "hover", "contentFormat")) ?? .plaintext
    codeActionLiterals = has("textDocument", "codeAction", "codeActionLiteralSupport")
    configuration = flag("workspace", "configuration")
    registersConfiguration = flag("workspace", "didChangeConfiguration", "dynamicRegistration")
    registersWatchedFiles = flag("workspace", "didChangeWatchedFiles", "dynamicRegistration")
    workDoneProgress = flag("window", "workDoneProgress")
    commitCharacters = flag("textDocument", "completion", "completionItem", "commitCharactersSupport")
    itemDefaults = Set(strings("textDocument", "completion", "completionList", "itemDefaults"))
    codeActions = has("textDocument", "codeAction")
    notebooks = has("notebookDocument", "synchronization")
    selectionRanges = has("textDocument", "selectionRange")
    for (method, name) in [
      ("textDocument/completion", "completion"), ("textDocument/hover", "hover"),
      ("textDocument/codeAction", "codeAction"), ("textDocument/diagnostic", "diagnostic"),
      ("textDocument/inlineCompletion", "inlineCompletion"),
      ("textDocument/selectionRange", "selectionRange"), ("textDocument/semanticTokens", "semanticTokens"),
    ] where flag("textDocument", name, "dynamicRegistration") { dynamicMethods.insert(method) }
  }

  private static func value(_ json: JSON?, _ path: [String]) -> JSON? {
    path.reduce(json) { $0?[$1] }
  }

  /// The first encoding of the client's own order; UTF-16 if it names none that we know.
  package var preferredEncoding: PositionEncoding { positionEncodings.first ?? .utf16 }
}
