import Lexing
import Platform
import Synchronization

/// Keeps the models that open documents have the right ones: takes up models that appeared, were retrained or were replaced,
/// finishes what opening one left to do, and gives memory back. Nothing looks while nothing happens: an idle server sleeps.
final class ModelUpkeep: Sendable {
  /// For work on files that no single document waits for.
  let lane = Lane()
  let networkUse = NetworkUse()
  private let connection: Connection
  private let documents: OpenDocuments
  private let settings: SettingsStore
  private let publisher: MarkPublisher
  private let engines: any EngineProvider
  private let scheduler: any Scheduler
  /// Where files near open documents are read.
  private let nearbyLane = Lane()
  /// When models on disk were looked at last, and how long that took.
  private let lastLook = Mutex<(start: ContinuousClock.Instant?, duration: Duration)>((nil, .zero))
  /// Whether memory is given back to the system in a moment.
  private let returnsMemory = Atomic(false)

  init(
    connection: Connection, documents: OpenDocuments, settings: SettingsStore, publisher: MarkPublisher
  ) {
    self.connection = connection
    self.documents = documents
    self.settings = settings
    self.publisher = publisher
    engines = documents.engines
    scheduler = documents.scheduler
  }

  // MARK: Looking

  /// Looks for other models, when the client says something, once a second at most. With thousands of documents a look takes
  /// long, and the next one waits longer, so that looks take a small part of the time.
  func check(atOnce: Bool = false) {
    documents.releaseMemoryWhenIdle()
    let isDue = lastLook.withLock { last in
      let interval = atOnce ? .zero : max(.seconds(1), last.duration * 20)
      if let start = last.start, .now - start < interval { return false }
      last.start = .now
      return true
    }
    guard isDue else { return }
    scheduler.submit(
      .background, in: lane,
      once: { [self] in
        let start = ContinuousClock.now
        look()
        let duration = ContinuousClock.now - start
        lastLook.withLock { $0.duration = duration }
      })
  }

  private func look() {
    settings.checkProjects()
    let open = documents.all
    var outdated = open.filter {
      engines.isOutdated($0.identity, modelPath: settings.settings(for: $0.identity.uri).model)
    }
    let whole = engines.takeUpWholeModels()
    if whole.isUnfinished {
      // Somebody is writing: nobody may say anything when that has ended.
      scheduler.schedule(afterMilliseconds: 1100) { [self] in check(atOnce: true) }
    }
    let others = Set(whole.documents).subtracting(outdated.map(\.identity.uri))
    outdated += open.filter { others.contains($0.identity.uri) }
    if !outdated.isEmpty {
      connection.log(
        .info, "the model of \(outdated.count) open documents has changed; it is used from now on")
      reopenEngines(of: outdated)
      refresh()
    }
    showProblems()
    documents.releasePages()
  }

  /// Tells the user what kept a model or a grammar from being used.
  private func showProblems() {
    for problem in engines.takeProblems() { connection.show(.warning, problem.description) }
    for advice in engines.takeAdvice() { connection.log(.info, advice) }
  }

  private func refresh() {
    publisher.refreshMarks()
    publisher.refreshHeatMap()
  }

  // MARK: Engines

  /// Gives a document its first engine. A job of the document's lane.
  func openEngine(of document: OpenDocument, text: [UInt8], version: Int) {
    let modelPath = settings.settings(for: document.identity.uri).model
    let engine = engines.engine(for: document.identity, text: text, modelPath: modelPath)
    document.open(DocumentContent(version: version, engine: engine))
    didOpenEngine(of: document)
  }

  /// Gives open documents new engines: the models have changed.
  ///
  /// - Parameter documents: nil for all of them.
  func reopenEngines(of outdated: [OpenDocument]? = nil) {
    for document in outdated ?? documents.all {
      scheduler.submit(
        .interactive, in: document.lane,
        once: { [self] in reopenEngine(of: document) })
    }
  }

  /// Gives a document a new engine. A job of its lane.
  private func reopenEngine(of document: OpenDocument) {
    let modelPath = settings.settings(for: document.identity.uri).model
    let old = document.withContent { content in
      content.replaceEngine(
        engines.engine(
          for: document.identity, text: content.text.buffer.allBytes, modelPath: modelPath))
    }
    documents.release(old, of: document, released: returnMemorySoon)
    didOpenEngine(of: document)
  }

