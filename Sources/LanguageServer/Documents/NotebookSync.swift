import JSON

/// Notebooks: each cell is a document of its own, in the place of its notebook's file (LSP 3.17, "Notebook Document
/// Synchronization").
extension Session {
  func didOpenNotebook(_ params: JSONDecoding) throws(JSONError) {
    let uri = try params["notebookDocument"]["uri"].string()
    for cell in try params["cellTextDocuments"].optional?.elements() ?? [] {
      try open(cell, notebookURI: uri)
    }
  }

  func didChangeNotebook(_ params: JSONDecoding) throws(JSONError) {
    let uri = try params["notebookDocument"]["uri"].string()
    guard let cells = params["change"]["cells"].optional else { return }
    if let structure = cells["structure"].optional {
      for cell in try structure["didOpen"].optional?.elements() ?? [] { try open(cell, notebookURI: uri) }
      for cell in try structure["didClose"].optional?.elements() ?? [] { close(try openDocument(cell)) }
    }
    for content in try cells["textContent"].optional?.elements() ?? [] {
      let identifier = content["document"]
      try change(
        try openDocument(identifier), version: identifier["version"].integerIfAny, content["changes"])
    }
  }

  func didSaveNotebook(_ params: JSONDecoding) throws(JSONError) {
    let uri = try params["notebookDocument"]["uri"].string()
    let cells = state.withLock { $0.documents.values.filter { $0.identity.notebookURI == uri } }
    for cell in cells { save(cell) }
    if let path = filePath(ofURI: uri) { noteSave(ofPath: path) }
  }

  func didCloseNotebook(_ params: JSONDecoding) throws(JSONError) {
    let uri = try params["notebookDocument"]["uri"].string()
    let cells = state.withLock { $0.documents.values.filter { $0.identity.notebookURI == uri } }
    for cell in cells { close(cell) }
  }
}
