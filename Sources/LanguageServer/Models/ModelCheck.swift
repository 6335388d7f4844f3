import Synchronization

/// When models on disk were looked at last. Nothing looks while nothing happens: an idle server sleeps.
final class ModelCheck: Sendable {
  let lane = Lane()
  /// Whether memory is given back to the system in a moment.
  let returnsMemory = Atomic(false)
  private let last = Mutex<ContinuousClock.Instant?>(nil)
  /// How long the last check took.
  private let lastDuration = Mutex(Duration.zero)

  /// Does a check, and notes how long it takes: with thousands of documents the next one waits longer, so that checks take
  /// a small part of the time.
  func timed(_ body: () -> Void) {
    let start = ContinuousClock.now
    body()
    let duration = ContinuousClock.now - start
    lastDuration.withLock { $0 = duration }
  }

  /// How long to wait from the beginning of one check to the next.
  var interval: Duration { max(.seconds(1), lastDuration.withLock { $0 } * 20) }

  /// Whether enough time has passed since the last check; if so, this is the next one.
  func isDue(every interval: Duration = .seconds(1), now: ContinuousClock.Instant = .now) -> Bool {
    last.withLock { last in
      if let last, now - last < interval { return false }
      last = now
      return true
    }
  }
}

extension Session {
  /// Takes up models that appeared, were retrained or were replaced; looked for when the client says something,
  /// once a second at most.
  func checkModels(atOnce: Bool = false) {
    guard modelCheck.isDue(every: atOnce ? .zero : modelCheck.interval) else { return }
    scheduler.submit(
      .background, in: modelCheck.lane, once: { [self] in modelCheck.timed { [self] in lookAtModels() } })
  }

  private func lookAtModels() {
    checkProjects()
    let documents = state.withLock { Array($0.documents.values) }
    var outdated = documents.filter {
      engines.isOutdated($0.identity, modelPath: settings(for: $0.identity.uri).model)
    }
    let whole = engines.takeUpWholeModels()
    if whole.isUnfinished {
      // Somebody is writing: nobody may say anything when that has ended.
      scheduler.schedule(afterMilliseconds: 1100) { [self] in checkModels(atOnce: true) }
    }
    let others = Set(whole.documents).subtracting(outdated.map(\.identity.uri))
    outdated += documents.filter { others.contains($0.identity.uri) }
    if !outdated.isEmpty {
      log(.info, "the model of \(outdated.count) open documents has changed; it is used from now on")
      reopenEngines(of: outdated)
      refreshDiagnostics()
      refreshSemanticTokens()
    }
    showProblems()
    engines.releasePages()
  }

  /// Tells the user what kept a model or a grammar from being used.
  func showProblems() {
    for problem in engines.takeProblems() { show(.warning, problem.description) }
  }
}
