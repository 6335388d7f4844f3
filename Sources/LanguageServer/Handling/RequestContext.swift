import LanguageServerProtocol

/// What a handler of a request has at hand, as it was when the request came in.
struct RequestContext: Sendable {
  let id: RequestID
  let isCancelled: CancellationFlag
  let client: ClientCapabilities
  let encoding: PositionEncoding
  /// Those that hold for the document that the request names, else for the session.
  let settings: Settings
  let services: Services
  let received = ContinuousClock.now

  /// When an answer for somebody who is typing has to be there.
  var deadline: ContinuousClock.Instant {
    received.advanced(by: .milliseconds(settings.completion.deadlineMilliseconds))
  }
}

/// Takes the answer to a request, once, from any thread.
typealias Answer<Result> = @Sendable (Swift.Result<Result, ResponseError>) -> Void
