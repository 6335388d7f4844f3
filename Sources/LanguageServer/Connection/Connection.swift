import JSON
import LanguageServerProtocol
import Synchronization

/// The other end of the conversation: what the client can do, what goes out to it, and which requests of either side are not
/// answered yet.
final class Connection: Sendable {
  enum Phase: Sendable {
    case uninitialized, initialized, shutDown
  }

  /// What `initialize` brings.
  struct Client: Sendable {
    var phase = Phase.uninitialized
    var capabilities = ClientCapabilities()
    var encoding = PositionEncoding.utf16
  }

  typealias Reply = @Sendable (Result<JSON, IncomingMessage.ClientError>) -> Void

  private struct State: Sendable {
    var client = Client()
    var trace = TraceValue.off
    /// Requests that are not answered yet.
    var pending: [RequestID: CancellationFlag] = [:]
    /// What to do with the client's answers to our own requests.
    var awaited: [Int64: Reply] = [:]
    var lastOwnRequest: Int64 = 0
    /// When the client said something last.
    var lastMessage = ContinuousClock.now
  }

  /// So many of our own requests later an answer is no longer waited for.
  private static let awaitedLimit: Int64 = 1000

  let latencies = Latencies()
  private let state = Mutex(State())
  private let logFile = Mutex<LogFile?>(nil)
  private let output: @Sendable ([UInt8]) -> Void

  /// - Parameter output: takes a framed message; called from any thread, one message at a call.
  init(output: @escaping @Sendable ([UInt8]) -> Void) { self.output = output }

  // MARK: The client

  var client: Client { state.withLock { $0.client } }
  var isInitialized: Bool { client.phase == .initialized }

  func setClient(_ capabilities: ClientCapabilities, _ encoding: PositionEncoding) {
    state.withLock {
      $0.client.capabilities = capabilities
      $0.client.encoding = encoding
    }
  }

  func enter(_ phase: Phase) { state.withLock { $0.client.phase = phase } }
  func setTrace(_ trace: TraceValue) { state.withLock { $0.trace = trace } }

  var lastMessage: ContinuousClock.Instant {
    get { state.withLock { $0.lastMessage } }
    set { state.withLock { $0.lastMessage = newValue } }
  }

  // MARK: Requests of the client

  var pendingCount: Int { state.withLock { $0.pending.count } }
  var awaitedCount: Int { state.withLock { $0.awaited.count } }

  /// Takes a request in.
  ///
  /// - Returns: the flag that its cancellation raises, and the client as it is now; or why it is not taken.
  func admit(_ id: RequestID, _ method: String) -> Result<(CancellationFlag, Client), ResponseError> {
    state.withLock { state in
      guard state.pending[id] == nil else {
        return .failure(
          ResponseError(.invalidRequest, "the id \(id.json) is that of a request not answered yet"))
      }
      switch state.client.phase {
      case .uninitialized where method != "initialize":
        return .failure(ResponseError(.serverNotInitialized, "initialize comes first"))
      case .initialized where method == "initialize":
        return .failure(ResponseError(.invalidRequest, "initialize comes once"))
      case .shutDown: return .failure(ResponseError(.invalidRequest, "the server is shut down"))
      default: break
      }
      let flag = CancellationFlag()
      state.pending[id] = flag
      return .success((flag, state.client))
    }
  }

  /// The answer itself comes from the request's own job, which finds the flag raised.
  func cancel(_ id: RequestID) { state.withLock { $0.pending[id] }?.raise() }

  /// Answers a request, once. A request that was cancelled meanwhile is answered with that.
  func respond(_ id: RequestID, _ result: Result<any MessageResult, ResponseError>) {
    guard let flag = state.withLock({ $0.pending.removeValue(forKey: id) }) else { return }
    switch flag.isRaised ? .failure(.cancelled) : result {
    case .success(let value):
      var text = JSONText()
      text.object { text in
        text.member("jsonrpc", "2.0")
        text.member("id") { $0.write(id.json) }
        text.member("result", value.write)
      }
      output(MessageFramer.frame(text.bytes))
    case .failure(let error): send(["jsonrpc": "2.0", "id": id.json, "error": error.json])
    }
    traceMessage("answered request \(id.json)")
  }

  func respond(toInvalid id: RequestID?, _ error: ResponseError) {
    send(["jsonrpc": "2.0", "id": id?.json ?? .null, "error": error.json])
  }

  // MARK: Messages of our own

  private func send(_ message: JSON) { output(MessageFramer.frame(message.serialized())) }

  func notify(_ method: String, _ params: JSON) {
    send(["jsonrpc": "2.0", "method": .string(method), "params": params])
  }

  /// Asks the client something. Its answer, if ever one comes, goes to `reply`, on the reading thread.
  func request(_ method: String, _ params: JSON?, _ reply: @escaping Reply = { _ in }) {
    let number = state.withLock { state in
      state.lastOwnRequest += 1
      state.awaited[state.lastOwnRequest] = reply
      // Of a client that never answers.
      state.awaited[state.lastOwnRequest - Self.awaitedLimit] = nil
      return state.lastOwnRequest
    }
    var message: JSONObject = ["jsonrpc": "2.0", "id": .integer(number), "method": .string(method)]
    message["params"] = params
    send(.object(message))
  }

  /// Hands the client's answer to whoever asked.
  func take(_ result: Result<JSON, IncomingMessage.ClientError>, for id: RequestID) {
    guard case .integer(let number) = id else { return }
    let reply = state.withLock { $0.awaited.removeValue(forKey: number) }
    reply?(result)
  }

  // MARK: Talking to people

  /// For the user to see now.
  func show(_ type: MessageType, _ message: String) {
    logFile.withLock { $0?.write("shown", message) }
    notify("window/showMessage", ["type": JSON(type.rawValue), "message": .string("Inkling: " + message)])
  }

  /// For whoever looks for the cause of something.
  func log(_ type: MessageType, _ message: String) {
    logFile.withLock { $0?.write("\(type)", message) }
    notify("window/logMessage", ["type": JSON(type.rawValue), "message": .string(message)])
  }

  func traceMessage(_ message: @autoclosure () -> String, verbose: @autoclosure () -> String? = nil) {
    let trace = state.withLock { $0.trace }
    guard trace != .off else { return }
    let text = message()
    var params: JSONObject = ["message": .string(text)]
    let details = trace == .verbose ? verbose() : nil
    params["verbose"] = details.map(JSON.string)
    logFile.withLock { $0?.write("trace", details.map { "\(text) \($0)" } ?? text) }
    notify("$/logTrace", .object(params))
  }

  // MARK: The log

  var logPath: String? { logFile.withLock { $0?.path } }

  func setLog(_ file: LogFile?) { logFile.withLock { $0 = file } }
}
