import Dispatch
import JSON
import LanguageServerProtocol
import Prediction
import Synchronization

/// The Inkling that listens beside another server: a session of its own, whose client is the proxy.
final class Companion: Sendable {
  private struct State: Sendable {
    var isReady = false
    /// What came before the session had begun.
    var early: [[UInt8]] = []
    /// Whom the answers to requests are for, by the bytes of their ids.
    var awaited: [[UInt8]: @Sendable (ProxiedMessage) -> Void] = [:]
    var lastNumber = 0
    var listener: (@Sendable (ProxiedMessage) -> Void)?
  }

  /// Gives the session its messages one at a time.
  private let session = Mutex<Session?>(nil)
  private let services: Services
  private let state: StateBox

  private final class StateBox: Sendable {
    let state = Mutex(State())
  }

  init(version: String, settings: Settings, engines: any EngineProvider, scheduler: any Scheduler) {
    let box = StateBox()
    state = box
    let session = Session(
      version: version, settings: settings, engines: engines, scheduler: scheduler,
      output: { message in
        // One message a call, its content behind an empty line.
        guard let header = message.firstRange(of: [0x0D, 0x0A, 0x0D, 0x0A]),
          let message = ProxiedMessage(Array(message[header.upperBound...]))
        else { return }
        let receiver = box.state.withLock { state in
          message.isAnswer ? message.id.flatMap { state.awaited.removeValue(forKey: $0) } : state.listener
        }
        receiver?(message)
      })
    services = session.services
    self.session.withLock { $0 = session }
  }

  var isReady: Bool { state.state.withLock { $0.isReady } }

  /// Ends what runs on its own.
  func stop() { session.withLock { $0?.stop() } }

  func onNotification(_ listener: @escaping @Sendable (ProxiedMessage) -> Void) {
    state.state.withLock { $0.listener = listener }
  }

  // MARK: Keeping in step

  /// Begins the session in the editor's place.
  ///
  /// - Parameters:
  ///   - params: of the editor's `initialize`.
  ///   - encoding: what the server has chosen.
  ///   - marks: whether Inkling's diagnostics are wanted.
  func start(_ params: JSON?, encoding: String, marks: Bool) {
    let editor = params?["capabilities"]?["textDocument"]?["completion"]?.objectValue
    var completion = editor ?? [:]
    completion["dynamicRegistration"] = nil
    // Items that join another server's list share nothing with its.
    completion["completionList"] = nil
    var own: JSONObject = ["processId": .null]
    for name in ["workspaceFolders", "rootUri", "rootPath", "trace"] { own[name] = params?[name] }
    own["initializationOptions"] = params?["initializationOptions"]?["inkling"]
    var features: JSONObject = ["completion": .object(completion)]
    if marks { features["publishDiagnostics"] = [:] }
    own["capabilities"] = [
      "general": ["positionEncodings": [.string(encoding)]], "textDocument": .object(features),
    ]
    give(["jsonrpc": "2.0", "id": "inkling/initialize", "method": "initialize", "params": .object(own)])
    give(["jsonrpc": "2.0", "method": "initialized", "params": [:]])
    session.withLock { session in
      let early = state.state.withLock { state in
        defer { state.early = [] }
        state.isReady = true
        return state.early
      }
      for content in early { session?.receive(.message(content)) }
    }
  }

  /// Tells the session what the editor has told the server.
  func notify(_ content: [UInt8]) {
    session.withLock { session in
      let isReady = state.state.withLock { state in
        if !state.isReady { state.early.append(content) }
        return state.isReady
      }
      if isReady { session?.receive(.message(content)) }
    }
  }

  private func give(_ message: JSON) {
    session.withLock { $0?.receive(.message(message.serialized())) }
  }

  // MARK: Asking

  /// Asks for completions as the editor did.
  ///
  /// - Parameter answer: takes the result, as JSON.
  func ask(_ request: ProxiedMessage, _ answer: @escaping @Sendable ([UInt8]) -> Void) {
    begin(request) { answer(($0 ?? .null).serialized()) }
  }

  /// The same, waiting; nil if there is no answer in time.
  func wait(for request: ProxiedMessage, until deadline: ContinuousClock.Instant) -> JSON? {
    let found = Waiting<JSON>()
    begin(request) { found.finish($0) }
    return found.value(until: deadline)
  }

  private func begin(_ request: ProxiedMessage, _ answer: @escaping @Sendable (JSON?) -> Void) {
    guard let params = request.spans.json(request.params) else { return answer(nil) }
    let id = state.state.withLock { state in
      state.lastNumber += 1
      let id = JSON.string("inkling/\(state.lastNumber)")
      state.awaited[id.serialized()] = { message in
        answer(Self.marked(message.spans.json(message.result)))
      }
      return id
    }
    give(["jsonrpc": "2.0", "id": id, "method": "textDocument/completion", "params": params])
  }

  /// How probable candidates are at a place.
  ///
  /// - Returns: their places, the most probable first; nil if nothing is known of them, or not in time.
  func rank(
    _ candidates: [RankCandidate], at place: (uri: String, position: Position),
    until deadline: ContinuousClock.Instant
  ) -> [Int]? {
    guard let document = services.documents[place.uri],
      services.settings.settings(for: place.uri).completion.isEnabled
    else { return nil }
    let encoding = services.connection.client.encoding
    let ranked = candidates.prefix(RankParams.candidateLimit)
    let found = Waiting<[Int]>()
    services.scheduler.submit(.awaited, in: document.lane) { [services] in
      let outcome = document.withContent { content in
        defer { content.wantsPreparation = false }
        let offset = content.text.byteOffset(of: place.position, encoding)
        let network = ContinuousClock.now + .milliseconds(10)
        let ranking = content.rank(Array(ranked), at: offset, deadline: min(deadline, network))
        return (ranking, content.wantsPreparation)
      }
      let isKnown = outcome?.0.probabilities.contains { $0 > 0 } == true
      found.finish(isKnown ? outcome?.0.order : nil)
      if outcome?.1 == true { services.documents.prepare(document) }
      return .done
    }
    guard let order = found.value(until: deadline) else { return nil }
    return order + (ranked.count..<candidates.count)
  }

  // MARK: Items of its own

  /// A list whose items say that they are Inkling's.
  private static func marked(_ list: JSON?) -> JSON? {
    guard var object = list?.objectValue, let items = object["items"]?.arrayValue else { return nil }
    object["items"] = .array(
      items.map { item in
        guard var members = item.objectValue else { return item }
        members["data"] = ["inkling": true]
        return .object(members)
      })
    return .object(object)
  }

  /// Whether an item that is to be resolved is one of those.
  static func isOwnItem(_ request: ProxiedMessage) -> Bool {
    guard let params = request.params, let data = request.spans.member("data", of: params) else {
      return false
    }
    return request.spans.isLiteral(request.spans.member("inkling", of: data), "true")
  }
}

/// What somebody waits for while somebody else finds it out.
private final class Waiting<Value: Sendable>: Sendable {
  private let found = Mutex<Value?>(nil)
  private let isFinished = DispatchSemaphore(value: 0)

  func finish(_ value: Value?) {
    found.withLock { $0 = value }
    isFinished.signal()
  }

  func value(until deadline: ContinuousClock.Instant) -> Value? {
    let left = (deadline - .now).components
    let nanoseconds = max(0, Int(left.seconds) * 1_000_000_000 + Int(left.attoseconds / 1_000_000_000))
    guard isFinished.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success else { return nil }
    return found.withLock { $0 }
  }
}
