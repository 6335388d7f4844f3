import JSON
import LanguageServerProtocol

/// Sees to it that clients show marks and heat maps that are still true: those that pull, and can be asked to, are asked to; to
/// the others marks are pushed.
final class MarkPublisher: Sendable {
  private let connection: Connection
  private let documents: OpenDocuments
  private let settings: SettingsStore
  private let scheduler: any Scheduler
  private let turns = Turns()

  init(connection: Connection, documents: OpenDocuments, settings: SettingsStore, scheduler: any Scheduler) {
    self.connection = connection
    self.documents = documents
    self.settings = settings
    self.scheduler = scheduler
  }

  /// Pushes marks to a client that does not pull, once nothing was typed for a while. Called from jobs of the document's lane.
  func schedulePush(_ document: OpenDocument) {
    let client = connection.client
    let wanted = settings.settings(for: document.identity.uri).diagnostics
    guard !client.capabilities.pullsDiagnostics, wanted.isEnabled,
      let (revision, isEdited) = document.withContent({ ($0.revision, $0.isEdited) })
    else { return }
    scheduler.set(document.pushAlarm, afterMilliseconds: wanted.delayMilliseconds) { [self] in
      // Thousands that are opened together have their marks one after the other, not all at the end. Where somebody types
      // is no line to stand in.
      if isEdited {
        learnAndPush(document, revision, wanted, finished: {})
      } else {
        turns.take { [self] in learnAndPush(document, revision, wanted, finished: { [turns] in turns.end() })
        }
      }
    }
  }

  /// - Parameter revision: of the content that was to be marked. A later edit has scheduled a push of its own.
  private func learnAndPush(
    _ document: OpenDocument, _ revision: Int, _ wanted: Settings.Diagnostics,
    finished: @escaping @Sendable () -> Void
  ) {
    let encoding = connection.client.encoding
    documents.learnMarks(
      of: document, wanted, unless: { document.withContent({ $0.revision }) != revision },
      abandoned: finished,
      finished: { [self] content in
        push(
          Marks.diagnostics(Marks.marked(content, wanted), content, wanted, encoding), for: document,
          version: content.version)
        // Of the documents that are opened by the thousand few are ever typed in.
        if !content.isEdited { content.forgetFindings() }
        finished()
      })
  }

  /// Takes the marks of a document back from a client that does not pull.
  func clear(_ document: OpenDocument) {
    if !connection.client.capabilities.pullsDiagnostics { push([], for: document, version: nil) }
  }

  private func push(_ diagnostics: [Diagnostic], for document: OpenDocument, version: Int?) {
    var params: JSONObject = ["uri": .string(document.identity.uri)]
    params["version"] = version.map { JSON($0) }
    params["diagnostics"] = .array(diagnostics.map(\.json))
    connection.notify("textDocument/publishDiagnostics", .object(params))
  }

  /// The marks that were shown are out of date.
  func refreshMarks() {
    let client = connection.client
    guard client.phase == .initialized else { return }
    let open = documents.all
    if client.capabilities.pullsDiagnostics {
      if !open.isEmpty { connection.request("workspace/diagnostic/refresh", nil) }
      return
    }
    for document in open {
      if settings.settings(for: document.identity.uri).diagnostics.isEnabled {
        scheduler.submit(.background, in: document.lane, once: { [self] in schedulePush(document) })
      } else {
        push([], for: document, version: nil)
      }
    }
  }

  /// The heat map that was shown is out of date.
  func refreshHeatMap() {
    let client = connection.client
    if client.capabilities.refreshesSemanticTokens && client.phase == .initialized {
      connection.request("workspace/semanticTokens/refresh", nil)
    }
  }
}
