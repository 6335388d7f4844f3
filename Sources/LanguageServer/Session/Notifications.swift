import JSON

extension Session {
  func receiveNotification(_ method: String, _ params: JSONDecoding) {
    if method == "exit" { return end() }
    guard state.withLock({ $0.phase }) == .initialized else { return }
    traceMessage("received notification \(method)", verbose: params.value?.serializedString())
    do throws(JSONError) {
      try dispatch(method, params)
    } catch {
      log(.error, "\(method): \(error); the message was ignored")
    }
  }

  /// Every notification there is, and where it is handled. Others are ignored, as LSP says.
  private func dispatch(_ method: String, _ params: JSONDecoding) throws(JSONError) {
    switch method {
    case "initialized": didInitialize()
    case "$/cancelRequest": cancel(params)
    case "$/setTrace":
      guard let trace = params["value"].stringIfAny.flatMap(Trace.init) else { return }
      state.withLock { $0.trace = trace }
    case "textDocument/didOpen": try didOpen(params)
    case "textDocument/didChange": try didChange(params)
    case "textDocument/didSave": try didSave(params)
    case "textDocument/didClose": try didClose(params)
    case "workspace/didChangeConfiguration": didChangeConfiguration(params)
    case "workspace/didChangeWatchedFiles": try didChangeWatchedFiles(params)
    case "notebookDocument/didOpen": try didOpenNotebook(params)
    case "notebookDocument/didChange": try didChangeNotebook(params)
    case "notebookDocument/didSave": try didSaveNotebook(params)
    case "notebookDocument/didClose": try didCloseNotebook(params)
    case "window/workDoneProgress/cancel": cancelProgress(params)
    case "workspace/didChangeWorkspaceFolders": didChangeFolders(params)
    default: break
    }
  }

  /// The answer itself comes from the request's own job, which finds the flag raised.
  private func cancel(_ params: JSONDecoding) {
    guard let id = params["id"].value.flatMap(RequestID.init) else { return }
    state.withLock { $0.pending[id] }?.raise()
  }
}
