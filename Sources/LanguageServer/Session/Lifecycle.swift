import JSON
import Platform

struct WorkspaceFolder: Hashable, Sendable {
  var uri: String
  var name: String
}

extension Session {
  /// Answers `initialize`; everything costly waits until the first document is opened.
  func initialize(_ params: JSONDecoding) throws(ResponseError) -> JSON {
    do throws(JSONError) {
      _ = try params.object()
      let process = try params["processId"].optional?.integer()
      let client = ClientCapabilities(params["capabilities"].value)
      let trace = try params["trace"].optional?.oneOf(Trace.self) ?? .off
      let folders = Self.folders(params)
      let encoding = client.preferredEncoding
      state.withLock { state in
        state.phase = .initialized
        state.client = client
        state.encoding = encoding
        state.trace = trace
        state.folders = folders
      }
      // The server ends with the process that started it, even if that leaves the pipes open.
      if let process, let number = Int32(exactly: process), number > 0 { watchProcess(number) }
      if let options = params["initializationOptions"].optional?.value {
        state.withLock { $0.initializationOptions = options }
        changeSettings(to: nil)
      }
      return [
        "capabilities": serverCapabilities(for: client, encoding),
        "serverInfo": ["name": "inkling", "version": .string(version)],
      ]
    } catch { throw .invalidParams(error) }
  }

  /// `workspaceFolders`, or what older clients send instead.
  private static func folders(_ params: JSONDecoding) -> [WorkspaceFolder] {
    if let array = params["workspaceFolders"].value?.arrayValue { return array.compactMap(folder) }
    if let uri = params["rootUri"].value?.stringValue { return [WorkspaceFolder(uri: uri, name: uri)] }
    if let path = params["rootPath"].value?.stringValue {
      return [WorkspaceFolder(uri: "file://" + path, name: path)]
    }
    return []
  }

  static func folder(_ json: JSON) -> WorkspaceFolder? {
    json["uri"]?.stringValue.map { WorkspaceFolder(uri: $0, name: json["name"]?.stringValue ?? $0) }
  }

  /// What the server offers this client.
  private func serverCapabilities(for client: ClientCapabilities, _ encoding: PositionEncoding) -> JSON {
    var capabilities: JSONObject = [
      "positionEncoding": .string(encoding.rawValue),
      "textDocumentSync": ["openClose": true, "change": 2, "save": ["includeText": false]],
      "completionProvider": [
        "triggerCharacters": [" ", ".", "(", "[", "{", ",", "=", ":", "<", "\"", "'", "/", "-"],
        "resolveProvider": true,
        "completionItem": ["labelDetailsSupport": true],
      ],
      "hoverProvider": true,
      "executeCommandProvider": ["commands": ["inkling.train"]],
      "workspace": ["workspaceFolders": ["supported": true, "changeNotifications": true]],
    ]
    if client.pullsDiagnostics {
      capabilities["diagnosticProvider"] = [
        "identifier": "inkling", "interFileDependencies": false, "workspaceDiagnostics": false,
      ]
    }
    if client.semanticTokens {
      capabilities["semanticTokensProvider"] = [
        "legend": ["tokenTypes": .array(HeatMap.tokenTypes.map(JSON.string)), "tokenModifiers": []],
        "full": true, "range": true,
      ]
    }
    if client.inlineCompletion { capabilities["inlineCompletionProvider"] = true }
    if client.codeActionLiterals { capabilities["codeActionProvider"] = ["codeActionKinds": ["quickfix"]] }
    return .object(capabilities)
  }

  func didInitialize() {
    let client = state.withLock { $0.client }
    if client.registersConfiguration {
      request(
        "client/registerCapability",
        ["registrations": [["id": "configuration", "method": "workspace/didChangeConfiguration"]]])
    }
    if client.configuration { pullConfiguration() }
    // A moment later, when the configuration has come that may forbid it.
    scheduler.schedule(afterMilliseconds: 1000) { [self] in trainWorkspaces(state.withLock { $0.folders }) }
  }

  func shutDown() -> JSON {
    state.withLock { $0.phase = .shutDown }
    training.stop()
    return .null
  }

  func didChangeFolders(_ params: JSONDecoding) {
    let added = params["event"]["added"].value?.arrayValue?.compactMap(Self.folder) ?? []
    let removed = params["event"]["removed"].value?.arrayValue?.compactMap(Self.folder).map(\.uri) ?? []
    state.withLock { state in
      state.folders.removeAll { removed.contains($0.uri) }
      for folder in added where !state.folders.contains(where: { $0.uri == folder.uri }) {
        state.folders.append(folder)
      }
    }
    trainWorkspaces(added)
  }
}
