import Corpora
import LanguageModeling
import Lexing
import Platform
import Prediction
import Synchronization

/// The engines of a server: grammars and models from disk, each opened when a document first needs it, shared by
/// all documents that use it, and dropped when the last of them is gone.
public final class ModelEngines: EngineProvider {
  /// A model directory as it is on disk now: another one after retraining.
  private struct Stamp: Hashable, Sendable {
    var path: String
    var description: FileVersion

    init?(path: String) {
      guard let description = FileVersion(path + "/model.json") else { return nil }
      self.path = path
      self.description = description
    }
  }

  /// What documents share: a model, and the words that were forgotten in it.
  private struct Key: Hashable, Sendable {
    /// Nil is no model at all.
    var stamp: Stamp?
    /// Where the model is or would be.
    var home: String?
    var forgotten: FileVersion?
  }

  private struct Loaded: Sendable {
    var model: Model?
    var neighbours: NeighbourCache
    let nearby: NearbyFiles
    let users = Users()
    /// Whether every byte of the model's files has been compared with what was written.
    var isVerified = false
    /// What was wrong with it, if it could not be opened or is damaged.
    var problem: Failure?
  }

  /// The documents that use something. Shared by all copies, which would copy a set with every document that is opened;
  /// touched under the lock of the state only.
  private final class Users: @unchecked Sendable {
    var uris: Set<String> = []
  }

  private struct State: Sendable {
    var loaded: [Key: Loaded] = [:]
    /// Of each open document.
    var keys: [String: Key] = [:]
    var paths: [String: String] = [:]
    /// Models whose content is not what was written.
    var damaged: [Stamp: Failure] = [:]
    var problems: [Failure] = []
    var grammars: GrammarLibrary?
    var hasLookedForGrammars = false
  }

  private let state = Mutex(State())

  public init() {}

  public func engine(for document: DocumentIdentity, text: [UInt8], modelPath: String?) -> any DocumentEngine
  {
    let key = Self.key(of: document, modelPath: modelPath)
    let (loaded, grammar) = state.withLock { state in
      Self.leave(document.uri, &state)
      let grammar = Self.grammar(of: document, text: text, &state)
      if state.loaded[key] == nil { state.loaded[key] = Self.open(key, &state) }
      let loaded = state.loaded[key] ?? Self.open(key, &state)
      loaded.users.uris.insert(document.uri)
      state.loaded[key] = loaded
      // What was opened ahead has been of use by now, or will not be.
      state.loaded = state.loaded.filter { !$0.value.users.uris.isEmpty }
      state.keys[document.uri] = key
      state.paths[document.uri] = document.path
      return (loaded, grammar)
    }
    // The open document is counted instead of its file.
    if let path = document.path { loaded.nearby.setOpen(path, true) }
    let isSecret = document.path.map { CorpusPrivacy.isSecretFile($0) } ?? false
    return PredictorEngine(
      DocumentPredictor(
        text: text, grammar: grammar, model: loaded.model, neighbours: loaded.neighbours,
        privacy: isSecret ? .everything : .secrets, indexesAtOnce: false))
  }

  public func openAhead(for documents: [DocumentIdentity], modelPath: String?) {
    for document in documents {
      let key = Self.key(of: document, modelPath: modelPath)
      state.withLock { state in
        // Once documents are open their models are.
        guard state.keys.isEmpty else { return }
        Self.loadGrammars(&state)
        if key.stamp != nil && state.loaded[key] == nil { state.loaded[key] = Self.open(key, &state) }
      }
    }
  }

  public func didClose(_ document: DocumentIdentity) {
    state.withLock { Self.leave(document.uri, &$0) }
  }

  public func isOutdated(_ document: DocumentIdentity, modelPath: String?) -> Bool {
    guard let known = state.withLock({ $0.keys[document.uri] }) else { return false }
    return known != Self.key(of: document, modelPath: modelPath)
  }

  // MARK: Files nearby

  public func noteNearby(_ document: DocumentIdentity) {
    guard let path = document.path else { return }
    let (loaded, grammars) = state.withLock { state in
      (state.keys[document.uri].flatMap { state.loaded[$0] }, state.grammars)
    }
    guard let loaded, let grammars else { return }
    loaded.nearby.note(path, workspaceFolder: document.workspaceFolder, grammars: grammars)
  }

  public func readNearbyFiles() -> Bool {
    let loaded = state.withLock { Array($0.loaded.values) }
    return loaded.contains { $0.nearby.readMore(into: $0.neighbours) }
  }

  public func forgetNearbyFiles() {
    for loaded in state.withLock({ Array($0.loaded.values) }) { loaded.nearby.forgetAll(loaded.neighbours) }
  }

  public func didChangeFile(_ path: String) {
    for loaded in state.withLock({ Array($0.loaded.values) }) {
      loaded.nearby.didChange(path, loaded.neighbours)
    }
  }

  // MARK: What opening left to do

  public func verifyModels() -> [String] {
    let unverified: [(Key, Model)] = state.withLock { state in
      state.loaded.compactMap { key, loaded in
        guard let model = loaded.model, !loaded.isVerified else { return nil }
        return (key, model)
      }
    }
    var concerned: [String] = []
    for (key, model) in unverified {
      do throws(Failure) {
        try model.verify()
        state.withLock { state in
          if state.loaded[key]?.model === model { state.loaded[key]?.isVerified = true }
        }
      } catch {
        concerned += state.withLock { Self.drop(key, error, &$0) }
      }
    }
    return concerned
  }

