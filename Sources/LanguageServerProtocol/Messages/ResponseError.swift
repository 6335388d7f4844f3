import JSON

/// Why a request was not answered with a result (LSP 3.17, "ErrorCodes").
package struct ResponseError: Error, Hashable, Sendable {
  package enum Code: Int, Sendable {
    case parseError = -32700
    case invalidRequest = -32600
    case methodNotFound = -32601
    case invalidParams = -32602
    case internalError = -32603
    case serverNotInitialized = -32002
    case requestCancelled = -32800
    case contentModified = -32801
    case requestFailed = -32803
  }

  package var code: Code
  package var message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package static let cancelled = ResponseError(.requestCancelled, "the request was cancelled")

  package static func invalidParams(_ error: JSONError) -> ResponseError {
    ResponseError(.invalidParams, error.description)
  }

  package var json: JSON { ["code": JSON(code.rawValue), "message": .string(message)] }
}
