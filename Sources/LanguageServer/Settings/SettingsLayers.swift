import JSON
import LanguageServerProtocol
import Platform
import Prediction

/// What decides, beside the session's own, which settings hold for a document.
struct SettingsScope: Hashable, Sendable {
  /// The workspace folder that it belongs to; of a document without a file, the first one.
  var folderURI: String?
  /// The nearest folder above it that has an `.inkling`.
  var projectRoot: String?
}

/// What settings are made of, and what all of it makes of the defaults: for the session, for each workspace folder, and for
/// each scope that an open document has.
struct SettingsLayers: Sendable {
  /// What the command line said, before any client's wishes.
  let base: Settings
  /// `initializationOptions`; a later configuration is laid over them, not over what came before it.
  var initializationOptions: JSON?
  /// What the client says for the session, and by their URIs for its workspace folders.
  var configuration: JSON?
  var folderConfigurations: [String: JSON] = [:]
  var folders: [WorkspaceFolder] = []
  /// Of each open document that has been read.
  var scopes: [String: SettingsScope] = [:]
  /// By their root folders.
  var projects: [String: ProjectFiles] = [:]
  /// The words of the user's own dictionary.
  var userWords: Set<String> = []

  /// For the session.
  private(set) var settings: Settings
  /// For each scope there is.
  private(set) var scopedSettings: [SettingsScope: Settings] = [:]
  /// What the person says for the session, and by their URIs for workspace folders that have something of their own.
  private var sessionLayer: SettingsLayer
  private var folderLayers: [String: SettingsLayer] = [:]

  init(base: Settings) {
    self.base = base
    settings = base
    sessionLayer = SettingsLayer(settings: base)
  }

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
  mutating func lay() -> [String] {
    var problems: [String] = []
    func note(_ found: [String]) { problems += found.filter { !problems.contains($0) } }

    var options = SettingsLayer(settings: base)
    if base.model != nil { options.said.insert("model") }
    if let initializationOptions { note(options.lay(initializationOptions)) }
    options.settings.diagnostics.acceptedWords = userWords
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
