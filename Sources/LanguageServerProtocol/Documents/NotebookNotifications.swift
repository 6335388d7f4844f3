import JSON

/// Which notebook is meant: `notebookDocument/didSave` and `notebookDocument/didClose`.
package struct NotebookParams: MessageParams {
  package var uri: String

  package init(_ params: JSONDecoding) throws(JSONError) {
    uri = try params["notebookDocument"]["uri"].string()
  }
}

/// `notebookDocument/didOpen`.
package struct DidOpenNotebookParams: MessageParams {
  package var uri: String
  package var cells: [TextDocumentItem] = []

  package init(_ params: JSONDecoding) throws(JSONError) {
    uri = try params["notebookDocument"]["uri"].string()
    for cell in try params["cellTextDocuments"].optional?.elements() ?? [] {
      cells.append(try TextDocumentItem(cell))
    }
  }
}

/// `notebookDocument/didChange`: cells that came, cells that went, and changes of cells' texts.
package struct DidChangeNotebookParams: MessageParams {
  package var uri: String
  package var opened: [TextDocumentItem] = []
  package var closed: [TextDocumentIdentifier] = []
  package var changed: [(cell: TextDocumentIdentifier, changes: [ContentChange])] = []

  package init(_ params: JSONDecoding) throws(JSONError) {
    uri = try params["notebookDocument"]["uri"].string()
    let cells = params["change"]["cells"]
    for cell in try cells["structure"]["didOpen"].optional?.elements() ?? [] {
      opened.append(try TextDocumentItem(cell))
    }
    for cell in try cells["structure"]["didClose"].optional?.elements() ?? [] {
      closed.append(try TextDocumentIdentifier(cell))
    }
    for content in try cells["textContent"].optional?.elements() ?? [] {
      changed.append(
        (try TextDocumentIdentifier(content["document"]), try ContentChange.changes(content["changes"])))
    }
  }
}
