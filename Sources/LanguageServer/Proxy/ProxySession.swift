import JSON
import LanguageServerProtocol
import Synchronization

/// A conversation between an editor and another language server, in which Inkling listens and puts lists of completions in order.
///
/// What comes from either side goes to the other byte for byte and in its order, but for: answers to `initialize` that lack
/// completion, answers to completions, and, where the options say so, published diagnostics. Each side's bytes are given by one
/// thread.
package final class ProxySession: Sendable {
  struct State: Sendable {
    /// Requests of the editor's that the server has not answered, by the bytes of their ids.
    var pending: [[UInt8]: PendingRequest] = [:]
    var serverCompletes = true
    /// Whether the editor has been told that the server has ended.
    var serverHasEnded = false
    var isShutDown = false
    var hasExited = false
    var diagnostics = ProxiedDiagnostics()
  }

  struct PendingRequest: Sendable {
    var method: String
    /// The request, where its answer needs it.
    var content: [UInt8] = []
  }

  let options: ProxyOptions
  let companion: Companion
  let state = Mutex(State())
  private let fromEditor = Mutex(FrameSplitter())
  private let fromServer = Mutex(FrameSplitter())
  private let toEditor: @Sendable ([UInt8]) -> Void
  private let toServer: @Sendable ([UInt8]) -> Void

  /// - Parameters:
  ///   - toEditor: takes bytes for the editor, from any thread.
  ///   - toServer: takes bytes for the server.
  package init(
    version: String, options: ProxyOptions, settings: Settings, engines: any EngineProvider,
    scheduler: any Scheduler, toEditor: @escaping @Sendable ([UInt8]) -> Void,
    toServer: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.options = options
    self.toEditor = toEditor
    self.toServer = toServer
    var settings = settings
    settings.diagnostics.isEnabled = options.combinesDiagnostics
    companion = Companion(version: version, settings: settings, engines: engines, scheduler: scheduler)
    companion.onNotification { [weak self] message in self?.receiveFromCompanion(message) }
  }

  // MARK: From the editor

  package func receive(fromEditor bytes: [UInt8]) {
    fromEditor.withLock { $0.append(bytes) }
    while let piece = fromEditor.withLock({ $0.next() }) {
      guard let content = piece.content, let message = ProxiedMessage(content) else {
        toServer(piece.bytes)
        continue
      }
      if takes(message) { continue }
      toServer(piece.bytes)
      if let method = message.method { listen(to: message, method) }
    }
  }

  /// Whether the editor has said `exit`.
  package var hasExited: Bool { state.withLock { $0.hasExited } }

  /// The editor says no more.
  package func endOfEditor() { toServer(fromEditor.withLock { $0.rest() }) }

  /// Notes a request before the server can answer it.
  ///
  /// - Returns: whether it is not for the server.
  private func takes(_ message: ProxiedMessage) -> Bool {
    guard let method = message.method else { return false }
    if method == "exit" || method == "shutdown" {
      state.withLock {
        $0.isShutDown = true
        $0.hasExited = method == "exit"
      }
    }
    guard let id = message.id else { return false }
    if method == "completionItem/resolve", Companion.isOwnItem(message) {
      answer(id, message.params.map { Array(message.bytes[$0]) } ?? Array("null".utf8))
      return true
    }
    let (isAlone, serverCompletes) = state.withLock { ($0.serverHasEnded, $0.serverCompletes) }
    if method == "textDocument/completion", isAlone || !serverCompletes, companion.isReady {
      companion.ask(message) { [self] result in answer(id, result) }
      return true
    }
    if isAlone {
      if method == "shutdown" {
        answer(id, Array("null".utf8))
      } else {
        refuse(id, "the language server has ended")
      }
      return true
    }
    let keepsContent = method == "initialize" || method == "textDocument/completion"
    state.withLock {
      $0.pending[id] = PendingRequest(method: method, content: keepsContent ? message.bytes : [])
    }
    return false
  }

  /// Keeps Inkling's documents in step.
  private func listen(to message: ProxiedMessage, _ method: String) {
    switch method {
    case "textDocument/didOpen", "textDocument/didChange", "textDocument/didSave", "textDocument/didClose",
      "notebookDocument/didOpen", "notebookDocument/didChange", "notebookDocument/didSave",
      "notebookDocument/didClose", "workspace/didChangeWatchedFiles", "workspace/didChangeWorkspaceFolders",
      "$/cancelRequest":
      companion.notify(message.bytes)
    default: break
    }
  }

  // MARK: From the server

  package func receive(fromServer bytes: [UInt8]) {
    fromServer.withLock { $0.append(bytes) }
    while let piece = fromServer.withLock({ $0.next() }) {
      guard let content = piece.content, let message = ProxiedMessage(content),
        let changed = changed(message)
      else {
        toEditor(piece.bytes)
        continue
      }
      toEditor(MessageFramer.frame(changed))
    }
  }

  /// A message of the server's as the editor is to have it; nil for as it is.
  private func changed(_ message: ProxiedMessage) -> [UInt8]? {
    if message.method == "textDocument/publishDiagnostics", options.combinesDiagnostics {
      return state.withLock { $0.diagnostics.combined(server: message) }
    }
    if message.method == "client/registerCapability" {
      let registers = message.bytes.firstRange(of: Array("\"textDocument/completion\"".utf8)) != nil
      if registers { state.withLock { $0.serverCompletes = true } }
    }
    guard message.isAnswer, let id = message.id,
      let request = state.withLock({ $0.pending.removeValue(forKey: id) }), message.result != nil
    else { return nil }
    switch request.method {
    case "initialize": return initialized(message, request)
    case "textDocument/completion": return ranked(message, request)
    default: return nil
    }
  }

  private func initialized(_ answer: ProxiedMessage, _ request: PendingRequest) -> [UInt8]? {
    guard let result = answer.result, let capabilities = answer.spans.member("capabilities", of: result),
      let members = answer.spans.members(of: capabilities), let asked = ProxiedMessage(request.content)
    else { return nil }
    let encoding = answer.spans.string(answer.spans.member("positionEncoding", of: capabilities))
    let params = asked.spans.json(asked.params)
    companion.start(params, encoding: encoding ?? "utf-16", marks: options.combinesDiagnostics)
    // A client that can be told later is told by the server itself, if it has completions.
    let completion = params?["capabilities"]?["textDocument"]?["completion"]
    guard options.ownItems != .never, answer.spans.member("completionProvider", of: capabilities) == nil,
      completion != nil, completion?["dynamicRegistration"]?.boolValue != true
    else { return nil }
    state.withLock { $0.serverCompletes = false }
    let place = capabilities.lowerBound + 1
    let provider = "\"completionProvider\":{\"triggerCharacters\":[\".\"]}" + (members.isEmpty ? "" : ",")
    return answer.spans.bytes(
      of: 0..<answer.bytes.count, changing: [(place..<place, Array(provider.utf8))])
  }

  // MARK: The server's end

  /// The server says no more: whoever waits for it is told.
  ///
  /// - Parameter how: as in `ended with status 1`.
  package func serverEnded(_ how: String) {
    toEditor(fromServer.withLock { $0.rest() })
    let (pending, isExpected) = state.withLock { state in
      state.serverHasEnded = true
      state.serverCompletes = false
      defer { state.pending = [:] }
      return (state.pending, state.isShutDown)
    }
    for id in pending.keys { refuse(id, "the language server \(how)") }
    if isExpected { return }
    let params: JSON = ["type": 1, "message": .string("inkling proxy: the language server \(how)")]
    send(["jsonrpc": "2.0", "method": "window/logMessage", "params": params])
  }

  // MARK: Messages of its own

  /// - Parameter result: JSON.
  private func answer(_ id: [UInt8], _ result: [UInt8]) {
    toEditor(
      MessageFramer.frame(
        Array("{\"jsonrpc\":\"2.0\",\"id\":".utf8) + id + Array(",\"result\":".utf8) + result + [
          UInt8(ascii: "}")
        ]))
  }

  private func refuse(_ id: [UInt8], _ why: String) {
    let error = JSON.object(["code": -32603, "message": .string(why)]).serialized()
    toEditor(
      MessageFramer.frame(
        Array("{\"jsonrpc\":\"2.0\",\"id\":".utf8) + id + Array(",\"error\":".utf8) + error + [
          UInt8(ascii: "}")
        ]))
  }

  private func send(_ message: JSON) { toEditor(MessageFramer.frame(message.serialized())) }

  /// What Inkling says on its own.
  private func receiveFromCompanion(_ message: ProxiedMessage) {
    switch message.method {
    case "textDocument/publishDiagnostics":
      if let combined = state.withLock({ $0.diagnostics.combined(own: message) }) {
        toEditor(MessageFramer.frame(combined))
      }
    case "window/showMessage", "window/logMessage": toEditor(MessageFramer.frame(message.bytes))
    default: break
    }
  }
}
