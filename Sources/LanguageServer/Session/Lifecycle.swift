import JSON
import LanguageServerProtocol
import Platform

/// `initialize`; everything costly waits until the first document is opened.
enum InitializeRequest: ImmediateRequest {
  static let method = "initialize"

  static func answer(_ params: InitializeParams, _ context: RequestContext) -> JSON {
    let services = context.services
    // The server ends with the process that started it, even if that leaves the pipes open.
    if let process = params.processID, process > 0 { services.watchProcess(process) }
    services.connection.setTrace(params.trace)
    services.settings.change { layers in
      layers.folders = params.folders
      layers.initializationOptions = params.options
    }
    // Some clients count otherwise than they say, or than the protocol says where they say nothing.
    let encoding = services.settings.current.positionEncoding ?? params.client.preferredEncoding
    services.connection.setClient(params.client, encoding)
    services.connection.enter(.initialized)
    return [
      "capabilities": capabilities(for: params.client, encoding),
      "serverInfo": ["name": "inkling", "version": .string(services.version)],
    ]
  }

  /// What the answer offers: everything but what the client lets us register later.
  private static func capabilities(for client: ClientCapabilities, _ encoding: PositionEncoding) -> JSON {
    var capabilities: JSONObject = [
      "positionEncoding": .string(encoding.rawValue),
      "textDocumentSync": ["openClose": true, "change": 2, "save": ["includeText": false]],
      "executeCommandProvider": [
        "commands": .array(ExecuteCommandRequest.commands.map { .string($0.name) }),
        "workDoneProgress": true,
      ],
      "workspace": ["workspaceFolders": ["supported": true, "changeNotifications": true]],
    ]
    if client.notebooks {
      capabilities["notebookDocumentSync"] = [
        "notebookSelector": [["notebook": "*", "cells": [["language": "*"]]]], "save": true,
      ]
    }
    for feature in RequestTable.features(for: client) where !client.dynamicMethods.contains(feature.method) {
      capabilities[feature.name] = feature.capability
    }
    return .object(capabilities)
  }
}

/// `shutdown`.
enum ShutdownRequest: ImmediateRequest {
  static let method = "shutdown"

  static func answer(_ params: NoParams, _ context: RequestContext) -> JSON {
    context.services.connection.enter(.shutDown)
    context.services.trainer.queue.stop()
    return .null
  }
}

extension Services {
  /// What the client is asked to watch: projects' own files, and text that neighbours' counts are made of.
  private static let watchedGlobs = [
    "**/.inkling/config.json", "**/.inkling/dictionary.txt", "**/.inkling/model/model.json",
    "**/.inkling/model.forgotten", "**/*",
  ]

  static func didInitialize(_ params: NoParams, _ services: Services) {
    let client = services.connection.client.capabilities
    let registrations = registrations(for: client)
    if !registrations.isEmpty {
      services.connection.request("client/registerCapability", ["registrations": .array(registrations)])
    }
    if client.configuration { services.pullConfiguration() }
    services.models.openAhead()
    let settings = services.settings
    let folders = settings.folders.map(\.uri)
    if folders.contains(where: { settings.settings(ofFolder: $0).recurrentTraining == .idle }) {
      services.trainer.watchIdleness()
    }
    services.trainWorkspacesSoon(folders)
  }

  private static func registrations(for client: ClientCapabilities) -> [JSON] {
    var registrations = RequestTable.features(for: client)
      .filter { client.dynamicMethods.contains($0.method) }.map(\.registration)
    if client.registersConfiguration {
      registrations.append(["id": "configuration", "method": "workspace/didChangeConfiguration"])
    }
    if client.registersWatchedFiles {
      registrations.append([
        "id": "files", "method": "workspace/didChangeWatchedFiles",
        "registerOptions": [
          "watchers": .array(watchedGlobs.map { ["globPattern": .string($0), "kind": 7] })
        ],
      ])
    }
    return registrations
  }

  static func didChangeFolders(_ params: DidChangeFoldersParams, _ services: Services) {
    let removed = params.removed.map(\.uri)
    services.settings.change { layers in
      layers.folders.removeAll { removed.contains($0.uri) }
      for uri in removed { layers.folderConfigurations[uri] = nil }
      for folder in params.added where !layers.folders.contains(where: { $0.uri == folder.uri }) {
        layers.folders.append(folder)
      }
    }
    for path in removed.compactMap({ folderPath(ofURI: $0) }) { services.trainer.queue.abandon(folder: path) }
    if services.connection.client.capabilities.configuration && !params.added.isEmpty {
      services.pullConfiguration()
    }
    services.aside { services.settings.checkProjects() }
    services.trainWorkspacesSoon(params.added.map(\.uri))
  }

  /// Trains folders' models in a moment, when the configuration has come that may forbid it.
  private func trainWorkspacesSoon(_ uris: [String]) {
    guard !uris.isEmpty else { return }
    scheduler.schedule(afterMilliseconds: 1000) { [self] in
      aside { [self] in trainer.trainWorkspaces(settings.folders.filter { uris.contains($0.uri) }) }
    }
  }
}
