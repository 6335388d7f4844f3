import JSON
import Platform
import Synchronization

extension Session {
  func didOpen(_ params: JSONDecoding) throws(JSONError) { try open(params["textDocument"]) }

  /// Opens a document, or a cell of a notebook.
  func open(_ item: JSONDecoding, notebookURI: String? = nil) throws(JSONError) {
    var identity = DocumentIdentity(
      uri: try item["uri"].string(), languageID: item["languageId"].stringIfAny ?? "plaintext")
    identity.notebookURI = notebookURI
    identity.workspaceFolder = workspaceFolder(of: notebookURI ?? identity.uri)?.path
    let version = item["version"].integerIfAny ?? 0
    let text = Array(try item["text"].string().utf8)
    let document = OpenDocument(identity)
    let earlier = state.withLock { $0.documents.updateValue(document, forKey: identity.uri) }
    // Opened twice without a word in between: the later text counts.
    earlier?.isClosed.raise()
    let engines = engines
    let opened = identity
    scheduler.submit(
      .interactive, in: document.lane,
      once: { [self] in
        let identity = opened
        if earlier != nil { engines.didClose(identity) }
        takeUpProjects(of: [identity])
        let modelPath = settings(for: identity.uri).model
        let engine = engines.engine(for: identity, text: text, modelPath: modelPath)
        document.open(DocumentContent(text: text, version: version, engine: engine))
        showProblems()
        prepare(document)
        finishModelsSoon()
        schedulePush(document)
        prepareNearby(of: identity)
      })
  }

  /// Has files near a document, or near all of them, read in the background.
  func prepareNearby(of identity: DocumentIdentity? = nil) {
    let documents = identity.map { [$0] } ?? state.withLock { $0.documents.values.map(\.identity) }
    let wanted = documents.filter { settings(for: $0.uri).completion.usesNearbyFiles }
    guard !wanted.isEmpty else { return }
    for document in wanted { engines.noteNearby(document) }
    let engines = engines
    scheduler.submit(.background, in: nearbyLane) { engines.readNearbyFiles() ? .unfinished : .done }
  }

  /// Lets the engine finish what opening or an edit left to do, in slices between edits and requests. Called from jobs
  /// of the document's lane.
  func prepare(_ document: OpenDocument) {
    guard !document.isPreparing.exchange(true, ordering: .relaxed) else { return }
    scheduler.submit(.background, in: document.lane) { [self] in
      if !document.isClosed.isRaised, document.withContent({ $0.engine.prepare() }) == true {
        return .unfinished
      }
      document.isPreparing.store(false, ordering: .relaxed)
      engines.releasePages()
      return .done
    }
  }

  /// The same in a moment. What an edit leaves to do is not needed for the completion that a client asks for at once,
  /// which would find a slice of it in its way.
  private func prepareSoon(_ document: OpenDocument) {
    guard !document.isPreparingSoon.exchange(true, ordering: .relaxed) else { return }
    scheduler.schedule(afterMilliseconds: 20) { [self] in
      document.isPreparingSoon.store(false, ordering: .relaxed)
      prepare(document)
    }
  }

  func didChange(_ params: JSONDecoding) throws(JSONError) {
    try change(
      try openDocument(params["textDocument"]),
      version: params["textDocument"]["version"].integerIfAny,
      params["contentChanges"])
  }

  func change(_ document: OpenDocument, version: Int?, _ list: JSONDecoding) throws(JSONError) {
    let changes = try Self.changes(list)
    let encoding = state.withLock { $0.encoding }
    scheduler.submit(
      .interactive, in: document.lane,
      once: { [self] in
        document.withContent { content in
          for change in changes { content.apply(change, encoding) }
          if let version { content.version = version }
        }
        prepareSoon(document)
        schedulePush(document)
      })
  }

  func didClose(_ params: JSONDecoding) throws(JSONError) { close(try openDocument(params["textDocument"])) }

  func close(_ document: OpenDocument) {
    let client = state.withLock { state in
      state.documents[document.identity.uri] = nil
      state.scopes[document.identity.uri] = nil
      state.documents.giveBackRoom()
      state.scopes.giveBackRoom()
      return state.client
    }
    document.isClosed.raise()
    let engines = engines
    scheduler.submit(
      .interactive, in: document.lane,
      once: { [self] in
        let content = document.close()
        engines.didClose(document.identity)
        release(content?.engine, of: document)
      })
    if !client.pullsDiagnostics { push([], for: document, version: nil) }
  }

  /// Lets go of an engine when nobody waits: what it counted for others is taken back, word for word. Its memory goes back
  /// to the system a moment later, together with that of others that are closed with it.
  private func release(_ engine: (any DocumentEngine)?, of document: OpenDocument) {
    guard let engine else { return }
    let last = Mutex<(any DocumentEngine)?>(engine)
    scheduler.submit(
      .background, in: document.lane,
      once: { [self] in
        last.withLock { $0 = nil }
        returnMemorySoon()
      })
  }

