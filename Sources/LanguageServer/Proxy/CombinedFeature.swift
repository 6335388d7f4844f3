import JSON
import LanguageServerProtocol

/// What Inkling can add to another server's answers, beside completions and diagnostics.
enum CombinedFeature: CaseIterable, Sendable {
  case hover, codeActions, semanticTokens

  /// Nil for requests that are the other server's alone.
  init?(requestMethod: String) {
    switch requestMethod {
    case "textDocument/hover": self = .hover
    case "textDocument/codeAction": self = .codeActions
    case "textDocument/semanticTokens/full", "textDocument/semanticTokens/range": self = .semanticTokens
    default: return nil
    }
  }

  /// - Parameter registrationMethod: as `client/registerCapability` names it.
  init?(registrationMethod: String) {
    switch registrationMethod {
    case "textDocument/hover": self = .hover
    case "textDocument/codeAction": self = .codeActions
    case "textDocument/semanticTokens": self = .semanticTokens
    default: return nil
    }
  }

  /// The member of a server's capabilities that offers it.
  var capability: StaticString {
    switch self {
    case .hover: "hoverProvider"
    case .codeActions: "codeActionProvider"
    case .semanticTokens: "semanticTokensProvider"
    }
  }

  /// The member of a client's `capabilities.textDocument` that asks for it.
  var clientCapability: String {
    switch self {
    case .hover: "hover"
    case .codeActions: "codeAction"
    case .semanticTokens: "semanticTokens"
    }
  }

  /// What offers it where the other server does not.
  var ownCapability: JSON {
    switch self {
    case .hover: true
    case .codeActions: ["codeActionKinds": ["quickfix"]]
    case .semanticTokens: HeatMap.capability
    }
  }

  func isWanted(by combination: Settings.Combination) -> Bool {
    switch self {
    case .hover: combination.hover
    case .codeActions: combination.codeActions
    case .semanticTokens: combination.semanticTokens
    }
  }

  /// The other server's answer with Inkling's result in it; nil for as it is.
  func combined(_ answer: ProxiedMessage, own: JSON, legend: SemanticTokenLegend) -> [UInt8]? {
    guard let result = answer.result else { return nil }
    if answer.spans.isLiteral(result, "null") {
      guard own != .null, own != [] else { return nil }
      return answer.bytes(withResult: stated(own, legend).serialized())
    }
    switch self {
    case .hover: return ProxiedHover.combined(answer, own: own)
    case .codeActions: return Self.combinedActions(answer, own: own)
    case .semanticTokens: return ProxiedSemanticTokens.combined(answer, own: own, legend)
    }
  }

  /// Inkling's result as the editor is to have it.
  func stated(_ own: JSON, _ legend: SemanticTokenLegend) -> JSON {
    switch self {
    case .hover: return own
    case .codeActions:
      // So that an action that is to be resolved is known.
      return .array(
        (own.arrayValue ?? []).map { action in
          guard var members = action.objectValue, members["kind"] != nil else { return action }
          members["data"] = ["inkling": true]
          return .object(members)
        })
    case .semanticTokens: return ProxiedSemanticTokens.stated(own, legend)
    }
  }

  private static func combinedActions(_ answer: ProxiedMessage, own: JSON) -> [UInt8]? {
    let spans = answer.spans
    guard let result = answer.result, let elements = spans.elements(of: result),
      let actions = CombinedFeature.codeActions.stated(own, SemanticTokenLegend()).arrayValue,
      !actions.isEmpty
    else { return nil }
    let text = actions.map { $0.serializedString() }.joined(separator: ",")
    let end = result.upperBound - 1
    return spans.bytes(
      of: 0..<answer.bytes.count, changing: [(end..<end, Array(((elements.isEmpty ? "" : ",") + text).utf8))])
  }
}
