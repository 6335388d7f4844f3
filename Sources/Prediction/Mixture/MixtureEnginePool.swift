import Synchronization

/// Engines of one model and lexicon that threads borrow: their scratch memory is more than a short document's own, and
/// one is needed for each thread that asks at the same time.
final class MixtureEnginePool: Sendable {
  let lexicon: Lexicon
  let model: Model?
  private let idle = Mutex<[MixtureEngine]>([])
  /// Components that no engine asks.
  private let switchedOff = Mutex<Set<Component>>([])
  /// More engines than this are not kept while nobody needs them.
  private static let keptCount = 8

  init(lexicon: Lexicon, model: Model?) {
    self.lexicon = lexicon
    self.model = model
  }

  /// Leaves components out from now on. Nobody may have an engine.
  func switchOff(_ components: Set<Component>) {
    switchedOff.withLock { $0 = components }
    idle.withLock { $0.removeAll() }
  }

  /// Lends an engine to `body`, and to nobody else meanwhile.
  func withEngine<Result>(_ body: (MixtureEngine) -> Result) -> Result {
    let engine = idle.withLock { $0.popLast() } ?? makeEngine()
    defer {
      engine.finish()
      idle.withLock { if $0.count < Self.keptCount { $0.append(engine) } }
    }
    return body(engine)
  }

  private func makeEngine() -> MixtureEngine {
    let engine = MixtureEngine(lexicon: lexicon, model: model)
    engine.switchedOff = switchedOff.withLock { $0 }
    return engine
  }
}
