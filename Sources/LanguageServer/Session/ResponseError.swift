import JSON

/// Why a request was not answered with a result (LSP 3.17, "ErrorCodes").
public struct ResponseError: Error, Hashable, Sendable {
  public enum Code: Int, Sendable {
    case parseError = -32700
    case invalidRequest = -32600
    case methodNotFound = -32601
    case invalidParams = -32602
    case internalError = -32603
    case serverNotInitialized = -32002
    case requestCancelled = -32800
    case requestFailed = -32803
  }

  public var code: Code
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  static let cancelled = ResponseError(.requestCancelled, "the request was cancelled")

  static func invalidParams(_ error: JSONError) -> ResponseError {
    ResponseError(.invalidParams, error.description)
  }

  var json: JSON { ["code": JSON(code.rawValue), "message": .string(message)] }
}
