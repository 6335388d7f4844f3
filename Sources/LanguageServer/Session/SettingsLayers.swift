import JSON
import Platform
import Prediction

/// What decides, beside the session's own, which settings hold for a document.
struct SettingsScope: Hashable, Sendable {
  /// The workspace folder that it belongs to; of a document without a file, the first one.
  var folderURI: String?
  /// The nearest folder above it that has an `.inkling`.
  var projectRoot: String?
}

extension Session.State {
  /// The settings that hold for a document.
  func settings(for uri: String) -> Settings {
    scopes[uri].flatMap { scopedSettings[$0] } ?? settings
  }

  /// The settings that hold for a workspace folder, without what its project's own file says.
  func settings(ofFolder uri: String) -> Settings {
    scopedSettings[SettingsScope(folderURI: uri)] ?? settings
  }

  /// The same, with what of it the person has said.
  func layer(ofFolder uri: String) -> SettingsLayer { folderLayers[uri] ?? sessionLayer }

  /// Lays the settings anew, each layer over those before it: the command line's, the initialization options, the
  /// client's configuration for the session or for a folder, the project's own.
  ///
  /// - Returns: what is wrong in them, each sentence once.
  mutating func laySettings() -> [String] {
    var problems: [String] = []
    func note(_ found: [String]) { problems += found.filter { !problems.contains($0) } }

    let words = settings.diagnostics.acceptedWords
    var options = SettingsLayer(settings: baseSettings)
    if baseSettings.model != nil { options.said.insert("model") }
    if let initializationOptions { note(options.lay(initializationOptions)) }
    options.settings.diagnostics.acceptedWords = words
    var session = options
    if let configuration { note(session.lay(configuration)) }
    sessionLayer = session
    settings = session.settings
    let usedRoots = Set(scopes.values.compactMap(\.projectRoot))
    projects = projects.filter { usedRoots.contains($0.key) }
    scopedSettings = [:]
    folderLayers = [:]
    for scope in Set(folders.map { SettingsScope(folderURI: $0.uri) }).union(scopes.values) {
      var scoped = session
      if let uri = scope.folderURI, let folder = folderConfigurations[uri] {
        scoped = options
        note(scoped.lay(folder))
        // There is one log, and one list of whom to trust.
        scoped.settings.logPath = settings.logPath
        scoped.settings.trust = settings.trust
        folderLayers[uri] = scoped
      }
      if let project = scope.projectRoot.flatMap({ projects[$0] }) {
        let (changed, found) = project.settings(over: scoped)
        scoped.settings = changed
        note(found)
      }
      scopedSettings[scope] = scoped.settings
    }
    return problems
  }
}

extension Session {
  /// The settings that hold for a document.
  func settings(for uri: String) -> Settings { state.withLock { $0.settings(for: uri) } }

  /// The workspace folder that a document is in; for a document without a file the first one.
  func workspaceFolder(of uri: String) -> (uri: String, path: String)? {
    let folders = state.withLock { $0.folders }.compactMap { folder in
      Self.trimmed(filePath(ofURI: folder.uri)).map { (uri: folder.uri, path: $0) }
    }
    guard let path = filePath(ofURI: uri) else { return folders.first }
    return folders.filter { path.hasPrefix($0.path == "/" ? "/" : $0.path + "/") }
      .max { $0.path.utf8.count < $1.path.utf8.count }
  }

  /// Reads what the projects of open documents say, if it is new or has changed, and takes it up.
  func checkProjects() {
    takeUpProjects(of: state.withLock { $0.documents.values.map(\.identity) })
  }

  /// The same for some documents.
  func takeUpProjects(of documents: [DocumentIdentity]) {
    let trust = state.withLock { $0.settings.trust }
    engines.setTrust(trust)
    var refusals: [Failure] = []
    var scopes: [String: SettingsScope] = [:]
    for document in documents {
      let folder = workspaceFolder(of: document.notebookURI ?? document.uri)
      let path = document.path ?? folder.map { $0.path + "/untitled" }
      scopes[document.uri] = SettingsScope(
        folderURI: folder?.uri,
        projectRoot: path.flatMap {
          ProjectFiles.root(above: $0, trust: trust) { if !refusals.contains($0) { refusals.append($0) } }
        })
    }
    for root in Set(scopes.values.compactMap(\.projectRoot)) {
      if let refusal = trust.refusal(of: root + "/" + ModelLocator.relativePath, inProject: root) {
        refusals.append(refusal)
      }
    }
    showOnce(refusals)
    let known = state.withLock { $0.projects }
    var fresh: [String: ProjectFiles] = [:]
    for root in Set(scopes.values.compactMap(\.projectRoot))
    where known[root].map({ $0.isOutdated || $0.trust != trust }) ?? true {
      fresh[root] = ProjectFiles(root: root, trust: trust)
    }
    let userWords = ProjectFiles.userDictionaryPath().map(ProjectFiles.words(in:)) ?? []
    let isNews = state.withLock { state -> Bool in
      var isNews = !fresh.isEmpty || state.settings.diagnostics.acceptedWords != userWords
      for (uri, scope) in scopes where state.documents[uri] != nil && state.scopes[uri] != scope {
        if state.scopes[uri] == nil && state.scopedSettings[scope] != nil {
          // What holds for others in the same place: thousands of documents that are opened together are not laid out
          // again for each of them.
          state.scopes[uri] = scope
        } else {
          isNews = true
        }
      }
      return isNews
    }
    guard isNews else { return }
    changeSettings { state in
      // A document may have been closed meanwhile.
      for (uri, scope) in scopes where state.documents[uri] != nil { state.scopes[uri] = scope }
      state.projects.merge(fresh) { $1 }
      state.settings.diagnostics.acceptedWords = userWords
    }
  }

