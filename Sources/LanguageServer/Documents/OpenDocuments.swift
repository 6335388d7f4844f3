import JSON
import LanguageServerProtocol
import Platform
import Synchronization

/// The documents that the client has open, and what is done about them in the background.
///
/// Whatever touches a document's content is a job of its lane: edits in their order, requests after the edits before them,
/// background work when there is neither.
final class OpenDocuments: Sendable {
  let scheduler: any Scheduler
  let engines: any EngineProvider
  private struct State {
    var open: [String: OpenDocument] = [:]
    /// Of documents that were closed, by their URIs: how many of them have counts among the neighbours still, and their lane.
    var leaving: [String: (lane: Lane, count: Int)] = [:]
  }

  private let state = Mutex(State())
  /// When somebody typed last, in any of them.
  private let lastKey = Mutex<ContinuousClock.Instant?>(nil)
  /// Rings when nothing has been used for a while.
  private let idleAlarm = Alarm()
  /// So long nothing is asked for before memory is given back.
  static let idleMilliseconds = 3000
  /// And so long before the program's, where no document is open in which somebody might go on.
  private static let emptyIdleMilliseconds = 700
  /// Of what is done for all of them.
  private let lane = Lane()

  init(scheduler: any Scheduler, engines: any EngineProvider) {
    self.scheduler = scheduler
    self.engines = engines
  }

  // MARK: Which there are

  var all: [OpenDocument] { state.withLock { Array($0.open.values) } }
  var uris: [String] { state.withLock { Array($0.open.keys) } }
  subscript(uri: String) -> OpenDocument? { state.withLock { $0.open[uri] } }

  /// Takes in a document. It has the lane of the one that was open under its URI until that is gone: what that has counted is
  /// taken back before marks are looked for in this one, for which it would be somebody else's.
  ///
  /// - Returns: the document, and the one that was not closed before.
  func insert(_ identity: DocumentIdentity) -> (OpenDocument, earlier: OpenDocument?) {
    state.withLock { state in
      let earlier = state.open[identity.uri]
      let lane = earlier?.lane ?? state.leaving[identity.uri]?.lane
      let document = OpenDocument(identity, lane: lane ?? Lane())
      state.open[identity.uri] = document
      return (document, earlier)
    }
  }

  func remove(_ document: OpenDocument) {
    state.withLock { state in
      state.open[document.identity.uri] = nil
      state.open.giveBackRoom()
    }
  }

  /// Notes that a document is closed whose counts are to be taken back.
  func beginLeaving(_ document: OpenDocument) {
    state.withLock { $0.leaving[document.identity.uri, default: (document.lane, 0)].count += 1 }
  }

  /// Notes that they were.
  func endLeaving(_ document: OpenDocument) {
    state.withLock { state in
      guard let (lane, count) = state.leaving[document.identity.uri] else { return }
      state.leaving[document.identity.uri] = count > 1 ? (lane, count - 1) : nil
      state.leaving.giveBackRoom()
    }
  }

  /// The document that is meant.
  func find(_ identifier: TextDocumentIdentifier) throws(JSONError) -> OpenDocument {
    guard let document = self[identifier.uri] else { throw identifier.notOpen }
    return document
  }

  // MARK: Background work

  /// Lets the engine finish what opening or an edit left to do, in slices between edits and requests. Called from jobs
  /// of the document's lane.
  func prepare(_ document: OpenDocument) {
    guard !document.isPreparing.exchange(true, ordering: .relaxed) else { return }
    scheduler.submit(.background, in: document.lane) { [self] in
      let mayGoOn = { !document.lane.hasUrgentJob }
      if !document.isClosed.isRaised, document.withContent({ $0.engine.prepare(while: mayGoOn) }) == true {
        return .unfinished
      }
      document.isPreparing.store(false, ordering: .relaxed)
      releasePages()
      return .done
    }
  }

  /// Gives memory back that parts of models' files take: where somebody types only what is much, since the next key needs most of
  /// it, and the rest once nobody does.
  func releasePages() {
    let isTyped = lastKey.withLock { last in last.map { ContinuousClock.now - $0 < .seconds(1) } ?? false }
    engines.releasePages(during: isTyped ? .typing : .working)
    releaseMemoryWhenIdle()
  }

  /// Gives back what nobody has used for a while: pages of models, and what slices of work have freed. To be called whenever
  /// something was used.
  func releaseMemoryWhenIdle() {
    guard state.withLock({ $0.open.isEmpty }) else { return releaseAllWhenIdle() }
    scheduler.set(idleAlarm, afterMilliseconds: Self.emptyIdleMilliseconds) { [self] in
      // The program's own pages; those of models opened ahead are needed by whoever opens a document next.
      if state.withLock({ $0.open.isEmpty }) {
        scheduler.submit(.background, in: lane, once: { returnFreeMemory() })
      }
      releaseAllWhenIdle()
    }
  }

