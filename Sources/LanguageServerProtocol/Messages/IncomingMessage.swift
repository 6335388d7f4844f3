import JSON

/// A message from the client, its envelope understood (JSON-RPC 2.0).
package enum IncomingMessage: Sendable {
  case request(RequestID, method: String, params: JSON?)
  case notification(method: String, params: JSON?)
  case response(RequestID, Result<JSON, ClientError>)
  /// To be answered with an error; `id` is that of the message if it can be made out.
  case invalid(RequestID?, ResponseError)

  /// What the client answered instead of a result.
  package struct ClientError: Error, Sendable {
    package var code: Int
    package var message: String
  }

  /// What a message may ask for. Documents with U+0000 and editors that cut a surrogate pair in two are real.
  package static let limits = JSONLimits(
    byteCount: 128 << 20, depth: 200, valueCount: 300_000, duplicateKeys: .lastWins, allowsNUL: true,
    replacesLoneSurrogates: true, roundsLargeIntegers: true)

  package init(_ content: [UInt8]) {
    if let plain = PlainCandidates.message(content) {
      self = plain
      return
    }
    do throws(JSONError) {
      self.init(try JSON.parse(content, limits: Self.limits))
    } catch {
      self = .invalid(nil, ResponseError(.parseError, "not JSON: \(error)"))
    }
  }

  package init(_ json: JSON) {
    guard case .object(let object) = json else {
      self = .invalid(nil, ResponseError(.invalidRequest, "a message is an object, not \(json.kind)"))
      return
    }
    let id = object["id"].flatMap(RequestID.init)
    guard object["jsonrpc"] == "2.0" else {
      self = .invalid(id, ResponseError(.invalidRequest, "jsonrpc: expected \"2.0\""))
      return
    }
    guard let method = object["method"] else {
      self = Self.response(id, object)
      return
    }
    guard case .string(let method) = method else {
      self = .invalid(id, ResponseError(.invalidRequest, "method: expected a string, found \(method.kind)"))
      return
    }
    let params: JSON?
    switch object["params"] {
    case .array?, .object?: params = object["params"]
    case nil, .null?: params = nil
    case let other?:
      self = .invalid(
        id, ResponseError(.invalidRequest, "params: expected an object or an array, found \(other.kind)"))
      return
    }
    if let id {
      self = .request(id, method: method, params: params)
    } else if let wrong = object["id"], wrong != .null {
      self = .invalid(
        nil, ResponseError(.invalidRequest, "id: expected an integer or a string, found \(wrong.kind)"))
    } else {
      self = .notification(method: method, params: params)
    }
  }

  private static func response(_ id: RequestID?, _ object: JSONObject) -> IncomingMessage {
    guard let id, object["result"] != nil || object["error"] != nil else {
      return .invalid(
        id, ResponseError(.invalidRequest, "a message has a method, or an id with a result or an error"))
    }
    if let error = object["error"], error != .null {
      return .response(
        id,
        .failure(
          ClientError(code: error["code"]?.integerValue ?? 0, message: error["message"]?.stringValue ?? "")))
    }
    return .response(id, .success(object["result"] ?? .null))
  }
}