  /// Changes what settings are made of, lays them anew, names what is wrong in them and was not named before, and does
  /// what the differences ask for.
  func changeSettings(_ body: (inout State) -> Void) {
    let change = state.withLock { state in
      var change = SettingsChange()
      let uris = Array(state.documents.keys)
      let folders = state.folders.map(\.uri)
      let documents = uris.map { state.settings(for: $0) }
      let folderSettings = folders.map { state.settings(ofFolder: $0) }
      let session = state.settings
      body(&state)
      let problems = state.laySettings()
      change.news = problems.filter { !state.shownProblems.contains($0) }
      state.shownProblems = Set(problems)
      change.session = (session, state.settings)
      change.documents = zip(uris, documents)
        .map { (uri: $0, before: $1, after: state.settings(for: $0)) }
        .filter { $0.before != $0.after }
      change.folders = zip(folders, folderSettings)
        .map { (uri: $0, before: $1, after: state.settings(ofFolder: $0)) }
        .filter { $0.before != $0.after }
      change.isInitialized = state.phase == .initialized
      return change
    }
    takeUp(change)
  }

  private func takeUp(_ change: SettingsChange) {
    openLog(change.session.after.logPath)
    if !change.news.isEmpty { show(.warning, "settings ignored: " + change.news.joined(separator: "; ")) }
    guard change.isInitialized else { return }
    if change.session.before.trust != change.session.after.trust {
      engines.setTrust(change.session.after.trust)
      checkModels(atOnce: true)
    }
    let models = Set(change.documents.filter { $0.before.model != $0.after.model }.map(\.uri))
    if !models.isEmpty {
      reopenEngines(of: state.withLock { state in models.compactMap { state.documents[$0] } })
    }
    func differs<Value: Equatable>(_ path: KeyPath<Settings, Value>) -> Bool {
      change.documents.contains { $0.before[keyPath: path] != $0.after[keyPath: path] }
    }
    if differs(\.diagnostics) || !models.isEmpty { refreshDiagnostics() }
    if differs(\.isHeatMapEnabled) || !models.isEmpty { refreshSemanticTokens() }
    if differs(\.completion.usesNearbyFiles) {
      engines.forgetNearbyFiles()
      prepareNearby()
    }
    takeUpTraining(change)
  }

  private func takeUpTraining(_ change: SettingsChange) {
    let folders = state.withLock { $0.folders }
    func wanted(_ isWanted: (Settings) -> Bool) -> [WorkspaceFolder] {
      let uris = change.folders.filter { isWanted($0.after) && !isWanted($0.before) }.map(\.uri)
      return folders.filter { uris.contains($0.uri) }
    }
    for folder in wanted({ !$0.trainsWorkspaces }) {
      if let path = Self.trimmed(filePath(ofURI: folder.uri)) { training.abandon(folder: path) }
    }
    let isWantedNow = wanted(\.trainsWorkspaces)
    if !isWantedNow.isEmpty { trainWorkspaces(isWantedNow) }
    if !wanted({ $0.recurrentTraining == .idle }).isEmpty { watchIdleness() }
  }

  /// Says why projects' files are not used, once for each.
  private func showOnce(_ refusals: [Failure]) {
    let news = state.withLock { state in refusals.filter { state.shownRefusals.insert($0).inserted } }
    for refusal in news { show(.warning, refusal.description) }
  }

  /// Opens the log that is asked for, or closes the one there is.
  func openLog(_ path: String?) {
    guard logFile.withLock({ $0?.path }) != path else { return }
    var problem: Failure?
    logFile.withLock { file in
      file = nil
      guard let path else { return }
      do throws(Failure) { file = try LogFile(path: path) } catch { problem = error }
    }
    if let problem { show(.warning, problem.description) }
  }
}

/// Whose settings became others.
private struct SettingsChange: Sendable {
  var session = (before: Settings(), after: Settings())
  var documents: [(uri: String, before: Settings, after: Settings)] = []
  var folders: [(uri: String, before: Settings, after: Settings)] = []
  /// Problems that were not named yet.
  var news: [String] = []
  /// Before `initialize` is answered there is nothing to refresh, and the client may not be asked for anything.
  var isInitialized = false
}
