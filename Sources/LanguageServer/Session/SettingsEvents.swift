import JSON
import LanguageServerProtocol
import Platform

/// What changes settings, and what a change of theirs changes.
extension Services {
  /// Asks the client for the section `inkling` of its settings: those of the session, and those of every workspace
  /// folder.
  func pullConfiguration() {
    let folders = settings.folders.map(\.uri)
    let items: [JSON] =
      [["section": "inkling"]] + folders.map { ["scopeUri": .string($0), "section": "inkling"] }
    connection.request("workspace/configuration", ["items": .array(items)]) { [self] result in
      guard case .success(let sections) = result else { return }
      settings.change { layers in
        if let session = Self.section(sections[0]) { layers.configuration = session }
        for (index, uri) in folders.enumerated() where layers.folders.contains(where: { $0.uri == uri }) {
          // A client that has nothing to say of a folder means the session's.
          layers.folderConfigurations[uri] = Self.section(sections[index + 1])
        }
      }
    }
  }

  /// What a client says; nil if it says null.
  private static func section(_ json: JSON?) -> JSON? {
    if let json, json != .null { return json }
    return .none
  }

  static func didChangeConfiguration(_ params: DidChangeConfigurationParams, _ services: Services) {
    let isAsked = services.connection.client.capabilities.configuration
    if let sent = params.settings?["inkling"] {
      services.settings.change { $0.configuration = section(sent) }
    } else if !isAsked, let sent = params.settings, sent.objectValue?.isEmpty == false {
      services.settings.change { $0.configuration = sent }
    }
    // What is sent says nothing of the folders.
    if isAsked { services.pullConfiguration() }
  }

  /// Does what differences in settings ask for.
  func takeUp(_ change: SettingsChange) {
    if change.session.after.logPath != connection.logPath { aside { [self] in openLog() } }
    if !change.problems.isEmpty {
      connection.show(.warning, "settings ignored: " + change.problems.joined(separator: "; "))
    }
    guard change.isInitialized else { return }
    documents.engines.setReadsStagedDiffs(change.session.after.readsStagedDiffs)
    if change.session.before.trust != change.session.after.trust {
      documents.engines.setTrust(change.session.after.trust)
      models.check(atOnce: true)
    }
    if change.session.before.layers != change.session.after.layers {
      documents.engines.setLayers(change.session.after.layers)
      models.check(atOnce: true)
    }
    let models = Set(change.documents.filter { $0.before.model != $0.after.model }.map(\.uri))
    if !models.isEmpty { self.models.reopenEngines(of: models.compactMap { documents[$0] }) }
    func differs<Value: Equatable>(_ path: KeyPath<Settings, Value>) -> Bool {
      change.documents.contains { $0.before[keyPath: path] != $0.after[keyPath: path] }
    }
    if differs(\.diagnostics) || !models.isEmpty { publisher.refreshMarks() }
    if differs(\.isHeatMapEnabled) || !models.isEmpty { publisher.refreshHeatMap() }
    if differs(\.completion.usesNearbyFiles) {
      documents.engines.forgetNearbyFiles()
      self.models.prepareNearby()
    }
    takeUpTraining(change)
  }

  private func takeUpTraining(_ change: SettingsChange) {
    let folders = settings.folders
    func wanted(_ isWanted: (Settings) -> Bool) -> [WorkspaceFolder] {
      let uris = change.folders.filter { isWanted($0.after) && !isWanted($0.before) }.map(\.uri)
      return folders.filter { uris.contains($0.uri) }
    }
    for folder in wanted({ !$0.trainsWorkspaces }) {
      if let path = folderPath(ofURI: folder.uri) { trainer.queue.abandon(folder: path) }
    }
    let isWantedNow = wanted(\.trainsWorkspaces)
    if !isWantedNow.isEmpty { aside { [self] in trainer.trainWorkspaces(isWantedNow) } }
    if !wanted({ $0.recurrentTraining == .idle }).isEmpty { trainer.watchIdleness() }
  }

  /// Opens the log that is asked for, or closes the one there is.
  func openLog() {
    let path = settings.current.logPath
    guard connection.logPath != path else { return }
    connection.setLog(nil)
    guard let path else { return }
    do throws(Failure) { connection.setLog(try LogFile(path: path)) } catch {
      connection.show(.warning, error.description)
    }
  }
}
