import JSON
import Platform

extension Session {
  func didOpen(_ params: JSONDecoding) throws(JSONError) {
    let item = params["textDocument"]
    let identity = DocumentIdentity(
      uri: try item["uri"].string(), languageID: try item["languageId"].optional?.string() ?? "plaintext")
    let version = try item["version"].optional?.integer() ?? 0
    let text = Array(try item["text"].string().utf8)
    let document = OpenDocument(identity)
    let (earlier, modelPath) = state.withLock { state in
      (state.documents.updateValue(document, forKey: identity.uri), state.settings.model)
    }
    // Opened twice without a word in between: the later text counts.
    earlier?.isClosed.raise()
    let engines = engines
    scheduler.submit(
      .interactive, in: document.lane,
      once: { [self] in
        if earlier != nil { engines.didClose(identity) }
        let engine = engines.engine(for: identity, text: text, modelPath: modelPath)
        document.open(DocumentContent(text: text, version: version, engine: engine))
        showProblems()
        prepare(document)
        openNetworks()
        schedulePush(document)
      })
  }

  /// Lets the engine finish what opening or an edit left to do, in slices between edits and requests. Called from jobs
  /// of the document's lane.
  func prepare(_ document: OpenDocument) {
    guard !document.isPreparing.exchange(true, ordering: .relaxed) else { return }
    scheduler.submit(.background, in: document.lane) {
      if !document.isClosed.isRaised, document.withContent({ $0.engine.prepare() }) == true {
        return .unfinished
      }
      document.isPreparing.store(false, ordering: .relaxed)
      return .done
    }
  }

  func didChange(_ params: JSONDecoding) throws(JSONError) {
    let document = try openDocument(params)
    let version = try params["textDocument"]["version"].optional?.integer()
    let changes = try Self.changes(params["contentChanges"])
    let encoding = state.withLock { $0.encoding }
    scheduler.submit(
      .interactive, in: document.lane,
      once: { [self] in
        document.withContent { content in
          for change in changes { content.apply(change, encoding) }
          if let version { content.version = version }
        }
        prepare(document)
        schedulePush(document)
      })
  }

  func didClose(_ params: JSONDecoding) throws(JSONError) {
    let document = try openDocument(params)
    let client = state.withLock { state in
      state.documents[document.identity.uri] = nil
      return state.client
    }
    document.isClosed.raise()
    let engines = engines
    scheduler.submit(
      .interactive, in: document.lane,
      once: { [self] in
        let byteCount = document.close()
        engines.didClose(document.identity)
        if byteCount > 1 << 20 { scheduler.submit(.background, in: modelCheck.lane, once: returnFreeMemory) }
      })
    if !client.pullsDiagnostics { push([], for: document, version: nil) }
  }

  /// The moment at which everything about a document is looked at again.
  func didSave(_ params: JSONDecoding) throws(JSONError) {
    let document = try openDocument(params)
    scheduler.submit(
      .interactive, in: document.lane,
      once: { [self] in
        document.withContent { $0.surprisals.invalidate(byteCount: $0.text.byteCount) }
        schedulePush(document)
      })
    checkModels(atOnce: true)
    noteSave(of: document)
  }

  private func openDocument(_ params: JSONDecoding) throws(JSONError) -> OpenDocument {
    let place = params["textDocument"]["uri"]
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
    let (open, modelPath) = state.withLock { (Array($0.documents.values), $0.settings.model) }
    let engines = engines
    for document in documents ?? open {
      scheduler.submit(
        .interactive, in: document.lane,
        once: { [self] in
          document.withContent { content in
            content.replaceEngine(
              engines.engine(
                for: document.identity, text: content.text.buffer.allBytes, modelPath: modelPath))
          }
          showProblems()
          prepare(document)
          openNetworks()
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
