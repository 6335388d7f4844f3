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
    /// Models whose content is not what was written.
    var damaged: [ModelStamp: Failure] = [:]
    /// Models that are or were written into while they were in use, by their paths; see `takeUpWholeModels`.
    var suspects: [String: Suspect] = [:]
    /// Paths of models that something was said of, and that were not right since.
    var announced: Set<String> = []
    var problems: [Failure] = []
    var trust = ProjectTrust()
  }

  let state = Mutex(State())
  private let grammars = Grammars()

  package init() {}

  package func setTrust(_ trust: ProjectTrust) { state.withLock { $0.trust = trust } }

  package func engine(for document: DocumentIdentity, text: [UInt8], modelPath: String?) -> any DocumentEngine
  {
    let key = key(of: document, modelPath: modelPath)
    let grammar = grammar(of: document, text: text)
    let opened = load(key)
    let loaded = state.withLock { state in
      Self.leave(document.uri, &state)
      let loaded = state.loaded[key] ?? opened
      loaded.users.uris.insert(document.uri)
      state.loaded[key] = loaded
      // What was opened ahead has been of use by now, or will not be.
      state.loaded = state.loaded.filter { !$0.value.users.uris.isEmpty }
      state.keys[document.uri] = key
      state.paths[document.uri] = document.path
      return loaded
    }
    // The open document is counted instead of its file.
    if let path = document.path { loaded.nearby.setOpen(path, true) }
    let isSecret = document.path.map { CorpusPrivacy.isSecretFile($0) } ?? false
    return PredictorEngine(
      DocumentPredictor(
        text: text, grammar: grammar, model: loaded.model, neighbours: loaded.neighbours,
        privacy: isSecret ? .everything : .secrets, indexesAtOnce: false))
  }

  package func openAhead(for documents: [DocumentIdentity], modelPath: String?) {
    for document in documents {
      // Once documents are open their models are.
      guard state.withLock({ $0.keys.isEmpty }) else { return }
      let key = key(of: document, modelPath: modelPath)
      _ = grammars.library(onProblem: note)
      guard key.stamp != nil else { continue }
      let opened = load(key)
      state.withLock { state in
        if state.keys.isEmpty && state.loaded[key] == nil { state.loaded[key] = opened }
      }
    }
  }

  package func didClose(_ document: DocumentIdentity) {
    state.withLock { Self.leave(document.uri, &$0) }
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
      do throws(Failure) {
        try model.verify(while: isWanted)
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

  package func releasePages() {
    guard let resident = residentFileByteCount(), resident > Self.residentFileByteLimit else { return }
    for model in state.withLock({ $0.loaded.values.compactMap(\.model) }) { model.releasePages() }
  }

  package func openNetworks() -> Bool {
    let verified = state.withLock { $0.loaded.values.filter(\.isVerified).compactMap(\.model) }
    for model in verified { model.prepareNames() }
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
  static func home(of document: DocumentIdentity, modelPath: String?, trust: ProjectTrust) -> String? {
    if let modelPath { return modelPath }
    // A document without a file has the models of the first workspace folder, or of where the server was started.
    let path = document.path ?? document.workspaceFolder.map { $0 + "/untitled" }
    if let found = WorkspaceModels.locate(documentPath: path, trust: trust) { return found }
    return document.workspaceFolder.flatMap { WorkspaceModels.modelPath(forFolder: $0) }
  }

  private func key(of document: DocumentIdentity, modelPath: String?) -> Key {
    let home = Self.home(of: document, modelPath: modelPath, trust: state.withLock { $0.trust })
    return Key(
      stamp: home.flatMap(ModelStamp.init), home: home,
      forgotten: home.flatMap { FileVersion(ForgottenList.path(besideModel: $0)) })
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
      let model = try model(key.stamp, within: root)
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

  // MARK: Grammars

  private func note(_ problem: Failure) { state.withLock { $0.problems.append(problem) } }

  /// The grammars, looked for when they are first needed.
  private final class Grammars: Sendable {
    private let found = Mutex<GrammarLibrary??>(nil)

    func library(onProblem note: (Failure) -> Void) -> GrammarLibrary? {
      found.withLock { found in
        if let found { return found }
        var library: GrammarLibrary?
        do throws(Failure) {
          library = try GrammarLibrary.standard()
          library?.problems.forEach(note)
        } catch { note(error) }
        found = .some(library)
        return library
      }
    }
  }

  private func grammar(of document: DocumentIdentity, text: [UInt8]) -> Grammar {
    guard let library = grammars.library(onProblem: note) else { return .plainText }
    do throws(Failure) {
      if let grammar = try library.grammar(languageID: document.languageID) { return grammar }
      let firstLine = Array(text.prefix(256).prefix { $0 != 0x0A })
      if let path = document.path, let grammar = try library.grammar(forPath: path, firstLine: firstLine) {
        return grammar
      }
    } catch { note(error) }
    return .plainText
  }
}
