import JSON
import LanguageServerProtocol

/// Sees to it that clients show marks and heat maps that are still true: those that pull are asked to, to the others marks are
/// pushed.
final class MarkPublisher: Sendable {
  private let connection: Connection
  private let documents: OpenDocuments
  private let settings: SettingsStore
  private let scheduler: any Scheduler

  init(connection: Connection, documents: OpenDocuments, settings: SettingsStore, scheduler: any Scheduler) {
    self.connection = connection
    self.documents = documents
    self.settings = settings
    self.scheduler = scheduler
  }

  /// Pushes marks to a client that cannot pull, once nothing was typed for a while. Called from jobs of the document's lane.
  func schedulePush(_ document: OpenDocument) {
    let client = connection.client
    let wanted = settings.settings(for: document.identity.uri).diagnostics
    guard !client.capabilities.pullsDiagnostics, wanted.isEnabled,
      let revision = document.withContent({ $0.revision })
    else { return }
    scheduler.schedule(afterMilliseconds: wanted.delayMilliseconds) { [self] in
      scheduler.submit(
        .background, in: document.lane,
        once: { [self] in
          // A later edit has scheduled a push of its own.
          guard document.withContent({ $0.revision }) == revision else { return }
          documents.learnSurprisals(
            of: document, unless: { document.isClosed.isRaised }, abandoned: {},
            finished: { [self] content in
              guard content.revision == revision else { return }
              let marked = Marks.marked(content, wanted)
              push(
                Marks.diagnostics(marked, content, wanted, client.encoding), for: document,
                version: content.version)
              if !content.isEdited { forgetSurprisals(of: document) }
            })
        })
    }
  }

  /// Lets go of what the marks of a document were found from. Of those that are opened by the thousand few are ever typed in.
  private func forgetSurprisals(of document: OpenDocument) {
    scheduler.submit(
      .background, in: document.lane,
      once: {
        document.withContent { content in
          if !content.isEdited { content.surprisals.invalidate(byteCount: content.text.byteCount) }
        }
      })
  }

  /// Takes the marks of a document back from a client that cannot pull.
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
      if client.capabilities.refreshesDiagnostics && !open.isEmpty {
        connection.request("workspace/diagnostic/refresh", nil)
      }
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
