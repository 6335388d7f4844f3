import JSON

/// LSP 3.17, "WorkspaceFolder".
package struct WorkspaceFolder: Hashable, Sendable {
  package var uri: String
  package var name: String

  package init(uri: String, name: String) {
    self.uri = uri
    self.name = name
  }

  /// Nil for what is no folder.
  package init?(_ json: JSON) {
    guard let uri = json["uri"]?.stringValue else { return nil }
    self.init(uri: uri, name: json["name"]?.stringValue ?? uri)
  }
}

/// `initialize`. Everything is optional: what this server does not know of a client must not keep it from a session.
package struct InitializeParams: MessageParams {
  package var processID: Int32?
  package var client: ClientCapabilities
  package var trace: TraceValue
  package var folders: [WorkspaceFolder]
  package var options: JSON?

  package init(_ params: JSONDecoding) throws(JSONError) {
    _ = try params.object()
    processID = params["processId"].integerIfAny.flatMap { Int32(exactly: $0) }
    client = ClientCapabilities(params["capabilities"].value)
    trace = params["trace"].stringIfAny.flatMap(TraceValue.init) ?? .off
    folders = Self.folders(params)
    options = params["initializationOptions"].optional?.value
  }

  /// `workspaceFolders`, or what older clients send instead.
  private static func folders(_ params: JSONDecoding) -> [WorkspaceFolder] {
    if let array = params["workspaceFolders"].value?.arrayValue, !array.isEmpty {
      return array.compactMap { WorkspaceFolder($0) }
    }
    if let uri = params["rootUri"].stringIfAny, !uri.isEmpty { return [WorkspaceFolder(uri: uri, name: uri)] }
    if let path = params["rootPath"].stringIfAny, path.hasPrefix("/") {
      return [WorkspaceFolder(uri: fileURI(ofPath: path), name: path)]
    }
    return []
  }
}

/// A capability that can be offered in the answer to `initialize` or registered later.
package struct ServerFeature: Sendable {
  /// As `client/registerCapability` names it.
  package var method: String
  /// As the server's capabilities name it.
  package var name: String
  package var options: JSONObject

  package init(method: String, name: String, options: JSONObject = [:]) {
    self.method = method
    self.name = name
    self.options = options
  }

  /// As a member of the server's capabilities.
  package var capability: JSON { options.isEmpty ? true : .object(options) }

  /// As a registration for the documents that the client starts the server for.
  package var registration: JSON {
    var registered = options
    registered["documentSelector"] = .null
    return ["id": .string(name), "method": .string(method), "registerOptions": .object(registered)]
  }
}
