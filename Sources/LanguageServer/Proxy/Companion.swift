import DequeModule
import JSON
import LanguageServerProtocol
import Prediction
import Synchronization

/// The Inkling that listens beside another server: a session of its own, whose client is the proxy.
final class Companion: Sendable {
  /// What the editor has said, and the session has not been told yet.
  private enum Note: Sendable {
    case message([UInt8])
    /// A request for the server, whose answer will be ranked.
    case question(ProxiedMessage)
  }

  private struct State: Sendable {
    var isReady = false
    /// In their order. What came before the session had begun is among them.
    var notes: Deque<Note> = []
    /// Whether somebody is about to tell the session.
    var isCatchingUp = false
    /// Whom the answers to requests are for, by the bytes of their ids.
    var awaited: [[UInt8]: @Sendable (ProxiedMessage) -> Void] = [:]
    var lastNumber = 0
    /// Where the last list was ranked, and when, if that took no time worth mentioning.
    var lastQuickRanking: (uri: String, start: ContinuousClock.Instant)?
    /// Takes what the session says unasked.
    var listener: (@Sendable (ProxiedMessage) -> Void)?
  }

  /// Gives the session its messages one at a time.
  private let session = Mutex<Session?>(nil)
  private let services: Services
  private let state: StateBox
  /// Of telling the session what the editor has said.
  private let lane = Lane()

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

  var scheduler: any Scheduler { services.scheduler }
  var isReady: Bool { state.state.withLock { $0.isReady } }

  /// Ends what runs on its own.
  func stop() { session.withLock { $0?.stop() } }

  func onMessage(_ listener: @escaping @Sendable (ProxiedMessage) -> Void) {
    state.state.withLock { $0.listener = listener }
  }

  // MARK: Keeping in step

  /// Begins the session in the editor's place.
  ///
  /// - Parameters:
  ///   - params: of the editor's `initialize`.
  ///   - encoding: what the server has chosen.
  /// - Returns: what of Inkling's is to stand beside the server's.
  func start(_ params: JSON?, encoding: String) -> Settings.Combination {
    let options = params?["initializationOptions"]?["inkling"]
    let combination = services.settings.current.changed(by: options ?? [:]).settings.combination
    var own: JSONObject = ["processId": .null]
    for name in ["workspaceFolders", "rootUri", "rootPath", "trace"] { own[name] = params?[name] }
    own["initializationOptions"] = options
    own["capabilities"] = Self.capabilities(params?["capabilities"], encoding, combination)
    give(["jsonrpc": "2.0", "id": "inkling/initialize", "method": "initialize", "params": .object(own)])
    give(["jsonrpc": "2.0", "method": "initialized", "params": [:]])
    state.state.withLock { $0.isReady = true }
    catchUp()
    return combination
  }

  /// What the editor can do, as far as it counts beside another server.
  private static func capabilities(
    _ editor: JSON?, _ encoding: String, _ combination: Settings.Combination
  ) -> JSON {
    let textDocument = editor?["textDocument"]
    var completion = textDocument?["completion"]?.objectValue ?? [:]
    // Items that join another server's list share nothing with its.
    completion["completionList"] = nil
    var features: JSONObject = ["completion": .object(completion)]
    for feature in CombinedFeature.allCases where feature.isWanted(by: combination) {
      features[feature.clientCapability] = textDocument?[feature.clientCapability]
    }
    for (name, feature) in features {
      guard var members = feature.objectValue else { continue }
      members["dynamicRegistration"] = nil
      features[name] = .object(members)
    }
    // Marks are pushed, so that they can join those that the server pushes. To whom wants none they are not: it is said to pull.
    var workspace: JSONObject = ["semanticTokens": ["refreshSupport": true]]
    if combination.diagnostics {
      features["publishDiagnostics"] = [:]
    } else {
      features["diagnostic"] = [:]
      workspace["diagnostics"] = ["refreshSupport": true]
    }
    return [
      "general": ["positionEncodings": [.string(encoding)]], "textDocument": .object(features),
      "workspace": .object(workspace),
    ]
  }

  /// Tells the session what the editor has told the server: in a moment, on another thread, for the next message of the editor's is
  /// not to wait until a long text is read. Whoever asks the session something has it told before.
  func notify(_ content: [UInt8]) { take(.message(content)) }

  /// Has what the ranking of an answer needs made ready while the server works on it.
  func expectAnswer(to request: ProxiedMessage) { take(.question(request)) }

  /// How much of it the session has not been told yet.
  var untoldCount: Int { state.state.withLock { $0.notes.count } }

  private func take(_ note: Note) {
    let isFirst = state.state.withLock { state in
      state.notes.append(note)
      guard state.isReady, !state.isCatchingUp else { return false }
      state.isCatchingUp = true
      return true
    }
    guard isFirst else { return }
    services.scheduler.submit(
      .interactive, in: lane,
      once: { [self] in
        state.state.withLock { $0.isCatchingUp = false }
        catchUp()
      })
  }

  /// Tells the session what it has not been told yet.
  private func catchUp() { session.withLock { catchUp($0) } }

  private func catchUp(_ session: Session?) {
    while let note = state.state.withLock({ $0.isReady ? $0.notes.popFirst() : nil }) {
      switch note {
      case .message(let content): session?.receive(.message(content))
      case .question(let request): prepareRanking(of: request)
      }
    }
  }

  private func give(_ message: JSON) {
    let content = message.serialized()
    session.withLock { session in
      catchUp(session)
      session?.receive(.message(content))
    }
  }

