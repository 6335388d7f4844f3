import JSON
import Platform

extension Session {
  /// Asks the client for the section `inkling` of its settings: those of the session, and those of every workspace
  /// folder.
  func pullConfiguration() {
    let folders = state.withLock { $0.folders.map(\.uri) }
    let items: [JSON] =
      [["section": "inkling"]] + folders.map { ["scopeUri": .string($0), "section": "inkling"] }
    request("workspace/configuration", ["items": .array(items)]) { [self] result in
      guard case .success(let sections) = result else { return }
      changeSettings { state in
        if let session = Self.section(sections[0]) { state.configuration = session }
        for (index, uri) in folders.enumerated() where state.folders.contains(where: { $0.uri == uri }) {
          // A client that has nothing to say of a folder means the session's.
          state.folderConfigurations[uri] = Self.section(sections[index + 1])
        }
      }
    }
  }

  /// What a client says; nil if it says null.
  private static func section(_ json: JSON?) -> JSON? {
    if let json, json != .null { return json }
    return .none
  }

  /// Clients send the changed settings, or nothing where they expect to be asked.
  func didChangeConfiguration(_ params: JSONDecoding) {
    let sent = params["settings"].optional?.value
    let isAsked = state.withLock { $0.client.configuration }
    if let section = sent?["inkling"] {
      changeSettings { $0.configuration = Self.section(section) }
    } else if !isAsked, let sent, sent.objectValue?.isEmpty == false {
      changeSettings { $0.configuration = sent }
    }
    // What is sent says nothing of the folders.
    if isAsked { pullConfiguration() }
  }

  func refreshSemanticTokens() {
    let isPossible = state.withLock { $0.client.refreshesSemanticTokens && $0.phase == .initialized }
    if isPossible { request("workspace/semanticTokens/refresh", nil) }
  }
}
