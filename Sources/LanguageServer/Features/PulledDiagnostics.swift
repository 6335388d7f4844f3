import JSON
import LanguageServerProtocol
import Platform

/// `textDocument/diagnostic`: improbable text, computed in the background and answered when whole.
enum DiagnosticRequest: BackgroundRequest {
  static let method = "textDocument/diagnostic"

  static func feature(for client: ClientCapabilities) -> ServerFeature? {
    guard client.pullsDiagnostics else { return nil }
    return ServerFeature(
      method: method, name: "diagnosticProvider",
      options: ["identifier": "inkling", "interFileDependencies": false, "workspaceDiagnostics": false])
  }

  static func document(of params: DiagnosticParams) -> TextDocumentIdentifier { params.document }

  static func begin(
    _ params: DiagnosticParams, _ document: OpenDocument, _ context: RequestContext,
    _ answer: @escaping Answer<DiagnosticReport>
  ) {
    let settings = context.settings.diagnostics
    guard settings.isEnabled else { return answer(.success(.full(resultID: nil, []))) }
    context.services.documents.learnMarks(
      of: document, settings, unless: { context.isCancelled.isRaised },
      abandoned: { answer(.failure(.cancelled)) },
      finished: { content in
        let items = Marks.diagnostics(
          Marks.marked(content, settings), content, settings, context.encoding)
        let resultID = resultID(items)
        if resultID == params.previousResultID {
          answer(.success(.unchanged(resultID: resultID)))
        } else {
          answer(.success(.full(resultID: resultID, items)))
        }
      })
  }

  /// Equal marks have equal names, whatever happened in between.
  private static func resultID(_ items: [Diagnostic]) -> String {
    String(fnv1a64(JSON.array(items.map(\.json)).serialized()), radix: 16)
  }
}
