import JSON

extension Session {
  /// `textDocument/codeAction`: the more probable words in place of what was marked, and the dictionary. Worked out
  /// from the range, since not every client sends a diagnostic's `data` back; an edit is in the action, and the
  /// dictionary is a command of the server's, so that no client needs commands of its own.
  func codeActions(
    _ content: inout DocumentContent, _ document: OpenDocument, _ params: JSONDecoding,
    _ context: RequestContext
  ) throws(ResponseError) -> JSON {
    let range: Range<Int>
    let only: [String]?
    do throws(JSONError) {
      let start = content.text.byteOffset(of: try params["range"]["start"].position(), context.encoding)
      let end = content.text.byteOffset(of: try params["range"]["end"].position(), context.encoding)
      range = min(start, end)..<max(start, end)
      only = params["context"]["only"].value?.arrayValue?.compactMap(\.stringValue)
    } catch { throw .invalidParams(error) }
    let isWanted = only?.contains { "quickfix" == $0 || $0.isEmpty } ?? true
    // Beyond a screenful the answer would be a list nobody reads.
    guard context.settings.diagnostics.isEnabled, isWanted,
      range.count < 8192
    else { return [] }
    let touched = max(0, range.lowerBound - 1)..<min(content.text.byteCount, range.upperBound + 1)
    let slips = content.engine.surprisals(in: touched).filter {
      $0.byteRange.lowerBound <= range.upperBound && $0.byteRange.upperBound >= range.lowerBound
        && $0.byteRange.upperBound <= content.text.byteCount
        && Self.isMarked($0, content, context.settings.diagnostics)
    }
    let diagnostics = Self.diagnostics(slips, content, context.settings.diagnostics, context.encoding)
    var actions: [JSON] = []
    for (slip, diagnostic) in zip(slips, diagnostics) {
      let token = content.string(in: slip.byteRange)
      let accept: JSON = [
        "title": .string("Add “\(token)” to the dictionary"), "command": "inkling.accept",
        "arguments": [.string(token), .string(document.identity.uri)],
      ]
      // Dictionaries hold words, not punctuation.
      let isWord = token.utf8.contains {
        $0 >= 0x80 || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
      }
      guard context.client.codeActionLiterals else {
        // Such a client knows commands only (LSP 3.17, "Code Action Request").
        if isWord { actions.append(accept) }
        continue
      }
      let replacements = slip.expected.filter { Self.isSingleLine($0.text) && $0.text != token }.prefix(3)
      for (rank, replacement) in replacements.enumerated() {
        let edit: JSON = ["range": diagnostic["range"] ?? .null, "newText": .string(replacement.text)]
        actions.append([
          "title": .string("Replace “\(token)” with “\(replacement.text)”"), "kind": "quickfix",
          "diagnostics": [diagnostic], "isPreferred": .bool(rank == 0 && slips.count == 1),
          "edit": ["changes": .object(JSONObject([(document.identity.uri, .array([edit]))]))],
        ])
      }
      guard isWord else { continue }
      actions.append([
        "title": accept["title"] ?? .null, "kind": "quickfix", "diagnostics": [diagnostic], "command": accept,
      ])
    }
    return .array(actions)
  }
}
