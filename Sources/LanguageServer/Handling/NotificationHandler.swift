import JSON
import LanguageServerProtocol

/// A line of the table of notifications. They are taken by the reading thread in the order in which they come, which only notes
/// what there is to do: texts are changed in their documents' lanes, files are looked at aside.
struct NotificationHandler: Sendable {
  let method: String
  let receive: @Sendable (JSONDecoding, Services) throws(JSONError) -> Void

  init<Params: MessageParams>(
    _ method: String, _ take: @escaping @Sendable (Params, Services) throws(JSONError) -> Void
  ) {
    self.method = method
    receive = { (params, services) throws(JSONError) in try take(try Params(params), services) }
  }
}