  /// Takes a damaged model out of use.
  ///
  /// - Returns: who used it.
  private static func drop(_ key: Key, _ problem: Failure, _ state: inout State) -> Set<String> {
    guard let stamp = key.stamp else { return [] }
    state.damaged = state.damaged.filter { $0.key.path != stamp.path }
    state.damaged[stamp] = problem
    state.problems.append(problem)
    guard let users = state.loaded[key]?.users.uris else { return [] }
    let loaded = open(key, &state)
    loaded.users.uris = users
    state.loaded[key] = loaded
    return users
  }

  /// Beyond this many bytes of files in memory, the program's own included, those of models are given back.
  private static let residentFileByteLimit = 40 << 20

  public func releasePages() {
    guard let resident = residentFileByteCount(), resident > Self.residentFileByteLimit else { return }
    for model in state.withLock({ $0.loaded.values.compactMap(\.model) }) { model.releasePages() }
  }

  public func openNetworks() -> Bool {
    let closed = state.withLock { state in
      state.loaded.values.filter(\.isVerified).compactMap(\.model).filter(\.isNetworkClosed)
    }
    for model in closed {
      do throws(Failure) { try model.openNetwork() } catch { state.withLock { $0.problems.append(error) } }
    }
    return closed.contains { $0.network != nil }
  }

  public func takeProblems() -> [Failure] {
    state.withLock { state in
      defer { state.problems = [] }
      return state.problems
    }
  }

  public func status() -> [ModelStatus] {
    state.withLock { state in
      state.loaded.filter { !$0.value.users.uris.isEmpty }.map { key, loaded in
        ModelStatus(
          path: key.stamp?.path, documentCount: loaded.users.uris.count,
          typeCount: loaded.model?.vocabulary.count,
          countedTokens: loaded.neighbours.tokenCount, nearbyFileCount: loaded.neighbours.keys.count,
          networkByteCount: loaded.model?.network?.network.weightByteCount,
          problem: loaded.problem?.description)
      }.sorted { ($0.path ?? "") < ($1.path ?? "") }
    }
  }

  // MARK: What is loaded

  /// The model directory of a document, or where its workspace's own would be; nil where there is neither.
  static func home(of document: DocumentIdentity, modelPath: String?) -> String? {
    if let modelPath { return modelPath }
    // A document without a file has the models of the first workspace folder, or of where the server was started.
    let path = document.path ?? document.workspaceFolder.map { $0 + "/untitled" }
    if let found = WorkspaceModels.locate(documentPath: path) { return found }
    return document.workspaceFolder.flatMap { WorkspaceModels.modelPath(forFolder: $0) }
  }

  private static func key(of document: DocumentIdentity, modelPath: String?) -> Key {
    let home = home(of: document, modelPath: modelPath)
    return Key(
      stamp: home.flatMap(Stamp.init), home: home,
      forgotten: home.flatMap { FileVersion(ForgottenList.path(besideModel: $0)) })
  }

  private static func open(_ key: Key, _ state: inout State) -> Loaded {
    var list = ForgottenList()
    var problem: Failure?
    do throws(Failure) {
      if let home = key.home { list = try ForgottenList.read(besideModel: home) }
      let model = try Self.model(key.stamp, state)
      let cache = NeighbourCache(model: model, forgotten: list.lastingWords)
      return Loaded(model: model, neighbours: cache, nearby: NearbyFiles(forgottenPaths: list.paths))
    } catch {
      problem = error
      // What is known to be damaged was told when that was found.
      if key.stamp.flatMap({ state.damaged[$0] }) == nil { state.problems.append(error) }
    }
    let cache = NeighbourCache(model: nil, forgotten: list.words(forModelTrainedAt: nil))
    return Loaded(neighbours: cache, nearby: NearbyFiles(forgottenPaths: list.paths), problem: problem)
  }

  private static func model(_ stamp: Stamp?, _ state: State) throws(Failure) -> Model? {
    guard let stamp else { return nil }
    if let problem = state.damaged[stamp] { throw problem }
    // The first answer does not wait until some hundred megabytes are read; `verifyModels` reads them meanwhile.
    return try Model(path: stamp.path, verification: .sizes)
  }

  private static func leave(_ uri: String, _ state: inout State) {
    guard let key = state.keys.removeValue(forKey: uri) else { return }
    let path = state.paths.removeValue(forKey: uri)
    state.keys.giveBackRoom()
    state.paths.giveBackRoom()
    state.loaded[key]?.users.uris.remove(uri)
    state.loaded[key]?.users.uris.giveBackRoom()
    if state.loaded[key]?.users.uris.isEmpty == true {
      state.loaded[key] = nil
    } else if let path, let loaded = state.loaded[key] {
      loaded.nearby.setOpen(path, false)
    }
  }

  private static func loadGrammars(_ state: inout State) {
    guard !state.hasLookedForGrammars else { return }
    state.hasLookedForGrammars = true
    do throws(Failure) {
      state.grammars = try GrammarLibrary.standard()
      state.problems += state.grammars?.problems ?? []
    } catch { state.problems.append(error) }
  }

  private static func grammar(of document: DocumentIdentity, text: [UInt8], _ state: inout State) -> Grammar {
    loadGrammars(&state)
    guard let grammars = state.grammars else { return .plainText }
    do throws(Failure) {
      if let grammar = try grammars.grammar(languageID: document.languageID) { return grammar }
      let firstLine = Array(text.prefix(256).prefix { $0 != 0x0A })
      if let path = document.path, let grammar = try grammars.grammar(forPath: path, firstLine: firstLine) {
        return grammar
      }
    } catch { state.problems.append(error) }
    return .plainText
  }
}
