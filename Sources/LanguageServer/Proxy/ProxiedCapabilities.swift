import JSON
import LanguageServerProtocol

/// A server's capabilities with some of Inkling's joined to them; all else of its answer stays as it came.
struct ProxiedCapabilities {
  private let spans: JSONSpans
  private let object: Range<Int>
  private let members: [JSONSpans.Member]
  private var changes: [(range: Range<Int>, new: [UInt8])] = []
  private var added = ""

  /// - Parameter object: `result.capabilities` of the answer to `initialize`. Nil if it is no object.
  init?(_ spans: JSONSpans, _ object: Range<Int>) {
    guard let members = spans.members(of: object) else { return nil }
    self.spans = spans
    self.object = object
    self.members = members
  }

  private func value(_ name: StaticString) -> Range<Int>? {
    members.last { spans.isKey($0.key, name) }?.value
  }

  /// Whether the server offers it.
  func has(_ name: StaticString) -> Bool {
    guard let value = value(name) else { return false }
    return !spans.isLiteral(value, "false") && !spans.isLiteral(value, "null")
  }

  /// Offers what the server does not.
  mutating func add(_ name: StaticString, _ capability: JSON) {
    if let value = value(name) {
      changes.append((value, capability.serialized()))
    } else {
      added += "\"\(name)\":\(capability.serializedString()),"
    }
  }

  /// Offers what both have, so that an editor asks for it where Inkling has something.
  ///
  /// - Returns: how many types of semantic tokens the server has; nil where its answers cannot be joined, for they say nowhere
  ///   what their numbers mean.
  mutating func join(_ feature: CombinedFeature) -> Int? {
    guard let provider = value(feature.capability) else { return 0 }
    switch feature {
    case .hover: return 0
    case .codeActions:
      if let change = Self.withQuickFixes(spans, provider: provider) { changes.append(change) }
      return 0
    case .semanticTokens:
      guard let joined = Self.joined(spans, provider: provider) else { return nil }
      changes += joined.changes
      return joined.typeCount
    }
  }

  /// Offers Inkling's commands beside the server's.
  mutating func join(commands: [String]) {
    let text = commands.map { JSON.string($0).serializedString() }.joined(separator: ",")
    guard has("executeCommandProvider"), let provider = value("executeCommandProvider"),
      spans.bytes[provider.lowerBound] == UInt8(ascii: "{")
    else { return add("executeCommandProvider", ["commands": .array(commands.map(JSON.string))]) }
    if let list = spans.member("commands", of: provider), let elements = spans.elements(of: list) {
      changes.append(Self.appended(text, to: list, isEmpty: elements.isEmpty))
    }
  }

  /// The whole text with what was added; nil if that is nothing.
  var bytes: [UInt8]? {
    var changes = changes
    if !added.isEmpty {
      let place = object.lowerBound + 1
      changes.append((place..<place, Array((members.isEmpty ? String(added.dropLast()) : added).utf8)))
    }
    return changes.isEmpty ? nil : spans.bytes(of: 0..<spans.bytes.count, inAnyOrder: changes)
  }

  /// What a list of kinds lacks that would keep an editor from asking for Inkling's actions; nil for nothing.
  ///
  /// - Parameter provider: LSP 3.17, "CodeActionOptions".
  static func withQuickFixes(
    _ spans: JSONSpans, provider: Range<Int>
  ) -> (range: Range<Int>, new: [UInt8])? {
    guard spans.bytes[provider.lowerBound] == UInt8(ascii: "{"),
      let kinds = spans.member("codeActionKinds", of: provider), let elements = spans.elements(of: kinds),
      !elements.contains(where: { spans.string($0) == "quickfix" })
    else { return nil }
    return appended("\"quickfix\"", to: kinds, isEmpty: elements.isEmpty)
  }

  // MARK: Legends

  /// Inkling's types of semantic tokens behind a server's. Lists that say what has changed since the last one are no longer offered:
  /// they would be those of one server.
  ///
  /// - Parameter provider: LSP 3.17, "SemanticTokensOptions". Nil if it has no legend.
  static func joined(
    _ spans: JSONSpans, provider: Range<Int>
  ) -> (changes: [(range: Range<Int>, new: [UInt8])], typeCount: Int)? {
    guard spans.bytes[provider.lowerBound] == UInt8(ascii: "{"),
      let legend = spans.member("legend", of: provider), spans.bytes[legend.lowerBound] == UInt8(ascii: "{"),
      let types = spans.member("tokenTypes", of: legend), let elements = spans.elements(of: types)
    else { return nil }
    let own = HeatMap.tokenTypes.map { JSON.string($0).serializedString() }.joined(separator: ",")
    var changes = [appended(own, to: types, isEmpty: elements.isEmpty)]
    if let full = spans.member("full", of: provider), spans.bytes[full.lowerBound] == UInt8(ascii: "{") {
      changes.append((full, Array("true".utf8)))
    }
    return (changes, elements.count)
  }

  private static func appended(
    _ text: String, to array: Range<Int>, isEmpty: Bool
  ) -> (range: Range<Int>, new: [UInt8]) {
    let end = array.upperBound - 1
    return (end..<end, Array(((isEmpty ? "" : ",") + text).utf8))
  }
}
