import Synchronization

/// Engines of one model and lexicon that threads borrow: their scratch memory is more than a short document's own, and
/// one is needed for each thread that asks at the same time.
final class MixtureEnginePool: Sendable {
  let lexicon: Lexicon
  let model: Model?
  private let idle = Mutex<[MixtureEngine]>([])
  /// More engines than this are not kept while nobody needs them.
  private static let keptCount = 8

  init(lexicon: Lexicon, model: Model?) {
    self.lexicon = lexicon
    self.model = model
  }

  /// Lends an engine to `body`, and to nobody else meanwhile.
  func withEngine<Result>(_ body: (MixtureEngine) -> Result) -> Result {
    let engine = idle.withLock { $0.popLast() } ?? MixtureEngine(lexicon: lexicon, model: model)
    defer {
      engine.finish()
      idle.withLock { if $0.count < Self.keptCount { $0.append(engine) } }
    }
    return body(engine)
  }
}
