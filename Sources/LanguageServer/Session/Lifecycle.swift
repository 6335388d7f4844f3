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
      // Everything here is optional: what this server does not know of a client must not keep it from a session.
      let process = params["processId"].integerIfAny
      let client = ClientCapabilities(params["capabilities"].value)
      let trace = params["trace"].stringIfAny.flatMap(Trace.init) ?? .off
      let folders = Self.folders(params)
      let encoding = client.preferredEncoding
      // The server ends with the process that started it, even if that leaves the pipes open.
      if let process, let number = Int32(exactly: process), number > 0 { watchProcess(number) }
      let options = params["initializationOptions"].optional?.value
      changeSettings { state in
        state.client = client
        state.encoding = encoding
        state.trace = trace
        state.folders = folders
        state.initializationOptions = options
      }
      state.withLock { $0.phase = .initialized }
      return [
        "capabilities": serverCapabilities(for: client, encoding),
        "serverInfo": ["name": "inkling", "version": .string(version)],
      ]
    } catch { throw .invalidParams(error) }
  }

  /// `workspaceFolders`, or what older clients send instead.
  private static func folders(_ params: JSONDecoding) -> [WorkspaceFolder] {
    if let array = params["workspaceFolders"].value?.arrayValue, !array.isEmpty {
      return array.compactMap(folder)
    }
    if let uri = params["rootUri"].stringIfAny, !uri.isEmpty { return [WorkspaceFolder(uri: uri, name: uri)] }
    if let path = params["rootPath"].stringIfAny, path.hasPrefix("/") {
      return [WorkspaceFolder(uri: fileURI(ofPath: path), name: path)]
    }
    return []
  }

  static func folder(_ json: JSON) -> WorkspaceFolder? {
    json["uri"]?.stringValue.map { WorkspaceFolder(uri: $0, name: json["name"]?.stringValue ?? $0) }
  }

  /// A capability that can be offered in the answer to `initialize` or registered later.
  private struct Feature {
    /// As `client/registerCapability` names it.
    var method: String
    /// As the server's capabilities name it.
    var name: String
    var options: JSONObject
  }

  /// What the server offers this client.
  private static func features(for client: ClientCapabilities) -> [Feature] {
    var features = [
      Feature(
        method: "textDocument/completion", name: "completionProvider",
        options: [
          "triggerCharacters": [" ", ".", "(", "[", "{", ",", "=", ":", "<", "\"", "'", "/", "-"],
          "resolveProvider": true, "completionItem": ["labelDetailsSupport": true],
        ]), Feature(method: "textDocument/hover", name: "hoverProvider", options: [:]),
    ]
    if client.pullsDiagnostics {
      features.append(
        Feature(
          method: "textDocument/diagnostic", name: "diagnosticProvider",
          options: ["identifier": "inkling", "interFileDependencies": false, "workspaceDiagnostics": false]))
    }
    if client.semanticTokens {
      features.append(
        Feature(
          method: "textDocument/semanticTokens", name: "semanticTokensProvider",
          options: [
            "legend": ["tokenTypes": .array(HeatMap.tokenTypes.map(JSON.string)), "tokenModifiers": []],
            "full": true, "range": true,
          ]))
    }
    if client.inlineCompletion {
      features.append(
        Feature(method: "textDocument/inlineCompletion", name: "inlineCompletionProvider", options: [:]))
    }
    if client.codeActions {
      features.append(
        Feature(
          method: "textDocument/codeAction", name: "codeActionProvider",
          options: client.codeActionLiterals ? ["codeActionKinds": ["quickfix"]] : [:]))
    }
    return features
  }

  /// What the answer to `initialize` offers: everything but what the client lets us register later.
  private func serverCapabilities(for client: ClientCapabilities, _ encoding: PositionEncoding) -> JSON {
    var capabilities: JSONObject = [
      "positionEncoding": .string(encoding.rawValue),
      "textDocumentSync": ["openClose": true, "change": 2, "save": ["includeText": false]],
      "executeCommandProvider": [
        "commands": .array(Self.commands.map(JSON.string)), "workDoneProgress": true,
      ],
      "workspace": ["workspaceFolders": ["supported": true, "changeNotifications": true]],
    ]
    if client.notebooks {
      capabilities["notebookDocumentSync"] = [
        "notebookSelector": [["notebook": "*", "cells": [["language": "*"]]]], "save": true,
      ]
    }
    for feature in Self.features(for: client) where !client.dynamicMethods.contains(feature.method) {
      capabilities[feature.name] = feature.options.isEmpty ? true : .object(feature.options)
    }
    return .object(capabilities)
  }

  func didInitialize() {
    let client = state.withLock { $0.client }
    var registrations: [JSON] = []
    for feature in Self.features(for: client) where client.dynamicMethods.contains(feature.method) {
      var options = feature.options
      // The documents that the client starts the server for.
      options["documentSelector"] = .null
      registrations.append([
        "id": .string(feature.name), "method": .string(feature.method), "registerOptions": .object(options),
      ])
    }
    if client.registersConfiguration {
      registrations.append(["id": "configuration", "method": "workspace/didChangeConfiguration"])
    }
    if client.registersWatchedFiles {
      registrations.append([
        "id": "files", "method": "workspace/didChangeWatchedFiles",
        "registerOptions": [
          "watchers": .array(Self.watchedGlobs.map { ["globPattern": .string($0), "kind": 7] })
        ],
      ])
    }
    if !registrations.isEmpty {
      request("client/registerCapability", ["registrations": .array(registrations)])
    }
    if client.configuration { pullConfiguration() }
    let (settings, folders) = state.withLock { ($0.settings, $0.folders.map(\.uri)) }
    openModelsAhead()
    openLog(settings.logPath)
    if folders.contains(where: { uri in
      state.withLock { $0.settings(ofFolder: uri).recurrentTraining == .idle }
    }) {
      watchIdleness()
    }
    trainWorkspacesSoon(folders)
  }

  func shutDown() -> JSON {
    state.withLock { $0.phase = .shutDown }
    training.stop()
    return .null
  }

  func didChangeFolders(_ params: JSONDecoding) {
    let added = params["event"]["added"].value?.arrayValue?.compactMap(Self.folder) ?? []
    let removed = params["event"]["removed"].value?.arrayValue?.compactMap(Self.folder).map(\.uri) ?? []
    changeSettings { state in
      state.folders.removeAll { removed.contains($0.uri) }
      for uri in removed { state.folderConfigurations[uri] = nil }
      for folder in added where !state.folders.contains(where: { $0.uri == folder.uri }) {
        state.folders.append(folder)
      }
    }
    for path in removed.compactMap({ Self.trimmed(filePath(ofURI: $0)) }) { training.abandon(folder: path) }
    if state.withLock({ $0.client.configuration }) && !added.isEmpty { pullConfiguration() }
    scheduler.submit(.background, in: modelCheck.lane, once: checkProjects)
    trainWorkspacesSoon(added.map(\.uri))
  }

  /// Trains folders' models in a moment, when the configuration has come that may forbid it.
  private func trainWorkspacesSoon(_ uris: [String]) {
    guard !uris.isEmpty else { return }
    scheduler.schedule(afterMilliseconds: 1000) { [self] in
      trainWorkspaces(state.withLock { $0.folders.filter { uris.contains($0.uri) } })
    }
  }
}
