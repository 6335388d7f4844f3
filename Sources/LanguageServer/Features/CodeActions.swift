import LanguageServerProtocol

/// `textDocument/codeAction`: what was probably meant in place of what was marked, and the dictionary. Worked out
/// from the range, since not every client sends a diagnostic's `data` back; an edit is in the action, and the
/// dictionary is a command of the server's, so that no client needs commands of its own.
enum CodeActionRequest: DocumentRequest {
  static let method = "textDocument/codeAction"
  /// Beyond a screenful the answer would be a list nobody reads.
  private static let rangeByteLimit = 8192

  static func feature(for client: ClientCapabilities) -> ServerFeature? {
    guard client.codeActions else { return nil }
    return ServerFeature(
      method: method, name: "codeActionProvider",
      options: client.codeActionLiterals ? ["codeActionKinds": ["quickfix"]] : [:])
  }

  static func document(of params: CodeActionParams) -> TextDocumentIdentifier { params.document }

  static func answer(
    _ params: CodeActionParams, _ content: inout DocumentContent, _ document: OpenDocument,
    _ context: RequestContext
  ) -> CodeActions {
    let range = content.text.byteRange(of: params.range, context.encoding)
    let settings = context.settings.diagnostics
    let isWanted = params.only?.contains { "quickfix" == $0 || $0.isEmpty } ?? true
    guard settings.isEnabled, isWanted, range.count < rangeByteLimit else { return CodeActions() }
    let marks = Marks.marks(touching: range, &content, settings)
    let diagnostics = Marks.diagnostics(marks, content, settings, context.encoding)
    var actions = CodeActions()
    for (mark, diagnostic) in zip(marks, diagnostics) {
      let token = content.string(in: mark.byteRange)
      let accept = acceptance(of: token, document)
      guard context.client.codeActionLiterals else {
        // Such a client knows commands only (LSP 3.17, "Code Action Request").
        if let accept { actions.items.append(.bare(accept)) }
        continue
      }
      let corrections = mark.corrections.filter { isSingleLine($0) && $0 != token }.prefix(3)
      for (rank, correction) in corrections.enumerated() {
        actions.items.append(
          .quickFix(
            title: title(of: correction, rank), diagnostic,
            isPreferred: rank == 0 && mark.hasPreferredCorrection,
            .edit(
              uri: document.identity.uri, TextEdit(range: diagnostic.range, newText: correction))))
      }
      if let accept {
        actions.items.append(
          .quickFix(title: accept.title, diagnostic, isPreferred: nil, .command(accept)))
      }
    }
    return actions
  }

  /// Some editors sort actions by their titles: what was probably meant stays first, the dictionary last.
  private static func title(of correction: String, _ rank: Int) -> String {
    rank == 0 ? "Correct to “\(correction)”" : "Else correct to “\(correction)”"
  }

  /// The command that puts a token into the dictionary; nil for punctuation, which dictionaries do not hold.
  private static func acceptance(of token: String, _ document: OpenDocument) -> Command? {
    let isWord = token.utf8.contains {
      $0 >= 0x80 || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
    }
    guard isWord else { return nil }
    return Command(
      title: "Put “\(token)” into the dictionary", command: "inkling.accept",
      arguments: [token, document.identity.uri])
  }
}