  /// Text that comes in one piece and is at least so long is looked at for its language.
  static let pastedByteCount = 200
  private static let endByteCount = 512

  /// Gives a document whose language nobody named an engine for the one that its text is in by now. A job of its lane.
  func takeUpLanguage(of document: OpenDocument) {
    let text = document.withContent { content in
      let buffer = content.text.buffer
      let start = min(buffer.count, LanguageFeatures.byteLimit)
      return buffer.bytes(in: 0..<start)
        + buffer.bytes(in: max(start, buffer.count - Self.endByteCount)..<buffer.count)
    }
    if let text, engines.isInOtherLanguage(document.identity, text: text) {
      reopenEngine(of: document)
    }
  }

  private func didOpenEngine(of document: OpenDocument) {
    showProblems()
    documents.prepare(document)
    prepareNearby(of: document.identity)
    finishSoon()
  }

  /// Has files near a document, or near all of them, read in the background.
  func prepareNearby(of identity: DocumentIdentity? = nil) {
    let identities = identity.map { [$0] } ?? documents.all.map(\.identity)
    let wanted = identities.filter { settings.settings(for: $0.uri).completion.usesNearbyFiles }
    guard !wanted.isEmpty else { return }
    for document in wanted { engines.noteNearby(document) }
    scheduler.submit(.background, in: nearbyLane) { [engines] in
      engines.readNearbyFiles() ? .unfinished : .done
    }
  }

  // MARK: Opening models

  /// Opens the models of the workspace's folders while the client makes ready to open documents.
  func openAhead() {
    let folders = settings.folders
    let documents =
      folders.isEmpty ? [Self.untitledDocument(in: nil)] : folders.map { Self.untitledDocument(in: $0.uri) }
    let current = settings.current
    scheduler.submit(
      .background, in: lane,
      once: { [engines] in
        // What is refused here would stay so for the documents that come.
        engines.take(current)
        engines.openAhead(for: documents, modelPath: current.model)
      })
  }

  private static func untitledDocument(in folderURI: String?) -> DocumentIdentity {
    var identity = DocumentIdentity(uri: "untitled:", languageID: "plaintext")
    identity.workspaceFolder = folderURI.flatMap { folderPath(ofURI: $0) }
    return identity
  }

  /// Does, in the background and when the first answer is out, what opening a model left to do: compares its files with
  /// their hashes, and opens its network. Reading all of a large one would be in the way of the first answers, which wait for
  /// their pages of it.
  private func finishSoon() {
    scheduler.schedule(afterMilliseconds: engines.hasLargeUnverifiedModel ? 1000 : 40) { [self] in
      scheduler.submit(.background, in: lane, once: { [self] in finish() })
    }
  }

  private func finish() {
    let damaged = Set(engines.verifyModels())
    if !damaged.isEmpty {
      reopenEngines(of: documents.all.filter { damaged.contains($0.identity.uri) })
      refresh()
    }
    let hasNew = engines.openNetworks()
    showProblems()
    guard hasNew else { return }
    for document in documents.all {
      scheduler.submit(
        .interactive, in: document.lane,
        once: { [self] in
          document.withContent { $0.forgetFindings() }
          documents.prepare(document)
        })
    }
    refresh()
  }

  // MARK: Memory

  /// Gives memory back to the system in a moment, together with what is let go of until then, and once more when what was
  /// still at work on closed documents has ended.
  @Sendable func returnMemorySoon() {
    guard !returnsMemory.exchange(true, ordering: .relaxed) else { return }
    scheduler.schedule(afterMilliseconds: 2000) { [self] in
      returnsMemory.store(false, ordering: .relaxed)
      returnMemory()
      scheduler.schedule(afterMilliseconds: 4000, returnMemory)
    }
  }

  @Sendable private func returnMemory() {
    scheduler.renewThreads()
    scheduler.schedule(afterMilliseconds: 200) { [self] in
      scheduler.submit(.background, in: lane, once: returnFreeMemory)
    }
  }
}
