import JSON
import Platform
import Synchronization

/// A conversation with one client: what comes in through `receive`, what goes out through `output`.
///
/// `receive` is called by one thread at a time. It takes the messages in order, changes the session's state, and
/// leaves all computing to the scheduler, so that reading never waits.
public final class Session: Sendable {
  enum Phase: Sendable {
    case uninitialized, initialized, shutDown
  }

  enum Trace: String, CaseIterable, Sendable {
    case off, messages, verbose
  }

  struct State: Sendable {
    var phase = Phase.uninitialized
    var client = ClientCapabilities()
    var encoding = PositionEncoding.utf16
    /// What the command line said, before any client's wishes.
    let baseSettings: Settings
    /// `initializationOptions`; a later configuration is laid over them, not over what came before it.
    var initializationOptions: JSON?
    /// What the client says for the session, and by their URIs for its workspace folders.
    var configuration: JSON?
    var folderConfigurations: [String: JSON] = [:]
    /// Of each open document that has been read.
    var scopes: [String: SettingsScope] = [:]
    /// By their root folders.
    var projects: [String: ProjectFiles] = [:]
    /// What all of these make of the defaults, for the session and for each scope there is.
    var settings: Settings
    var scopedSettings: [SettingsScope: Settings] = [:]
    /// What the person says for the session, and by their URIs for workspace folders that have something of their own.
    var sessionLayer = SettingsLayer()
    var folderLayers: [String: SettingsLayer] = [:]
    /// Why projects' files are not used, as far as it was said.
    var shownRefusals: Set<Failure> = []
    /// What of the settings was complained about already.
    var shownProblems: Set<String> = []
    var trace = Trace.off
    var folders: [WorkspaceFolder] = []
    var documents: [String: OpenDocument] = [:]
    /// Requests that are not answered yet.
    var pending: [RequestID: CancellationFlag] = [:]
    /// What to do with the client's answers to our own requests.
    var awaited: [Int64: @Sendable (Result<JSON, IncomingMessage.ClientError>) -> Void] = [:]
    var lastOwnRequest: Int64 = 0
  }

  /// So many of our own requests later an answer is no longer waited for.
  private static let awaitedLimit: Int64 = 1000

  let state: Mutex<State>
  let scheduler: any Scheduler
  let engines: any EngineProvider
  let latencies = Latencies()
  let networkUse = NetworkUse()
  let version: String
  let modelCheck = ModelCheck()
  let training = WorkspaceTraining()
  /// Where files near open documents are read.
  let nearbyLane = Lane()
  let logFile = Mutex<LogFile?>(nil)
  /// When the client said something last.
  let lastMessage = Mutex(ContinuousClock.now)
  /// The program that trains models; nil where there is none.
  let trainerPath: String?
  /// Called with the process that the client asks to be watched.
  let watchProcess: @Sendable (Int32) -> Void
  private let output: @Sendable ([UInt8]) -> Void
  private let exit = Mutex<Int32?>(nil)

  /// - Parameters:
  ///   - version: for `serverInfo`.
  ///   - settings: the defaults, changed by the command line.
  ///   - trainerPath: the program that trains models; by default the one beside this program.
  ///   - watchProcess: is given the process whose end should end the server.
  ///   - output: takes a framed message; called from any thread, one message at a call.
  public init(
    version: String = "0", settings: Settings = Settings(), engines: any EngineProvider,
    scheduler: any Scheduler, trainerPath: String? = Session.installedTrainerPath(),
    watchProcess: @escaping @Sendable (Int32) -> Void = { _ in },
    output: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.version = version
    state = Mutex(
      State(baseSettings: settings, settings: settings, sessionLayer: SettingsLayer(settings: settings)))
    self.trainerPath = trainerPath
    self.engines = engines
    self.scheduler = scheduler
    self.watchProcess = watchProcess
    self.output = output
  }

  /// The status to exit with, once the client has said `exit`.
  public var exitStatus: Int32? { exit.withLock { $0 } }

  /// The status to exit with when the client goes away without a word: 0 only after `shutdown`.
  public var statusAtEndOfInput: Int32 { state.withLock { $0.phase == .shutDown ? 0 : 1 } }

  func end() {
    let status = statusAtEndOfInput
    exit.withLock { $0 = status }
  }

  /// Takes one frame of the input.
  public func receive(_ frame: MessageFramer.Frame) {
    switch frame {
    case .message(let content): receive(IncomingMessage(content))
    case .malformed(let reason): respond(toInvalid: nil, ResponseError(.parseError, reason))
    }
  }

  func receive(_ message: IncomingMessage) {
    lastMessage.withLock { $0 = .now }
    switch message {
    case .request(let id, let method, let params): receiveRequest(id, method, JSONDecoding(params))
    case .notification(let method, let params): receiveNotification(method, JSONDecoding(params))
    case .response(let id, let result):
      guard case .integer(let number) = id else { return }
      let body = state.withLock { $0.awaited.removeValue(forKey: number) }
      body?(result)
    case .invalid(let id, let error): respond(toInvalid: id, error)
    }
  }

  // MARK: Sending

  private func send(_ message: JSON) {
    output(MessageFramer.frame(message.serialized()))
  }

  /// Answers a request, once. A request that was cancelled meanwhile is answered with that.
  func respond(_ id: RequestID, _ result: Result<JSON, ResponseError>) {
    guard let flag = state.withLock({ $0.pending.removeValue(forKey: id) }) else { return }
    switch flag.isRaised ? .failure(.cancelled) : result {
    case .success(let value): send(["jsonrpc": "2.0", "id": id.json, "result": value])
    case .failure(let error): send(["jsonrpc": "2.0", "id": id.json, "error": error.json])
    }
    traceMessage("answered request \(id.json)")
  }

  func respond(toInvalid id: RequestID?, _ error: ResponseError) {
    send(["jsonrpc": "2.0", "id": id?.json ?? .null, "error": error.json])
  }

  func notify(_ method: String, _ params: JSON) {
    send(["jsonrpc": "2.0", "method": .string(method), "params": params])
  }

  /// Asks the client something. Its answer, if ever one comes, goes to `completion`, on the reading thread.
  func request(
    _ method: String, _ params: JSON?,
    _ completion: @escaping @Sendable (Result<JSON, IncomingMessage.ClientError>) -> Void = { _ in }
  ) {
    let number = state.withLock { state in
      state.lastOwnRequest += 1
      state.awaited[state.lastOwnRequest] = completion
      // Of a client that never answers.
      state.awaited[state.lastOwnRequest - Self.awaitedLimit] = nil
      return state.lastOwnRequest
    }
    var message: JSONObject = ["jsonrpc": "2.0", "id": .integer(number), "method": .string(method)]
    message["params"] = params
    send(.object(message))
  }

  // MARK: Talking to people

  /// LSP 3.17, "MessageType".
  enum MessageType: Int, Sendable {
    case error = 1
    case warning, info, log
  }

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
}
