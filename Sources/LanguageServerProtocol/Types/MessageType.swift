/// How urgent a message to a person is (LSP 3.17, "MessageType").
package enum MessageType: Int, Sendable {
  case error = 1
  case warning, info, log
}

/// How much of a session the client wants to be told (LSP 3.17, "TraceValue").
package enum TraceValue: String, CaseIterable, Sendable {
  case off, messages, verbose
}
