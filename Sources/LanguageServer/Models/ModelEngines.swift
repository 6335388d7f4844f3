import Corpora
import LanguageModeling
import Lexing
import Platform
import Prediction
import Privacy
import Synchronization

/// The engines of a server: grammars and models from disk, each opened when a document first needs it, shared by
/// all documents that use it, and dropped when the last of them is gone.
///
/// Nothing is read under the lock of the state: what a document needs is looked up, opened outside, and noted.
package final class ModelEngines: EngineProvider {
  /// What documents share: a model, and the words that were forgotten in it.
  struct Key: Hashable, Sendable {
    /// Nil is no model at all.
    var stamp: ModelStamp?
    /// Where the model is or would be.
    var home: String?
    var forgotten: FileVersion?
    /// Where there is no model, the first is it.
    var layers: [LayerStamp] = []
  }

  struct Loaded: Sendable {
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
  final class Users: @unchecked Sendable {
    var uris: Set<String> = []
  }

  /// Something that is being opened: whoever needs it as well waits for that, and nobody else.
  final class Opening: Sendable {
    let result: Mutex<Loaded?>
    init(_ result: Loaded?) { self.result = Mutex(result) }
  }

  struct State: Sendable {
    var loaded: [Key: Loaded] = [:]
    var openings: [Key: Opening] = [:]
    /// Of each open document.
    var keys: [String: Key] = [:]
    var paths: [String: String] = [:]
    /// Of each open document's engine.
    var languageIDs: [String: String] = [:]
    /// Models whose content is not what was written.
    var damaged: [ModelStamp: Failure] = [:]
    /// Models that are or were written into while they were in use, by their paths; see `takeUpWholeModels`.
    var suspects: [String: Suspect] = [:]
    /// Paths of models that something was said of, and that were not right since.
    var announced: Set<String> = []
    var problems: [Failure] = []
    var trust = ProjectTrust()
    var layerSettings = LayerSettings()
    /// Of the layers of what is loaded.
    var layerModels: [LayerStamp: Model] = [:]
    /// Those whose every byte was compared with what was written.
    var verifiedLayers: Set<LayerStamp> = []
    /// Languages that people were told about, and what is to be said next.
    var advised: Set<String> = []
    var advice: [String] = []
    var readsStagedDiffs = false
  }

  let state = Mutex(State())
  /// What was in memory of files when those of models had last been given back.
  private let ownFileByteCount = Mutex(0)
  private let grammars = DocumentGrammars()

  package init() {}

  package func setTrust(_ trust: ProjectTrust) { state.withLock { $0.trust = trust } }

  package func setReadsStagedDiffs(_ reads: Bool) { state.withLock { $0.readsStagedDiffs = reads } }

  package func engine(for document: DocumentIdentity, text: [UInt8], modelPath: String?) -> any DocumentEngine
  {
    let key = key(of: document, modelPath: modelPath)
    let grammar = grammars.grammar(of: document, text: text, onProblem: note)
    let opened = load(key)
    let loaded = state.withLock { state in
      Self.leave(document.uri, &state)
      let loaded = state.loaded[key] ?? opened
      loaded.users.uris.insert(document.uri)
      state.loaded[key] = loaded
      // What was opened ahead has been of use by now, or will not be.
      state.loaded = state.loaded.filter { !$0.value.users.uris.isEmpty }
      Self.dropUnusedLayers(&state)
      state.keys[document.uri] = key
      state.paths[document.uri] = document.path
      state.languageIDs[document.uri] = grammar.languageID
      return loaded
    }
    // The open document is counted instead of its file.
    if let path = document.path { loaded.nearby.setOpen(path, true) }
    let isSecret = document.path.map { CorpusPrivacy.isSecretFile($0) } ?? false
    let predictor = DocumentPredictor(
      text: text, grammar: grammar, model: loaded.model, neighbours: loaded.neighbours,
      privacy: isSecret ? .everything : .secrets, indexesAtOnce: false)
    let (trust, readsStaged) = state.withLock { ($0.trust, $0.readsStagedDiffs) }
    if readsStaged, let staged = StagedDiff.read(for: document, grammar: grammar, text: text, trust: trust) {
      predictor.setDiff(staged)
    }
    return PredictorEngine(predictor)
  }

  package func openAhead(for documents: [DocumentIdentity], modelPath: String?) {
    for document in documents {
      // Once documents are open their models are.
      guard state.withLock({ $0.keys.isEmpty }) else { return }
      let key = key(of: document, modelPath: modelPath)
      _ = grammars.library(onProblem: note)
      guard key.stamp != nil || !key.layers.isEmpty else { continue }
      let opened = load(key)
      // No document's lane is to wait for them.
      DocumentPredictor.prepareWordLists()
      state.withLock { state in
        if state.keys.isEmpty && state.loaded[key] == nil { state.loaded[key] = opened }
      }
    }
  }

  package func didClose(_ document: DocumentIdentity) {
    state.withLock { Self.leave(document.uri, &$0) }
  }

  package func isInOtherLanguage(_ document: DocumentIdentity, text: [UInt8]) -> Bool {
    guard DocumentGrammars.saysNothing(document.languageID) else { return false }
    let languageID = grammars.grammar(of: document, text: text, onProblem: note).languageID
    return state.withLock { $0.languageIDs[document.uri] }.map { $0 != languageID } ?? false
  }

  package func isOutdated(_ document: DocumentIdentity, modelPath: String?) -> Bool {
    guard let known = state.withLock({ $0.keys[document.uri] }) else { return false }
    let now = key(of: document, modelPath: modelPath)
    guard known == now else {
      noteWriting(from: known.stamp, to: now.stamp)
      return true
    }
    return isDamaged(known)
  }

  // MARK: Files nearby

  package func noteNearby(_ document: DocumentIdentity) {
    guard let path = document.path else { return }
    let loaded = state.withLock { state in state.keys[document.uri].flatMap { state.loaded[$0] } }
    guard let loaded, let library = grammars.library(onProblem: note) else { return }
    loaded.nearby.note(path, workspaceFolder: document.workspaceFolder, grammars: library)
  }

  package func readNearbyFiles() -> Bool {
    let loaded = state.withLock { Array($0.loaded.values) }
    return loaded.contains { $0.nearby.readMore(into: $0.neighbours) }
  }

  package func forgetNearbyFiles() {
    for loaded in state.withLock({ Array($0.loaded.values) }) { loaded.nearby.forgetAll(loaded.neighbours) }
  }

  package func didChangeFile(_ path: String) {
    for loaded in state.withLock({ Array($0.loaded.values) }) {
      loaded.nearby.didChange(path, loaded.neighbours)
    }
  }

  // MARK: What opening left to do

  /// Reading more than this from the disk takes half a second and more.
  private static let largeByteCount = 1 << 28

  package var hasLargeUnverifiedModel: Bool {
    state.withLock { state in
      state.loaded.values.contains {
        !$0.isVerified && ($0.model?.directory?.byteCount ?? 0) > Self.largeByteCount
      }
    }
  }

  package func verifyModels() -> [String] {
    let unverified: [(Key, Model)] = state.withLock { state in
      state.loaded.compactMap { key, loaded in
        guard let model = loaded.model, !loaded.isVerified else { return nil }
        return (key, model)
      }
    }
    var concerned: [String] = []
    for (key, model) in unverified {
      // Nobody need know whether a model is whole that was closed or replaced meanwhile.
      let isWanted = { [self] in state.withLock { $0.loaded[key]?.model === model } }
      if verifyLayers(of: key, while: isWanted) {
        concerned += state.withLock { $0.loaded[key]?.users.uris ?? [] }
        continue
      }
      do throws(Failure) {
        if key.stamp != nil { try model.verify(while: isWanted) }
        if model.isDamaged { throw Self.changed(key.home ?? "") }
        state.withLock { state in
          guard state.loaded[key]?.model === model else { return }
          state.loaded[key]?.isVerified = true
          if let path = key.stamp?.path { state.announced.remove(path) }
        }
      } catch {
        if isWanted() { concerned += drop(key, error) }
      }
    }
    return concerned
  }

  /// Takes a damaged model out of use.
  ///
  /// - Returns: who used it.
  func drop(_ key: Key, _ problem: Failure) -> Set<String> {
    guard let stamp = key.stamp else { return [] }
    state.withLock { state in
      state.damaged = state.damaged.filter { $0.key.path != stamp.path }
      state.damaged[stamp] = problem
      Self.announce(problem, ofModelAt: stamp.path, &state)
    }
    let empty = open(key)
    return state.withLock { state in
      guard let users = state.loaded[key]?.users.uris else { return [] }
      empty.users.uris = users
      state.loaded[key] = empty
      return users
    }
  }

  /// Beyond this many bytes of files in memory, the program's own included, those of models are given back.
  private static let residentFileByteLimit = 40 << 20
  /// Models may have so many in memory, however large the program is.
  private static let modelFileByteLimit = 12 << 20

  /// And so many more while somebody types.
  private static let typedFileByteLimit = 32 << 20

  package func releasePages(during activity: Activity) {
    let kept = max(Self.residentFileByteLimit, ownFileByteCount.withLock { $0 } + Self.modelFileByteLimit)
    let limit = kept + (activity == .typing ? Self.typedFileByteLimit : 0)
    let isMuch = residentFileByteCount().map { $0 > limit } ?? false
    guard isMuch || activity == .idle else { return }
    for model in state.withLock({ $0.loaded.values.compactMap(\.model) }) {
      // Those of a large one lie all over it: to find them again takes longer than a key may.
      let isLarge = (model.directory?.byteCount ?? 0) > Self.largeByteCount
      if isMuch || !isLarge { model.releasePages() }
    }
    // What is left is the program.
    if isMuch, let left = residentFileByteCount() { ownFileByteCount.withLock { $0 = left } }
  }

  package func openNetworks() -> Bool {
    let verified = state.withLock { $0.loaded.values.filter(\.isVerified).compactMap(\.model) }
    for model in verified { model.prepareNames() }
    if !verified.isEmpty { DocumentPredictor.prepareWordLists() }
    let closed = verified.filter(\.isNetworkClosed)
    for model in closed {
      do throws(Failure) {
        try model.openNetwork()
        try model.openBackward()
      } catch { state.withLock { $0.problems.append(error) } }
    }
    return closed.contains { $0.network != nil }
  }

  package func takeProblems() -> [Failure] {
    state.withLock { state in
      defer { state.problems = [] }
      return state.problems
    }
  }

  package func status() -> [ModelStatus] {
    state.withLock { state in
      state.loaded.filter { !$0.value.users.uris.isEmpty }.map { key, loaded in
        ModelStatus(
          path: loaded.model?.directory?.path ?? key.stamp?.path, documentCount: loaded.users.uris.count,
          typeCount: loaded.model?.vocabulary.count,
          countedTokens: loaded.neighbours.tokenCount, nearbyFileCount: loaded.neighbours.keys.count,
          networkByteCount: loaded.model?.network?.network.weightByteCount,
          layers: loaded.model?.layers.map(LayerStatus.init) ?? [],
          problem: loaded.problem?.description)
      }.sorted { ($0.path ?? "") < ($1.path ?? "") }
    }
  }

  // MARK: What is loaded

  /// The model directory of a document, or where its workspace's own would be; nil where there is neither.
  static func home(of document: DocumentIdentity, modelPath: String?, trust: ProjectTrust) -> String? {
    if let modelPath { return modelPath }
    // A document without a file has the models of the first workspace folder, or of where the server was started.
    let path = document.path ?? document.workspaceFolder.map { $0 + "/untitled" }
    if let found = WorkspaceModels.locate(documentPath: path, trust: trust) { return found }
    return document.workspaceFolder.flatMap { WorkspaceModels.modelPath(forFolder: $0) }
  }

  private func key(of document: DocumentIdentity, modelPath: String?) -> Key {
    let home = Self.home(of: document, modelPath: modelPath, trust: state.withLock { $0.trust })
    let stamp = home.flatMap(ModelStamp.init)
    return Key(
      stamp: stamp, home: home,
      forgotten: home.flatMap { FileVersion(ForgottenList.path(besideModel: $0)) },
      layers: layers(of: document, below: stamp?.path))
  }

  /// What is loaded for a key, or is now: by one of those who need it, while the others wait.
  private func load(_ key: Key) -> Loaded {
    let opening: Opening = state.withLock { state in
      let opening = state.openings[key] ?? Opening(state.loaded[key])
      if state.loaded[key] == nil { state.openings[key] = opening }
      return opening
    }
    return opening.result.withLock { result in
      if let result { return result }
      let opened = open(key)
      result = opened
      state.withLock { state in
        if state.loaded[key] == nil { state.loaded[key] = opened }
        state.openings[key] = nil
      }
      return opened
    }
  }

  private func open(_ key: Key) -> Loaded {
    var list = ForgottenList()
    var problem: Failure?
    do throws(Failure) {
      let root = key.home.flatMap { confinement(ofModel: $0) }
      if let home = key.home {
        if let root, leadsOutside(ForgottenList.path(besideModel: home), of: root) {
          throw Failure(
            ForgottenList.path(besideModel: home), why: "is a link that leads out of the project",
            remedy: "remove the link")
        }
        list = try ForgottenList.read(besideModel: home)
      }
      var layers = open(key.layers)
      var model = shared(key)
      if model == nil { model = try self.model(key.stamp, within: root) }
      if model == nil, !layers.isEmpty {
        model = layers.removeFirst().model.layered(over: layers, forgetting: list.words(forModel: nil))
      } else {
        model = model?.layered(over: layers)
      }
      let cache = NeighbourCache(model: model, forgotten: list.lastingWords)
      return Loaded(model: model, neighbours: cache, nearby: NearbyFiles(forgottenPaths: list.paths))
    } catch {
      problem = error
      state.withLock { Self.announce(error, ofModelAt: key.home ?? "", &$0) }
    }
    let cache = NeighbourCache(model: nil, forgotten: list.words(forModel: nil))
    return Loaded(neighbours: cache, nearby: NearbyFiles(forgottenPaths: list.paths), problem: problem)
  }

  /// The project that no file of a model may lead out of: the nearest folder above with an `.inkling`; nil if there is none,
  /// or the person trusts it.
  func confinement(ofModel home: String) -> String? {
    let trust = state.withLock { $0.trust }
    return trust.projectRoot(atOrAbove: home).flatMap { trust.isNamed($0) ? nil : $0 }
  }

  private func model(_ stamp: ModelStamp?, within root: String?) throws(Failure) -> Model? {
    guard let stamp else { return nil }
    let (problem, isSuspect) = state.withLock { ($0.damaged[stamp], $0.suspects[stamp.path] != nil) }
    if let problem { throw problem }
    if isSuspect { throw Self.changed(stamp.path) }
    // The first answer does not wait until some hundred megabytes are read; `verifyModels` reads them meanwhile.
    return try Model(path: stamp.path, verification: .sizes, within: root)
  }

  /// Says what is wrong with a model, once until it is right again.
  static func announce(_ problem: Failure, ofModelAt path: String, _ state: inout State) {
    if state.announced.insert(path).inserted { state.problems.append(problem) }
  }

  private static func leave(_ uri: String, _ state: inout State) {
    guard let key = state.keys.removeValue(forKey: uri) else { return }
    let path = state.paths.removeValue(forKey: uri)
    state.languageIDs[uri] = nil
    state.keys.giveBackRoom()
    state.paths.giveBackRoom()
    state.languageIDs.giveBackRoom()
    state.loaded[key]?.users.uris.remove(uri)
    state.loaded[key]?.users.uris.giveBackRoom()
    if state.loaded[key]?.users.uris.isEmpty == true {
      state.loaded[key] = nil
      dropUnusedLayers(&state)
    } else if let path, let loaded = state.loaded[key] {
      loaded.nearby.setOpen(path, false)
    }
  }

  // MARK: Grammars

  private func note(_ problem: Failure) { state.withLock { $0.problems.append(problem) } }

  /// The grammar of a document by what it is called alone; nil where that does not tell.
  func grammar(of document: DocumentIdentity) -> Grammar? {
    guard let library = grammars.library(onProblem: note) else { return nil }
    if let grammar = try? library.grammar(languageID: document.languageID) { return grammar }
    return document.path.flatMap { try? library.grammar(forPath: $0) }
  }
}
