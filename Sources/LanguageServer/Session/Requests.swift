import JSON

/// What a handler of a request has at hand, as it was when the request came in.
struct RequestContext: Sendable {
  let id: RequestID
  let isCancelled: CancellationFlag
  let client: ClientCapabilities
  let encoding: PositionEncoding
  let settings: Settings
  let received = ContinuousClock.now

  /// When an answer for somebody who is typing has to be there.
  var deadline: ContinuousClock.Instant {
    received.advanced(by: .milliseconds(settings.completion.deadlineMilliseconds))
  }
}

extension Session {
  func receiveRequest(_ id: RequestID, _ method: String, _ params: JSONDecoding) {
    let flag = CancellationFlag()
    let uri = params["textDocument"]["uri"].stringIfAny
    let admission: Result<RequestContext, ResponseError> = state.withLock { state in
      guard state.pending[id] == nil else {
        return .failure(
          ResponseError(.invalidRequest, "the id \(id.json) is that of a request not answered yet"))
      }
      switch state.phase {
      case .uninitialized where method != "initialize":
        return .failure(ResponseError(.serverNotInitialized, "initialize comes first"))
      case .initialized where method == "initialize":
        return .failure(ResponseError(.invalidRequest, "initialize comes once"))
      case .shutDown: return .failure(ResponseError(.invalidRequest, "the server is shut down"))
      default: break
      }
      state.pending[id] = flag
      return .success(
        RequestContext(
          id: id, isCancelled: flag, client: state.client, encoding: state.encoding,
          settings: uri.map { state.settings(for: $0) } ?? state.settings)
      )
    }
    switch admission {
    case .failure(let error): respond(toInvalid: id, error)
    case .success(let context):
      traceMessage("received request \(method) \(id.json)", verbose: params.value?.serializedString())
      let start = ContinuousClock.now
      checkModels()
      dispatch(method, params, context) { [self] result in
        respond(id, result)
        // A method that there is not may have any name, and each a record of its own.
        if case .failure(let error) = result, error.code == .methodNotFound { return }
        latencies.add(method, ContinuousClock.now - start)
      }
    }
  }

  typealias Answer = @Sendable (Result<JSON, ResponseError>) -> Void

  /// Every request there is, and where it is handled.
  private func dispatch(
    _ method: String, _ params: JSONDecoding, _ context: RequestContext, _ answer: @escaping Answer
  ) {
    switch method {
    case "initialize": now(answer) { () throws(ResponseError) in try initialize(params) }
    case "shutdown": now(answer) { shutDown() }
    case "textDocument/completion": inDocument(params, context, answer, completion)
    case "completionItem/resolve": resolveCompletion(params, context, answer)
    case "textDocument/diagnostic": pullDiagnostics(params, context, answer)
    case "textDocument/inlineCompletion", "inkling/inlineCompletion":
      inDocument(params, context, answer, inlineCompletion)
    case "textDocument/semanticTokens/full": semanticTokens(params, context, answer, isRange: false)
    case "textDocument/semanticTokens/range": semanticTokens(params, context, answer, isRange: true)
    case "textDocument/hover": inDocument(params, context, answer, hover)
    case "textDocument/codeAction": inDocument(params, context, answer, codeActions)
    case "workspace/executeCommand": executeCommand(params, context, answer)
    case "inkling/complete": inDocument(params, context, answer, rawCompletion)
    case "inkling/score": score(params, context, answer)
    case "inkling/status": now(answer) { status() }
    default: answer(.failure(ResponseError(.methodNotFound, "there is no method \(method)")))
    }
  }

  private func now(_ answer: Answer, _ body: () throws(ResponseError) -> JSON) {
    do throws(ResponseError) { answer(.success(try body())) } catch { answer(.failure(error)) }
  }

  typealias DocumentHandler =
    @Sendable (inout DocumentContent, OpenDocument, JSONDecoding, RequestContext) throws(ResponseError) ->
    JSON

  /// Answers a request about a document after the edits that came before it.
  func inDocument(
    _ params: JSONDecoding, _ context: RequestContext, _ answer: @escaping Answer,
    _ handler: @escaping DocumentHandler
  ) {
    do throws(ResponseError) {
      let document = try document(of: params)
      scheduler.submit(.awaited, in: document.lane) { [self] in
        if context.isCancelled.isRaised { return answer(.failure(.cancelled)) }
        do throws(ResponseError) {
          let result = try document.withContent { (content) throws(ResponseError) in
            defer { content.wantsPreparation = false }
            return (try handler(&content, document, params, context), content.wantsPreparation)
          }
          answer(.success(result?.0 ?? .null))
          if result?.1 == true { prepare(document) }
        } catch { answer(.failure(error)) }
      }
    } catch { answer(.failure(error)) }
  }

  /// The open document that `params.textDocument` names.
  func document(of params: JSONDecoding) throws(ResponseError) -> OpenDocument {
    do throws(JSONError) {
      let uri = try params["textDocument"]["uri"].string()
      if let document = state.withLock({ $0.documents[uri] }) { return document }
      throw JSONError.mismatch(path: "textDocument.uri", expected: "an open document", found: uri)
    } catch { throw .invalidParams(error) }
  }
}

extension JSONDecoding {
  /// LSP's `uinteger` is at most 2³¹ − 1.
  func position() throws(JSONError) -> Position {
    _ = try object()
    return Position(
      line: try self["line"].integer(in: 0...Int(Int32.max)),
      character: try self["character"].integer(in: 0...Int(Int32.max)))
  }
}

extension Position {
  var json: JSON { ["line": JSON(line), "character": JSON(character)] }
}

extension SourceText {
  /// The range of the protocol for a range of bytes.
  func range(_ bytes: Range<Int>, _ encoding: PositionEncoding) -> JSON {
    [
      "start": position(of: bytes.lowerBound, encoding).json,
      "end": position(of: bytes.upperBound, encoding).json,
    ]
  }
}
