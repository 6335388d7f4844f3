import JSON

/// What the client says it can do. What it does not say, or says in another type, it cannot.
struct ClientCapabilities: Hashable, Sendable {
  var positionEncodings: [PositionEncoding] = []
  var labelDetails = false
  var defaultEditRange = false
  var completionMarkdown = false
  var pullsDiagnostics = false
  var refreshesDiagnostics = false
  var semanticTokens = false
  var refreshesSemanticTokens = false
  var inlineCompletion = false
  var hoverMarkdown = false
  var codeActionLiterals = false
  var configuration = false
  var registersConfiguration = false
  var registersWatchedFiles = false
  var workDoneProgress = false

  init() {}

  init(_ json: JSON?) {
    func flag(_ path: String...) -> Bool { Self.value(json, path)?.boolValue ?? false }
    func strings(_ path: String...) -> [String] {
      Self.value(json, path)?.arrayValue?.compactMap(\.stringValue) ?? []
    }
    func has(_ path: String...) -> Bool { Self.value(json, path)?.objectValue != nil }

    positionEncodings = strings("general", "positionEncodings").compactMap(PositionEncoding.init)
    labelDetails = flag("textDocument", "completion", "completionItem", "labelDetailsSupport")
    defaultEditRange = strings("textDocument", "completion", "completionList", "itemDefaults").contains(
      "editRange")
    completionMarkdown =
      strings("textDocument", "completion", "completionItem", "documentationFormat").contains("markdown")
    pullsDiagnostics = has("textDocument", "diagnostic")
    refreshesDiagnostics =
      flag("workspace", "diagnostics", "refreshSupport") || flag("workspace", "diagnostic", "refreshSupport")
    semanticTokens = has("textDocument", "semanticTokens")
    refreshesSemanticTokens = flag("workspace", "semanticTokens", "refreshSupport")
    inlineCompletion = has("textDocument", "inlineCompletion")
    hoverMarkdown = strings("textDocument", "hover", "contentFormat").contains("markdown")
    codeActionLiterals = has("textDocument", "codeAction", "codeActionLiteralSupport")
    configuration = flag("workspace", "configuration")
    registersConfiguration = flag("workspace", "didChangeConfiguration", "dynamicRegistration")
    registersWatchedFiles = flag("workspace", "didChangeWatchedFiles", "dynamicRegistration")
    workDoneProgress = flag("window", "workDoneProgress")
  }

  private static func value(_ json: JSON?, _ path: [String]) -> JSON? {
    path.reduce(json) { $0?[$1] }
  }

  /// The first encoding of the client's own order; UTF-16 if it names none that we know.
  var preferredEncoding: PositionEncoding { positionEncodings.first ?? .utf16 }
}
