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
    var inode: UInt64
    var modifiedNanoseconds: Int64
    var byteCount: Int64

    init?(path: String) {
      var status = stat()
      guard stat(path + "/model.json", &status) == 0 else { return nil }
      self.path = path
      inode = UInt64(status.st_ino)
      byteCount = Int64(status.st_size)
      #if canImport(Darwin)
        let time = status.st_mtimespec
      #else
        let time = status.st_mtim
      #endif
      modifiedNanoseconds = Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
  }

  private struct Loaded: Sendable {
    var model: Model?
    var neighbours: NeighbourCache
    var users: Set<String>
    /// What was wrong with it, if it could not be opened.
    var problem: Failure?
  }

  private struct State: Sendable {
    /// By stamp; nil is no model at all.
    var loaded: [Stamp?: Loaded] = [:]
    var stamps: [String: Stamp?] = [:]
    var problems: [Failure] = []
    var grammars: GrammarLibrary?
    var hasLookedForGrammars = false
  }

  private let state = Mutex(State())

  public init() {}

  public func engine(for document: DocumentIdentity, text: [UInt8], modelPath: String?) -> any DocumentEngine
  {
    let stamp = Self.stamp(of: document, modelPath: modelPath)
    let (loaded, grammar) = state.withLock { state in
      Self.leave(document.uri, &state)
      let grammar = Self.grammar(of: document, text: text, &state)
      var loaded = state.loaded[stamp] ?? Self.open(stamp, &state)
      loaded.users.insert(document.uri)
      state.loaded[stamp] = loaded
      state.stamps[document.uri] = .some(stamp)
      return (loaded, grammar)
    }
    return PredictorEngine(
      DocumentPredictor(
        text: text, grammar: grammar, model: loaded.model, neighbours: loaded.neighbours, indexesAtOnce: false
      ))
  }

  public func didClose(_ document: DocumentIdentity) {
    state.withLock { Self.leave(document.uri, &$0) }
  }

  public func isOutdated(_ document: DocumentIdentity, modelPath: String?) -> Bool {
    guard let known = state.withLock({ $0.stamps[document.uri] }) else { return false }
    return known != Self.stamp(of: document, modelPath: modelPath)
  }

  public func openNetworks() -> Bool {
    let closed = state.withLock { $0.loaded.values.compactMap(\.model).filter(\.isNetworkClosed) }
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
      state.loaded.map { stamp, loaded in
        ModelStatus(
          path: stamp?.path, documentCount: loaded.users.count, typeCount: loaded.model?.vocabulary.count,
          countedTokens: loaded.neighbours.tokenCount,
          networkByteCount: loaded.model?.network?.network.weightByteCount,
          problem: loaded.problem?.description)
      }.sorted { ($0.path ?? "") < ($1.path ?? "") }
    }
  }

  // MARK: What is loaded

  private static func stamp(of document: DocumentIdentity, modelPath: String?) -> Stamp? {
    if let modelPath { return Stamp(path: modelPath) }
    // A document without a file has the models of the folder that the server was started in.
    return WorkspaceModels.locate(documentPath: document.path).flatMap(Stamp.init)
  }

  private static func open(_ stamp: Stamp?, _ state: inout State) -> Loaded {
    guard let stamp else { return Loaded(neighbours: NeighbourCache(model: nil), users: []) }
    do throws(Failure) {
      let model = try Model(path: stamp.path)
      return Loaded(model: model, neighbours: NeighbourCache(model: model), users: [])
    } catch {
      state.problems.append(error)
      return Loaded(neighbours: NeighbourCache(model: nil), users: [], problem: error)
    }
  }

  private static func leave(_ uri: String, _ state: inout State) {
    guard let stamp = state.stamps.removeValue(forKey: uri) else { return }
    state.loaded[stamp]?.users.remove(uri)
    if state.loaded[stamp]?.users.isEmpty == true { state.loaded[stamp] = nil }
  }

  private static func grammar(of document: DocumentIdentity, text: [UInt8], _ state: inout State) -> Grammar {
    if !state.hasLookedForGrammars {
      state.hasLookedForGrammars = true
      do throws(Failure) {
        state.grammars = try GrammarLibrary.standard()
        state.problems += state.grammars?.problems ?? []
      } catch { state.problems.append(error) }
    }
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
