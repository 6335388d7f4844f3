import JSON
import LanguageServerProtocol

/// Notebooks: each cell is a document of its own, in the place of its notebook's file (LSP 3.17, "Notebook Document
/// Synchronization").
extension Services {
  static func didOpenNotebook(_ params: DidOpenNotebookParams, _ services: Services) {
    for cell in params.cells { services.open(cell, notebookURI: params.uri) }
  }

  static func didChangeNotebook(
    _ params: DidChangeNotebookParams, _ services: Services
  ) throws(JSONError) {
    for cell in params.opened { services.open(cell, notebookURI: params.uri) }
    for cell in params.closed { services.close(try services.documents.find(cell)) }
    for (cell, changes) in params.changed {
      services.change(try services.documents.find(cell), version: cell.version, changes)
    }
  }

  static func didSaveNotebook(_ params: NotebookParams, _ services: Services) {
    for cell in services.cells(of: params.uri) { services.save(cell) }
    services.noteSave(ofPath: filePath(ofURI: params.uri))
  }

  static func didCloseNotebook(_ params: NotebookParams, _ services: Services) {
    for cell in services.cells(of: params.uri) { services.close(cell) }
  }

  private func cells(of notebookURI: String) -> [OpenDocument] {
    documents.all.filter { $0.identity.notebookURI == notebookURI }
  }
}