  /// Gives memory back to the system in a moment, together with what is let go of until then, and once more when what was
  /// still at work on closed documents has ended.
  private func returnMemorySoon() {
    guard !modelCheck.returnsMemory.exchange(true, ordering: .relaxed) else { return }
    scheduler.schedule(afterMilliseconds: 2000) { [self] in
      modelCheck.returnsMemory.store(false, ordering: .relaxed)
      returnMemory()
      scheduler.schedule(afterMilliseconds: 4000, returnMemory)
    }
  }

  @Sendable private func returnMemory() {
    scheduler.renewThreads()
    scheduler.schedule(afterMilliseconds: 200) { [self] in
      scheduler.submit(.background, in: modelCheck.lane, once: returnFreeMemory)
    }
  }

  /// The moment at which everything about a document is looked at again.
  func didSave(_ params: JSONDecoding) throws(JSONError) {
    let document = try openDocument(params["textDocument"])
    save(document)
    if let path = document.identity.path { noteSave(ofPath: path) }
  }

  func save(_ document: OpenDocument) {
    scheduler.submit(
      .interactive, in: document.lane,
      once: { [self] in
        document.withContent { $0.surprisals.invalidate(byteCount: $0.text.byteCount) }
        schedulePush(document)
      })
    checkModels(atOnce: true)
  }

  /// The open document that an identifier names.
  func openDocument(_ identifier: JSONDecoding) throws(JSONError) -> OpenDocument {
    let place = identifier["uri"]
    let uri = try place.string()
    guard let document = state.withLock({ $0.documents[uri] }) else {
      throw place.mismatch(expected: "an open document")
    }
    return document
  }

  /// All of a message's changes, or the first error: a half-applied message would leave neither text.
  private static func changes(_ list: JSONDecoding) throws(JSONError) -> [ContentChange] {
    var changes: [ContentChange] = []
    for change in try list.elements() {
      let text = try change["text"].string()
      if let range = change["range"].optional {
        changes.append(
          .part(from: try range["start"].position(), to: try range["end"].position(), text: text))
      } else {
        changes.append(.whole(text))
      }
    }
    return changes
  }

  /// Gives open documents new engines: the models have changed.
  ///
  /// - Parameter documents: nil for all of them.
  func reopenEngines(of documents: [OpenDocument]? = nil) {
    let open = state.withLock { Array($0.documents.values) }
    let engines = engines
    for document in documents ?? open {
      scheduler.submit(
        .interactive, in: document.lane,
        once: { [self] in
          let modelPath = settings(for: document.identity.uri).model
          let old = document.withContent { content in
            content.replaceEngine(
              engines.engine(
                for: document.identity, text: content.text.buffer.allBytes, modelPath: modelPath))
          }
          release(old, of: document)
          showProblems()
          prepare(document)
          prepareNearby(of: document.identity)
          finishModelsSoon()
        })
    }
  }
}

/// LSP 3.17, "TextDocumentContentChangeEvent".
private enum ContentChange: Sendable {
  case whole(String)
  case part(from: Position, to: Position, text: String)
}

extension DocumentContent {
  fileprivate mutating func apply(_ change: ContentChange, _ encoding: PositionEncoding) {
    switch change {
    case .whole(let text): replaceAll(Array(text.utf8))
    case .part(let start, let end, let text):
      let edit = self.text.edit(from: start, to: end, text, encoding)
      replace(edit.byteRange, with: edit.bytes)
    }
  }

  /// Replaces only what differs, so that formatting a file or undoing does not forget everything about it.
  private mutating func replaceAll(_ new: [UInt8]) {
    let old = text.buffer.allBytes
    let shared = min(old.count, new.count)
    var prefix = 0
    while prefix < shared && old[prefix] == new[prefix] { prefix += 1 }
    var suffix = 0
    while suffix < shared - prefix && old[old.count - 1 - suffix] == new[new.count - 1 - suffix] {
      suffix += 1
    }
    // Whole characters on both sides: the bytes at the edges may agree halfway into one.
    while prefix > 0 && Self.continues(old, at: prefix) || prefix > 0 && Self.continues(new, at: prefix) {
      prefix -= 1
    }
    while suffix > 0
      && (Self.continues(old, at: old.count - suffix) || Self.continues(new, at: new.count - suffix))
    {
      suffix -= 1
    }
    replace(prefix..<(old.count - suffix), with: Array(new[prefix..<(new.count - suffix)]))
  }

  private static func continues(_ bytes: [UInt8], at offset: Int) -> Bool {
    offset < bytes.count && bytes[offset] & 0xC0 == 0x80
  }
}
