import JSON

/// `textDocument/diagnostic`.
package struct DiagnosticParams: MessageParams {
  package var document: TextDocumentIdentifier
  package var previousResultID: String?

  package init(_ params: JSONDecoding) throws(JSONError) {
    document = try TextDocumentIdentifier(params["textDocument"])
    previousResultID = params["previousResultId"].stringIfAny
  }
}

/// LSP 3.17, "Diagnostic".
package struct Diagnostic: MessageValue {
  package var range: PositionRange
  /// LSP 3.17, "DiagnosticSeverity".
  package var severity: Int
  package var code: String
  package var message: String

  package init(range: PositionRange, severity: Int, code: String, message: String) {
    self.range = range
    self.severity = severity
    self.code = code
    self.message = message
  }

  package var json: JSON {
    [
      "range": range.json, "severity": JSON(severity), "code": .string(code), "source": "inkling",
      "message": .string(message),
    ]
  }
}

/// LSP 3.17, "DocumentDiagnosticReport".
package enum DiagnosticReport: MessageValue {
  case full(resultID: String?, [Diagnostic])
  case unchanged(resultID: String)

  package var json: JSON {
    switch self {
    case .full(let resultID, let items):
      var report: JSONObject = ["kind": "full"]
      report["resultId"] = resultID.map(JSON.string)
      report["items"] = .array(items.map(\.json))
      return .object(report)
    case .unchanged(let resultID): return ["kind": "unchanged", "resultId": .string(resultID)]
    }
  }
}