  private func releaseAllWhenIdle() {
    scheduler.set(idleAlarm, afterMilliseconds: Self.idleMilliseconds) { [self] in
      scheduler.submit(
        .background, in: lane,
        once: { [self] in
          engines.releasePages(during: .idle)
          returnFreeMemory()
        })
    }
  }

  /// Lets the engine finish what an edit left to do, in a moment. That is not needed for the completion that a client asks for at once,
  /// which would find a slice of it in its way, and the waking of the timer's thread before that. What comes later, as the ranking
  /// of another server's answer, finds it done.
  func prepareSoon(_ document: OpenDocument) {
    lastKey.withLock { $0 = .now }
    guard !document.isPreparingSoon.exchange(true, ordering: .relaxed) else { return }
    scheduler.submit(
      .background, in: document.lane,
      once: { [self] in
        scheduler.schedule(afterMilliseconds: 8) { [self] in
          document.isPreparingSoon.store(false, ordering: .relaxed)
          prepare(document)
        }
      })
  }

  /// Lets go of an engine when nobody waits: what it counted for others is taken back, word for word.
  func release(
    _ engine: (any DocumentEngine)?, of document: OpenDocument, released: @escaping @Sendable () -> Void
  ) {
    guard let engine else { return released() }
    let last = Mutex<(any DocumentEngine)?>(engine)
    scheduler.submit(
      .background, in: document.lane,
      once: {
        last.withLock { $0 = nil }
        released()
      })
  }

  /// Sees to it, in the background, that the surprisals of a document or of some of its lines are known.
  ///
  /// - Parameters:
  ///   - isUnwanted: looked at before each slice; the work then ends with `abandoned`.
  ///   - finished: is given the content once everything wanted is in its `surprisals`.
  func learnSurprisals(
    of document: OpenDocument, lines: Range<Int>? = nil, unless isUnwanted: @escaping @Sendable () -> Bool,
    abandoned: @escaping @Sendable () -> Void, finished: @escaping @Sendable (inout DocumentContent) -> Void
  ) {
    inSlices(document, unless: isUnwanted, abandoned: abandoned) { [self] content in
      guard content.learnSurprisals(ofLines: lines) else { return .unfinished }
      finished(&content)
      releasePages()
      return .done
    }
  }

  /// Sees to it, in the background, that what may be marked in a document is known: the slips, or where a threshold is set
  /// the surprisals. See `learnSurprisals`.
  func learnMarks(
    of document: OpenDocument, _ settings: Settings.Diagnostics,
    unless isUnwanted: @escaping @Sendable () -> Bool,
    abandoned: @escaping @Sendable () -> Void, finished: @escaping @Sendable (inout DocumentContent) -> Void
  ) {
    inSlices(document, unless: isUnwanted, abandoned: abandoned) { [self] content in
      let mayGoOn = { !document.lane.hasUrgentJob }
      guard
        settings.thresholdBits == nil
          ? content.learnSlips(while: mayGoOn) : content.learnSurprisals(ofLines: nil)
      else {
        return .unfinished
      }
      finished(&content)
      releasePages()
      return .done
    }
  }

  /// Finds the surprisal of every token of a document or of some of its lines anew, starting again where an edit
  /// comes in between.
  func sweep(
    _ document: OpenDocument, lines: Range<Int>?, bothSides: Bool = false,
    unless isUnwanted: @escaping @Sendable () -> Bool,
    abandoned: @escaping @Sendable () -> Void,
    finished: @escaping @Sendable (DocumentContent, [Surprisal]) -> Void
  ) {
    let sweep = Sweep()
    inSlices(document, unless: isUnwanted, abandoned: abandoned) { content in
      guard let found = sweep.advance(&content, lines, bothSides: bothSides) else { return .unfinished }
      finished(content, found)
      return .done
    }
  }

  /// Runs slices of background work on a document until it is done, unwanted, or the document closed.
  private func inSlices(
    _ document: OpenDocument, unless isUnwanted: @escaping @Sendable () -> Bool,
    abandoned: @escaping @Sendable () -> Void,
    _ slice: @escaping @Sendable (inout DocumentContent) -> JobOutcome
  ) {
    scheduler.submit(.background, in: document.lane) {
      if isUnwanted() || document.isClosed.isRaised {
        abandoned()
        return .done
      }
      guard let outcome = document.withContent(slice) else {
        abandoned()
        return .done
      }
      return outcome
    }
  }
}