  /// Behind the edits before it, as it will be asked for.
  private func prepareRanking(of request: ProxiedMessage) {
    guard let place = request.place, let document = services.documents[place.uri] else { return }
    let encoding = services.connection.client.encoding
    services.scheduler.submit(
      .interactive, in: document.lane,
      once: { [services] in
        let isOpen: Void? = document.withContent { content in
          content.engine.expectQuestion(at: content.text.byteOffset(of: place.position, encoding))
        }
        if isOpen != nil { services.documents.prepare(document) }
      })
  }

  // MARK: Asking

  /// Asks what the editor has asked.
  ///
  /// - Parameter answer: takes the result, null where there is none.
  func ask(_ request: ProxiedMessage, _ answer: @escaping @Sendable (JSON) -> Void) {
    begin(request) { answer(Self.result(of: $0, to: request) ?? .null) }
  }

  /// The same, waiting; nil if there is no answer in time.
  func wait(for request: ProxiedMessage, until deadline: ContinuousClock.Instant) -> JSON? {
    let found = Waiting<JSON>()
    begin(request) { found.finish(Self.result(of: $0, to: request)) }
    return found.value(until: deadline)
  }

  /// Asks what the editor has asked.
  ///
  /// - Parameters:
  ///   - answer: takes the answer to the editor's request, which may be an error.
  ///   - refuse: takes the request's id where it is no JSON and has not been asked.
  func forward(
    _ request: ProxiedMessage, _ answer: @escaping @Sendable ([UInt8]) -> Void,
    refuse: @escaping @Sendable ([UInt8]) -> Void
  ) {
    begin(request) { message in
      guard let id = request.id else { return }
      guard let message, let range = message.idRange else { return refuse(id) }
      answer(message.spans.bytes(of: 0..<message.bytes.count, changing: [(range, id)]))
    }
  }

  private func begin(_ request: ProxiedMessage, _ answer: @escaping @Sendable (ProxiedMessage?) -> Void) {
    guard let method = request.method, let params = request.spans.json(request.params) else {
      return answer(nil)
    }
    let id = state.state.withLock { state in
      state.lastNumber += 1
      let id = JSON.string("inkling/\(state.lastNumber)")
      state.awaited[id.serialized()] = { answer($0) }
      return id
    }
    give(["jsonrpc": "2.0", "id": id, "method": .string(method), "params": params])
  }

  private static func result(of answer: ProxiedMessage?, to request: ProxiedMessage) -> JSON? {
    let result = answer.flatMap { $0.spans.json($0.result) }
    return request.method == "textDocument/completion" ? marked(result) : result
  }

  /// Answers what the session asks its client for: that was heard. Goes past the session, which may be what says it: within the
  /// notification that it is being given.
  func acknowledge(_ request: ProxiedMessage) {
    guard let number = request.spans.json(request.idRange)?.integerValue else { return }
    services.connection.take(.success(.null), for: .integer(Int64(number)))
  }

  /// How probable candidates are at a place.
  ///
  /// - Returns: their places, the most probable first; nil if nothing is known of them, or not in time.
  func rank(
    _ candidates: [String], at place: (uri: String, position: Position),
    until deadline: ContinuousClock.Instant
  ) -> [Int]? {
    catchUp()
    guard let document = services.documents[place.uri],
      services.settings.settings(for: place.uri).completion.isEnabled
    else { return nil }
    let encoding = services.connection.client.encoding
    let ranked = candidates.prefix(RankParams.candidateLimit)
    let found = Waiting<[Int]>()
    let rank = { @Sendable [services, state] () -> JobOutcome in
      let start = ContinuousClock.now
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
      let isQuick = ContinuousClock.now - start < Self.quickDuration
      state.state.withLock { $0.lastQuickRanking = isQuick ? (place.uri, start) : nil }
      return .done
    }
    if ranksQuickly(in: place.uri), ContinuousClock.now + Self.quickDuration * 4 < deadline {
      services.scheduler.run(.awaited, in: document.lane, rank)
    } else {
      services.scheduler.submit(.awaited, in: document.lane, rank)
    }
    guard let order = found.value(until: deadline) else { return nil }
    return order + (ranked.count..<candidates.count)
  }

  private static let quickDuration = Duration.milliseconds(8)

  /// Whether a list will not be ranked for long: a model that nobody has asked for a while is not in memory
  /// (`OpenDocuments.idleMilliseconds`), and another document may be longer and have another model.
  private func ranksQuickly(in uri: String) -> Bool {
    let last = state.state.withLock { $0.lastQuickRanking }
    guard let last, last.uri == uri else { return false }
    return ContinuousClock.now - last.start < .milliseconds(OpenDocuments.idleMilliseconds / 2)
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

  /// Whether an item or an action that is to be resolved is one of Inkling's.
  static func isOwnItem(_ request: ProxiedMessage) -> Bool {
    guard let params = request.params, let data = request.spans.member("data", of: params) else {
      return false
    }
    return request.spans.isLiteral(request.spans.member("inkling", of: data), "true")
  }

  /// The commands that it carries out (LSP 3.17, "workspace/executeCommand").
  static let commands = ExecuteCommandRequest.commands.map { $0.name }

  static func isOwnCommand(_ request: ProxiedMessage) -> Bool {
    guard let params = request.params else { return false }
    return request.spans.string(request.spans.member("command", of: params)).map(commands.contains) == true
  }
}
