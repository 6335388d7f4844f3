import JSON
import LanguageServerProtocol
import Synchronization

/// When an editor is asked to ask for semantic tokens again.
struct HeatMapRefreshes: Sendable {
  /// Whether the editor can be asked.
  var areSupported = false
  private var lastNumber = 0
  /// Whether it was asked since the last edit: an answer that is late each time must not keep it asking.
  private var isAsked = false

  mutating func noteEdit() { isAsked = false }

  /// - Parameter isLate: whether it is for an answer that had come too late.
  /// - Returns: the number of a request; nil for none.
  mutating func next(isLate: Bool) -> Int? {
    guard areSupported, !(isLate && isAsked) else { return nil }
    isAsked = isAsked || isLate
    lastNumber += 1
    return lastNumber
  }
}

/// What both servers have a say in.
extension ProxySession {
  // MARK: What is offered

  func initialized(_ answer: ProxiedMessage, _ request: PendingRequest) -> [UInt8]? {
    let spans = answer.spans
    guard let result = answer.result, let object = spans.member("capabilities", of: result),
      var capabilities = ProxiedCapabilities(spans, object), let asked = ProxiedMessage(request.content)
    else { return nil }
    let encoding = spans.string(spans.member("positionEncoding", of: object))
    let params = asked.spans.json(asked.params)
    let combination = companion.start(params, encoding: encoding ?? "utf-16")
    let client = params?["capabilities"]
    let textDocument = client?["textDocument"]
    // A client that can be told later is told by the server itself, if it has any.
    func isTold(_ name: String) -> Bool { textDocument?[name]?["dynamicRegistration"]?.boolValue == true }
    let features = CombinedFeature.allCases.filter {
      $0.isWanted(by: combination) && textDocument?[$0.clientCapability] != nil
    }
    let own = Set(features.filter { !capabilities.has($0.capability) && !isTold($0.clientCapability) })
    var alone = own
    var legend = SemanticTokenLegend()
    legend.allowsOverlap = textDocument?["semanticTokens"]?["overlappingTokenSupport"]?.boolValue == true
    for feature in features {
      if own.contains(feature) {
        capabilities.add(feature.capability, feature.ownCapability)
      } else if let typeCount = capabilities.join(feature) {
        legend.otherTypeCount += typeCount
      } else {
        alone.insert(feature)
      }
    }
    if features.contains(.codeActions) { capabilities.join(commands: Companion.commands) }
    let completes =
      options.ownItems == .never || capabilities.has("completionProvider")
      || textDocument?["completion"] == nil || isTold("completion")
    if !completes { capabilities.add("completionProvider", ["triggerCharacters": ["."]]) }
    state.withLock { state in
      state.combination = combination
      state.combined = Set(features).subtracting(alone)
      state.ownFeatures = own
      state.legend = legend
      state.serverCompletes = completes
      state.refreshes.areSupported =
        features.contains(.semanticTokens)
        && client?["workspace"]?["semanticTokens"]?["refreshSupport"]?.boolValue == true
    }
    return capabilities.bytes
  }

  /// What a server registers later: what it answers from now on.
  func registered(_ message: ProxiedMessage) -> [UInt8]? {
    let spans = message.spans
    guard let registrations = message.params.flatMap({ spans.member("registrations", of: $0) }),
      let elements = spans.elements(of: registrations)
    else { return nil }
    var changes: [(range: Range<Int>, new: [UInt8])] = []
    for element in elements {
      guard let method = spans.string(spans.member("method", of: element)) else { continue }
      if method == "textDocument/completion" { state.withLock { $0.serverCompletes = true } }
      guard let feature = CombinedFeature(registrationMethod: method),
        state.withLock({ $0.combined.contains(feature) }),
        let provider = spans.member("registerOptions", of: element)
      else { continue }
      if feature == .codeActions, let change = ProxiedCapabilities.withQuickFixes(spans, provider: provider) {
        changes.append(change)
      }
      guard feature == .semanticTokens else { continue }
      let joined = ProxiedCapabilities.joined(spans, provider: provider)
      let isJoined = state.withLock { state in
        // Without a legend, or with a second one, nobody knows what a number means.
        guard joined != nil, state.legend.otherTypeCount == 0 else {
          state.combined.remove(.semanticTokens)
          return false
        }
        state.legend.otherTypeCount = joined?.typeCount ?? 0
        return true
      }
      if isJoined { changes += joined?.changes ?? [] }
    }
    return changes.isEmpty ? nil : spans.bytes(of: 0..<spans.bytes.count, inAnyOrder: changes)
  }

  // MARK: What is answered

  /// Answers a request of a kind that the server has not, or no longer.
  func answersFeatureAlone(_ message: ProxiedMessage, _ id: [UInt8]) -> Bool {
    guard let feature = message.method.flatMap(CombinedFeature.init(requestMethod:)) else { return false }
    let (isOwn, legend) = state.withLock { state in
      let isLeft = state.serverHasEnded && state.combined.contains(feature)
      return (isLeft || state.ownFeatures.contains(feature), state.legend)
    }
    guard isOwn else { return false }
    companion.ask(message) { [self] result in answer(id, feature.stated(result, legend).serialized()) }
    return true
  }

  /// Asks Inkling what the server is asked.
  func askCompanion(_ message: ProxiedMessage, _ joint: (feature: CombinedFeature, answer: JointAnswer)) {
    companion.ask(message) { [self] own in
      let (other, isLate) = joint.answer.take(own: own)
      if let other {
        let content = joint.feature.combined(other.message, own: own, legend: state.withLock { $0.legend })
        toEditor(content.map(MessageFramer.frame) ?? other.bytes)
      } else if isLate, joint.feature == .semanticTokens {
        refreshHeatMap(isLate: true)
      }
    }
  }

  /// The server's answer to what both were asked.
  func passage(
    of message: ProxiedMessage, bytes: [UInt8], _ joint: (feature: CombinedFeature, answer: JointAnswer)
  ) -> Passage {
    guard let own = joint.answer.take(other: JointAnswer.Other(bytes: bytes, message: message)) else {
      companion.scheduler.schedule(afterMilliseconds: options.deadlineMilliseconds) { [self] in
        if let other = joint.answer.expire() { toEditor(other.bytes) }
      }
      return .later
    }
    return Passage(joint.feature.combined(message, own: own, legend: state.withLock { $0.legend }))
  }

  // MARK: Requests of its own

  private static let refreshName = "inkling-refresh-"

  /// Has the editor ask for semantic tokens again.
  func refreshHeatMap(isLate: Bool = false) {
    guard let number = state.withLock({ $0.refreshes.next(isLate: isLate) }) else { return }
    send([
      "jsonrpc": "2.0", "id": .string(Self.refreshName + String(number)),
      "method": "workspace/semanticTokens/refresh",
    ])
  }

  /// Whether the editor answers what the server has not asked.
  func isAnswerToCompanion(_ message: ProxiedMessage) -> Bool {
    message.spans.string(message.idRange)?.hasPrefix(Self.refreshName) == true
  }
}
