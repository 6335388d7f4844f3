import JSON
import LanguageServerProtocol

/// What becomes of a document: each step is a job of its lane.
extension Services {
  static func didOpen(_ params: DidOpenParams, _ services: Services) { services.open(params.document) }

  /// Opens a document, or a cell of a notebook.
  func open(_ item: TextDocumentItem, notebookURI: String? = nil) {
    var identity = DocumentIdentity(uri: item.uri, languageID: item.languageID)
    identity.notebookURI = notebookURI
    identity.workspaceFolder = settings.workspaceFolder(of: notebookURI ?? item.uri)?.path
    let (document, earlier) = documents.insert(identity)
    // Opened twice without a word in between: the later text counts.
    if let earlier { end(earlier) }
    let text = Array(item.text.utf8)
    scheduler.submit(
      .interactive, in: document.lane,
      once: { [self] in
        settings.takeUpProjects(of: [document.identity])
        models.openEngine(of: document, text: text, version: item.version)
        publisher.schedulePush(document)
      })
  }

  static func didChange(_ params: DidChangeParams, _ services: Services) throws(JSONError) {
    services.change(
      try services.documents.find(params.document), version: params.document.version, params.changes)
  }

  func change(_ document: OpenDocument, version: Int?, _ changes: [ContentChange]) {
    let encoding = connection.client.encoding
    scheduler.submit(
      .interactive, in: document.lane,
      once: { [self] in
        document.withContent { content in
          for change in changes { content.apply(change, encoding) }
          if let version { content.version = version }
        }
        if changes.contains(where: { $0.text.utf8.count >= ModelUpkeep.pastedByteCount }) {
          models.takeUpLanguage(of: document)
        }
        documents.prepareSoon(document)
        publisher.schedulePush(document)
      })
  }

  static func didClose(_ params: TextDocumentParams, _ services: Services) throws(JSONError) {
    services.close(try services.documents.find(params.document))
  }

  func close(_ document: OpenDocument) {
    documents.remove(document)
    settings.forget(document.identity.uri)
    end(document)
    publisher.clear(document)
  }

  /// Lets go of what is known of a document.
  private func end(_ document: OpenDocument) {
    document.isClosed.raise()
    documents.beginLeaving(document)
    scheduler.submit(
      .interactive, in: document.lane,
      once: { [self] in
        let content = document.close()
        documents.engines.didClose(document.identity)
        documents.release(content?.engine, of: document) { [self] in
          documents.endLeaving(document)
          // Together with that of others that are closed with it.
          models.returnMemorySoon()
        }
      })
  }

  static func didSave(_ params: TextDocumentParams, _ services: Services) throws(JSONError) {
    let document = try services.documents.find(params.document)
    services.save(document)
    services.noteSave(ofPath: document.identity.path)
  }

  /// The moment at which everything about a document is looked at again.
  func save(_ document: OpenDocument) {
    scheduler.submit(
      .interactive, in: document.lane,
      once: { [self] in
        document.withContent { $0.forgetFindings() }
        publisher.schedulePush(document)
      })
    models.check(atOnce: true)
  }

  func noteSave(ofPath path: String?) {
    if let path { aside { [self] in trainer.noteSave(ofPath: path) } }
  }
}
