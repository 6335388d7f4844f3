import JSON
import LanguageServerProtocol
import Platform
import Prediction
import Synchronization

/// The settings of a session, its workspace folders and its documents, kept up to date with the client and with projects' own
/// files.
final class SettingsStore: Sendable {
  private struct State: Sendable {
    var layers: SettingsLayers
    /// Why projects' files are not used, as far as it was said.
    var shownRefusals: Set<Failure> = []
    /// What of the settings was complained about already.
    var shownProblems: Set<String> = []
    var observer: (@Sendable (SettingsChange) -> Void)?
  }

  private let connection: Connection
  private let documents: OpenDocuments
  private let state: Mutex<State>

  init(base: Settings, connection: Connection, documents: OpenDocuments) {
    self.connection = connection
    self.documents = documents
    state = Mutex(State(layers: SettingsLayers(base: base)))
  }

  /// - Parameter observer: is told of every change, by whoever makes it.
  func observe(_ observer: @escaping @Sendable (SettingsChange) -> Void) {
    state.withLock { $0.observer = observer }
  }

  // MARK: What holds

  /// For the session.
  var current: Settings { state.withLock { $0.layers.settings } }
  var folders: [WorkspaceFolder] { state.withLock { $0.layers.folders } }

  /// For a document.
  func settings(for uri: String) -> Settings { state.withLock { $0.layers.settings(for: uri) } }

  /// For a workspace folder, without what its project's own file says.
  func settings(ofFolder uri: String) -> Settings { state.withLock { $0.layers.settings(ofFolder: uri) } }

  /// For a workspace folder and its project. Reads the project's files.
  func settings(ofFolderAndProject uri: String) -> Settings {
    let base = state.withLock { $0.layers.layer(ofFolder: uri) }
    guard let path = folderPath(ofURI: uri), base.settings.trust.refusal(ofProject: path) == nil,
      fileExists(path + "/" + ProjectFiles.configurationPath)
    else { return base.settings }
    return ProjectFiles(root: path, trust: base.settings.trust).settings(over: base).settings
  }

  /// The folder that holds a document's `.inkling`, if it has been looked for.
  func projectRoot(of uri: String) -> String? { state.withLock { $0.layers.scopes[uri]?.projectRoot } }

  /// The workspace folder that a document is in; for a document without a file the first one.
  func workspaceFolder(of uri: String) -> (uri: String, path: String)? {
    let folders = folders.compactMap { folder in
      folderPath(ofURI: folder.uri).map { (uri: folder.uri, path: $0) }
    }
    guard let path = filePath(ofURI: uri) else { return folders.first }
    return folders.filter { path.hasPrefix($0.path == "/" ? "/" : $0.path + "/") }
      .max { $0.path.utf8.count < $1.path.utf8.count }
  }

  // MARK: Changes

  /// Changes what settings are made of, lays them anew, names what is wrong in them and was not named before, and tells the
  /// observer what has become different.
  func change(_ body: (inout SettingsLayers) -> Void) {
    let isInitialized = connection.isInitialized
    let (change, observer) = state.withLock { state in
      var change = SettingsChange()
      let uris = documents.uris
      let folders = state.layers.folders.map(\.uri)
      let before = uris.map { state.layers.settings(for: $0) }
      let foldersBefore = folders.map { state.layers.settings(ofFolder: $0) }
      let session = state.layers.settings
      body(&state.layers)
      let problems = state.layers.lay()
      change.problems = problems.filter { !state.shownProblems.contains($0) }
      state.shownProblems = Set(problems)
      change.session = (session, state.layers.settings)
      change.documents = zip(uris, before)
        .map { (uri: $0, before: $1, after: state.layers.settings(for: $0)) }
        .filter { $0.before != $0.after }
      change.folders = zip(folders, foldersBefore)
        .map { (uri: $0, before: $1, after: state.layers.settings(ofFolder: $0)) }
        .filter { $0.before != $0.after }
      change.isInitialized = isInitialized
      return (change, state.observer)
    }
    observer?(change)
  }

  /// A document was closed.
  func forget(_ uri: String) {
    state.withLock { state in
      state.layers.scopes[uri] = nil
      state.layers.scopes.giveBackRoom()
    }
  }

  // MARK: Projects

  /// Reads what the projects of open documents say, if it is new or has changed, and takes it up. Looks at the disk.
  func checkProjects() { takeUpProjects(of: documents.all.map(\.identity)) }

  /// The same for some documents.
  func takeUpProjects(of identities: [DocumentIdentity]) {
    let trust = current.trust
    documents.engines.take(current)
    let (scopes, refusals) = scopes(of: identities, trust)
    showOnce(refusals)
    let roots = Set(scopes.values.compactMap(\.projectRoot))
    let known = state.withLock { $0.layers.projects }
    var fresh: [String: ProjectFiles] = [:]
    for root in roots where known[root].map({ $0.isOutdated || $0.trust != trust }) ?? true {
      fresh[root] = ProjectFiles(root: root, trust: trust)
    }
    let userWords = ProjectFiles.userDictionaryPath().map(ProjectFiles.words(in:)) ?? []
    guard isNews(scopes, fresh, userWords) else { return }
    change { layers in
      // A document may have been closed meanwhile.
      for (uri, scope) in scopes where documents[uri] != nil { layers.scopes[uri] = scope }
      layers.projects.merge(fresh) { $1 }
      layers.userWords = userWords
    }
  }

  private func scopes(
    of identities: [DocumentIdentity], _ trust: ProjectTrust
  ) -> ([String: SettingsScope], refusals: [Failure]) {
    var refusals: [Failure] = []
    var scopes: [String: SettingsScope] = [:]
    for identity in identities {
      let folder = workspaceFolder(of: identity.notebookURI ?? identity.uri)
      let path = identity.path ?? folder.map { $0.path + "/untitled" }
      scopes[identity.uri] = SettingsScope(
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
    return (scopes, refusals)
  }

  /// Whether settings have to be laid anew. What holds for others in the same place need not: thousands of documents that are
  /// opened together are not laid out again for each of them.
  private func isNews(
    _ scopes: [String: SettingsScope], _ fresh: [String: ProjectFiles], _ userWords: Set<String>
  ) -> Bool {
    state.withLock { state in
      var isNews = !fresh.isEmpty || state.layers.userWords != userWords
      for (uri, scope) in scopes where documents[uri] != nil && state.layers.scopes[uri] != scope {
        if state.layers.scopes[uri] == nil && state.layers.scopedSettings[scope] != nil {
          state.layers.scopes[uri] = scope
        } else {
          isNews = true
        }
      }
      return isNews
    }
  }

  /// Says why projects' files are not used, once for each.
  private func showOnce(_ refusals: [Failure]) {
    let news = state.withLock { state in refusals.filter { state.shownRefusals.insert($0).inserted } }
    for refusal in news { connection.show(.warning, refusal.description) }
  }
}

/// Whose settings became others.
struct SettingsChange: Sendable {
  var session = (before: Settings(), after: Settings())
  var documents: [(uri: String, before: Settings, after: Settings)] = []
  var folders: [(uri: String, before: Settings, after: Settings)] = []
  /// What is wrong with them and was not said yet.
  var problems: [String] = []
  /// Before `initialize` is answered there is nothing to refresh, and the client may not be asked for anything.
  var isInitialized = false
}

/// The path of a folder, without slashes at its end; nil for a URI of something else than a file.
func folderPath(ofURI uri: String) -> String? {
  guard var path = filePath(ofURI: uri) else { return nil }
  while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
  return path
}
