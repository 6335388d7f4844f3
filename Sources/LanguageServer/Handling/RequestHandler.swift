import JSON
import LanguageServerProtocol

/// A kind of request: its name, its parameters, its result, and how it is answered. A type conforms to one of the protocols
/// below, which say when; `RequestTable` lists the types.
protocol RequestKind: SendableMetatype {
  associatedtype Params: MessageParams
  associatedtype Result: MessageResult
  static var method: String { get }
  /// Other names of the same.
  static var aliases: [String] { get }
  /// The capability that offers it to a client; nil if it needs none, or the client would not know it.
  static func feature(for client: ClientCapabilities) -> ServerFeature?
}

extension RequestKind {
  static var aliases: [String] { [] }
  static func feature(for client: ClientCapabilities) -> ServerFeature? { nil }
}

/// Answered by the reading thread, before the next message is read: must not touch a file or wait for a lock that is held long.
protocol ImmediateRequest: RequestKind {
  associatedtype Params
  associatedtype Result
  static func answer(_ params: Params, _ context: RequestContext) throws(ResponseError) -> Result
}

/// Answered in the document's lane: after the edits that came before, before all background work. Somebody waits.
protocol DocumentRequest: RequestKind {
  associatedtype Params
  associatedtype Result
  static func document(of params: Params) -> TextDocumentIdentifier
  static func answer(
    _ params: Params, _ content: inout DocumentContent, _ document: OpenDocument, _ context: RequestContext
  ) throws(ResponseError) -> Result
}

/// Answered in the document's lane, in slices, when there is nothing more urgent: goes through much of the text.
protocol BackgroundRequest: RequestKind {
  associatedtype Params
  associatedtype Result
  static func document(of params: Params) -> TextDocumentIdentifier
  static func begin(
    _ params: Params, _ document: OpenDocument, _ context: RequestContext, _ answer: @escaping Answer<Result>)
}

/// Answered off the reading thread and apart from any document's lane: may read and write files.
protocol AsideRequest: RequestKind {
  associatedtype Params
  associatedtype Result
  static func begin(_ params: Params, _ context: RequestContext, _ answer: @escaping Answer<Result>)
}

/// A line of the table of requests.
struct RequestHandler: Sendable {
  let methods: [String]
  let feature: @Sendable (ClientCapabilities) -> ServerFeature?
  let receive: @Sendable (JSONDecoding, RequestContext, @escaping Answer<any MessageResult>) -> Void

  private init<Kind: RequestKind>(
    _ kind: Kind.Type,
    _ begin:
      @escaping @Sendable (Kind.Params, RequestContext, @escaping Answer<Kind.Result>) throws(ResponseError)
      -> Void
  ) {
    methods = [Kind.method] + Kind.aliases
    feature = { Kind.feature(for: $0) }
    receive = { params, context, answer in
      do throws(ResponseError) {
        let decoded: Kind.Params
        do throws(JSONError) { decoded = try Kind.Params(params) } catch { throw .invalidParams(error) }
        try begin(decoded, context) { result in answer(result.map { $0 }) }
      } catch { answer(.failure(error)) }
    }
  }

  static func immediately<Kind: ImmediateRequest>(_ kind: Kind.Type) -> RequestHandler {
    RequestHandler(kind) { (params, context, answer) throws(ResponseError) in
      answer(.success(try Kind.answer(params, context)))
    }
  }

  static func afterEdits<Kind: DocumentRequest>(_ kind: Kind.Type) -> RequestHandler {
    RequestHandler(kind) { (params, context, answer) throws(ResponseError) in
      let documents = context.services.documents
      let document = try find(Kind.document(of: params), context)
      documents.scheduler.submit(.awaited, in: document.lane) {
        if context.isCancelled.isRaised {
          answer(.failure(.cancelled))
          return .done
        }
        do throws(ResponseError) {
          let result = try document.withContent { (content) throws(ResponseError) in
            defer { content.wantsPreparation = false }
            return (try Kind.answer(params, &content, document, context), content.wantsPreparation)
          }
          // Closed before its text was read.
          guard let (value, wantsPreparation) = result else { throw .closed }
          answer(.success(value))
          if wantsPreparation { documents.prepare(document) }
        } catch { answer(.failure(error)) }
        return .done
      }
    }
  }

  static func inBackground<Kind: BackgroundRequest>(_ kind: Kind.Type) -> RequestHandler {
    RequestHandler(kind) { (params, context, answer) throws(ResponseError) in
      Kind.begin(params, try find(Kind.document(of: params), context), context, answer)
    }
  }

  static func aside<Kind: AsideRequest>(_ kind: Kind.Type) -> RequestHandler {
    RequestHandler(kind) { (params, context, answer) throws(ResponseError) in
      Kind.begin(params, context, answer)
    }
  }

  /// The open document that a request names.
  private static func find(
    _ identifier: TextDocumentIdentifier, _ context: RequestContext
  ) throws(ResponseError) -> OpenDocument {
    do throws(JSONError) { return try context.services.documents.find(identifier) } catch {
      throw .invalidParams(error)
    }
  }
}

extension ResponseError {
  /// Of a document that was closed while its request waited.
  static let closed = ResponseError(.contentModified, "the document was closed")
}
