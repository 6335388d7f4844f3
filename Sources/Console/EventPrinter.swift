import JSON
import Platform

/// Prints one JSON object a line, for scripts, at once: the reader of a pipe sees each event as it happens.
package struct EventPrinter: Sendable {
  package init() {}

  /// - Parameters:
  ///   - event: what happened; the member `event` comes first.
  ///   - members: the rest, in their order.
  package func print(_ event: String, _ members: JSONObject = JSONObject()) throws(Failure) {
    var object = JSONObject()
    object["event"] = .string(event)
    for (key, value) in members { object[key] = value }
    try Console.write(JSON.object(object).serialized() + [10])
    try Console.flush()
  }
}
