import JSON

/// `workspace/didChangeConfiguration`: the changed settings, or nothing where the client expects to be asked.
package struct DidChangeConfigurationParams: MessageParams {
  package var settings: JSON?

  package init(_ params: JSONDecoding) { settings = params["settings"].optional?.value }
}

/// `workspace/didChangeWorkspaceFolders`.
package struct DidChangeFoldersParams: MessageParams {
  package var added: [WorkspaceFolder]
  package var removed: [WorkspaceFolder]

  package init(_ params: JSONDecoding) {
    func folders(_ key: String) -> [WorkspaceFolder] {
      params["event"][key].value?.arrayValue?.compactMap { WorkspaceFolder($0) } ?? []
    }
    added = folders("added")
    removed = folders("removed")
  }
}

/// `workspace/didChangeWatchedFiles`.
package struct DidChangeWatchedFilesParams: MessageParams {
  package var uris: [String] = []

  package init(_ params: JSONDecoding) throws(JSONError) {
    for change in try params["changes"].elements() { uris.append(try change["uri"].string()) }
  }
}

/// `$/cancelRequest`. The id of a client is nobody's where it is none.
package struct CancelParams: MessageParams {
  package var id: RequestID?

  package init(_ params: JSONDecoding) { id = params["id"].value.flatMap(RequestID.init) }
}

/// `$/setTrace`.
package struct SetTraceParams: MessageParams {
  package var value: TraceValue?

  package init(_ params: JSONDecoding) { value = params["value"].stringIfAny.flatMap(TraceValue.init) }
}

/// `window/workDoneProgress/cancel`.
package struct CancelProgressParams: MessageParams {
  package var token: JSON?

  package init(_ params: JSONDecoding) { token = params["token"].value }
}

/// `workspace/executeCommand`.
package struct ExecuteCommandParams: MessageParams {
  package var command: String
  /// Each command reads its own.
  package var arguments: JSONDecoding
  package var workDoneToken: JSON?

  package init(_ params: JSONDecoding) throws(JSONError) {
    command = try params["command"].string()
    arguments = params["arguments"]
    workDoneToken = params["workDoneToken"].optional?.value
  }
}
