import JSON
import LanguageServerProtocol
import Synchronization

/// A conversation between an editor and another language server, in which Inkling listens and puts lists of completions in order.
///
/// What comes from either side goes to the other byte for byte and in its order, but for: answers to `initialize` that lack
/// completion, answers to completions, and what the settings combine (`Settings.Combination`): what offers it, answers, and
/// published diagnostics. Each side's bytes are given by one thread.
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
    var combination = Settings.Combination()
    /// Requests of these kinds are answered by both.
    var combined: Set<CombinedFeature> = []
    /// Requests of these kinds are answered by Inkling: the server has said nothing of them.
    var ownFeatures: Set<CombinedFeature> = []
    var legend = SemanticTokenLegend()
    var refreshes = HeatMapRefreshes()
  }

  struct PendingRequest: Sendable {
    var method: String
    /// The request, where its answer needs it.
    var content: [UInt8] = []
    /// What Inkling is asked as well.
    var joint: (feature: CombinedFeature, answer: JointAnswer)?
  }

  let options: ProxyOptions
  let companion: Companion
  let state = Mutex(State())
  private let fromEditor = Mutex(FrameSplitter())
  private let fromServer = Mutex(FrameSplitter())
  let toEditor: @Sendable ([UInt8]) -> Void
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
    // Whether any of it is shown says the combination.
    settings.isHeatMapEnabled = true
    companion = Companion(version: version, settings: settings, engines: engines, scheduler: scheduler)
    companion.onMessage { [weak self] message in self?.receiveFromCompanion(message) }
  }

  // MARK: From the editor

  package func receive(fromEditor bytes: [UInt8]) {
    fromEditor.withLock { $0.append(bytes) }
    while let piece = fromEditor.withLock({ $0.next() }) {
      guard let content = piece.content, let message = ProxiedMessage(content) else {
        toServer(piece.bytes)
        continue
      }
      var joint: (feature: CombinedFeature, answer: JointAnswer)?
      if takes(message, &joint) { continue }
      toServer(piece.bytes)
      if let joint { askCompanion(message, joint) }
      if let method = message.method { listen(to: message, method) }
    }
  }

  /// Whether the editor has said `exit`.
  package var hasExited: Bool { state.withLock { $0.hasExited } }

  /// The editor says no more.
  package func endOfEditor() { toServer(fromEditor.withLock { $0.rest() }) }

  /// Notes a request before the server can answer it.
  ///
  /// - Parameter joint: what is to be answered by both, once the server has the request.
  /// - Returns: whether it is not for the server.
  private func takes(
    _ message: ProxiedMessage, _ joint: inout (feature: CombinedFeature, answer: JointAnswer)?
  ) -> Bool {
    guard let method = message.method else { return isAnswerToCompanion(message) }
    if method == "exit" || method == "shutdown" {
      state.withLock {
        $0.isShutDown = true
        $0.hasExited = method == "exit"
      }
    }
    guard let id = message.id else { return false }
    if answersAlone(message, method, id) { return true }
    if state.withLock({ $0.serverHasEnded }) {
      if method == "shutdown" {
        answer(id, Array("null".utf8))
      } else {
        refuse(id, "the language server has ended")
      }
      return true
    }
    let keepsContent = method == "initialize" || method == "textDocument/completion"
    var request = PendingRequest(method: method, content: keepsContent ? message.bytes : [])
    let feature = CombinedFeature(requestMethod: method)
    state.withLock { state in
      if let feature, state.combined.contains(feature) { request.joint = (feature, JointAnswer()) }
      state.pending[id] = request
    }
    joint = request.joint
    return false
  }

  /// Answers what the server does not.
  private func answersAlone(_ message: ProxiedMessage, _ method: String, _ id: [UInt8]) -> Bool {
    guard companion.isReady else { return false }
    let (isAlone, serverCompletes) = state.withLock { ($0.serverHasEnded, $0.serverCompletes) }
    switch method {
    case "completionItem/resolve", "codeAction/resolve":
      guard Companion.isOwnItem(message) else { return false }
      answer(id, message.params.map { Array(message.bytes[$0]) } ?? Array("null".utf8))
      return true
    case "textDocument/completion":
      guard isAlone || !serverCompletes else { return false }
      companion.ask(message) { [self] result in answer(id, result.serialized()) }
      return true
    case "workspace/executeCommand":
      guard Companion.isOwnCommand(message) else { return false }
      companion.forward(
        message, { [self] answer in toEditor(MessageFramer.frame(answer)) },
        refuse: { [self] id in refuse(id, "the request's parameters are no JSON") })
      return true
    default: return answersFeatureAlone(message, id)
    }
  }

  /// Keeps Inkling's documents in step.
  private func listen(to message: ProxiedMessage, _ method: String) {
    if method == "textDocument/didChange" { state.withLock { $0.refreshes.noteEdit() } }
    switch method {
    case "textDocument/completion": companion.expectAnswer(to: message)
    case "textDocument/didOpen", "textDocument/didChange", "textDocument/didSave", "textDocument/didClose",
      "notebookDocument/didOpen", "notebookDocument/didChange", "notebookDocument/didSave",
      "notebookDocument/didClose", "workspace/didChangeWatchedFiles", "workspace/didChangeWorkspaceFolders":
      companion.notify(message.bytes)
    case "workspace/didChangeConfiguration":
      // What is not named as Inkling's is the server's.
      if let settings = message.params.flatMap({ message.spans.member("settings", of: $0) }),
        message.spans.member("inkling", of: settings) != nil
      {
        companion.notify(message.bytes)
      }
    default: break
    }
  }

  // MARK: From the server

  package func receive(fromServer bytes: [UInt8]) {
    fromServer.withLock { $0.append(bytes) }
    while let piece = fromServer.withLock({ $0.next() }) {
      guard let content = piece.content, let message = ProxiedMessage(content) else {
        toEditor(piece.bytes)
        continue
      }
      switch passage(of: message, bytes: piece.bytes) {
      case .asItCame: toEditor(piece.bytes)
      case .changed(let content): toEditor(MessageFramer.frame(content))
      case .later: break
      }
    }
  }

  /// What becomes of a message of the server's.
  enum Passage {
    case asItCame
    case changed([UInt8])
    /// Goes on once Inkling has had its say.
    case later

    /// - Parameter content: nil for as it came.
    init(_ content: [UInt8]?) { self = content.map(Passage.changed) ?? .asItCame }
  }

  private func passage(of message: ProxiedMessage, bytes: [UInt8]) -> Passage {
    switch message.method {
    case "textDocument/publishDiagnostics":
      return Passage(
        state.withLock { $0.combination.diagnostics ? $0.diagnostics.combined(server: message) : nil })
    case "client/registerCapability": return Passage(registered(message))
    default: break
    }
    guard message.isAnswer, let id = message.id,
      let request = state.withLock({ $0.pending.removeValue(forKey: id) }), message.result != nil
    else { return .asItCame }
    if let joint = request.joint { return passage(of: message, bytes: bytes, joint) }
    switch request.method {
    case "initialize": return Passage(initialized(message, request))
    case "textDocument/completion": return Passage(ranked(message, request))
    default: return .asItCame
    }
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
  func answer(_ id: [UInt8], _ result: [UInt8]) {
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

  func send(_ message: JSON) { toEditor(MessageFramer.frame(message.serialized())) }

  /// What Inkling says on its own.
  private func receiveFromCompanion(_ message: ProxiedMessage) {
    switch message.method {
    case "textDocument/publishDiagnostics":
      if let combined = state.withLock({ state in
        state.combination.diagnostics ? state.diagnostics.combined(own: message) : nil
      }) {
        toEditor(MessageFramer.frame(combined))
      }
    case "workspace/semanticTokens/refresh":
      companion.acknowledge(message)
      refreshHeatMap()
    case "window/showMessage", "window/logMessage": toEditor(MessageFramer.frame(message.bytes))
    // Whatever else it asks for is the server's.
    default: companion.acknowledge(message)
    }
  }
}
