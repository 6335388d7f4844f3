import LanguageServerProtocol

/// Every notification there is, and what is done with it. `exit` is the session's own.
enum NotificationTable {
  private static let all: [NotificationHandler] = [
    NotificationHandler("initialized", Services.didInitialize),
    NotificationHandler("$/cancelRequest") { (params: CancelParams, services) in
      if let id = params.id { services.connection.cancel(id) }
    },
    NotificationHandler("$/setTrace") { (params: SetTraceParams, services) in
      if let trace = params.value { services.connection.setTrace(trace) }
    },
    NotificationHandler("window/workDoneProgress/cancel") { (params: CancelProgressParams, services) in
      if let token = params.token { services.trainer.queue.cancel(token: token) }
    },
    NotificationHandler("textDocument/didOpen", Services.didOpen),
    NotificationHandler("textDocument/didChange", Services.didChange),
    NotificationHandler("textDocument/didSave", Services.didSave),
    NotificationHandler("textDocument/didClose", Services.didClose),
    NotificationHandler("notebookDocument/didOpen", Services.didOpenNotebook),
    NotificationHandler("notebookDocument/didChange", Services.didChangeNotebook),
    NotificationHandler("notebookDocument/didSave", Services.didSaveNotebook),
    NotificationHandler("notebookDocument/didClose", Services.didCloseNotebook),
    NotificationHandler("workspace/didChangeConfiguration", Services.didChangeConfiguration),
    NotificationHandler("workspace/didChangeWatchedFiles", Services.didChangeWatchedFiles),
    NotificationHandler("workspace/didChangeWorkspaceFolders", Services.didChangeFolders),
  ]

  static let handlers = Dictionary(uniqueKeysWithValues: all.map { ($0.method, $0) })
}
