/// What a proxy does beside passing messages on.
package struct ProxyOptions: Hashable, Sendable {
  package enum OwnItems: String, CaseIterable, Sendable {
    /// Completions are the server's alone.
    case never
    /// Where the server has none, Inkling's stand in.
    case missing
    /// Inkling's stand behind the server's.
    case always
  }

  /// How long an answer of the server's may wait for Inkling; then it goes on as it came.
  package var deadlineMilliseconds = 40
  package var ownItems = OwnItems.missing
  /// Whether Inkling goes on answering once the server has ended.
  package var outlivesServer = false

  package init() {}
}
