import JSON
import LanguageServerProtocol
import Synchronization

@testable import LanguageServer

/// A proxy in memory between a scripted editor and a scripted server.
final class ProxyFixture: Sendable {
  private final class Sent: Sendable {
    let editor = Mutex<[UInt8]>([])
    let server = Mutex<[UInt8]>([])
  }

  let session: ProxySession
  private let sent = Sent()
  let scheduler = ImmediateScheduler()
  let engines = WordEngines()
  static let uri = "file:///proxy.txt"

  init(
    combining combination: Settings.Combination, scheduler: (any Scheduler)? = nil,
    _ change: (inout ProxyOptions) -> Void = { _ in }
  ) {
    var options = ProxyOptions()
    change(&options)
    var settings = Settings()
    settings.combination = combination
    let sent = sent
    session = ProxySession(
      version: "0", options: options, settings: settings, engines: engines,
      scheduler: scheduler ?? self.scheduler, toEditor: { bytes in sent.editor.withLock { $0 += bytes } },
      toServer: { bytes in sent.server.withLock { $0 += bytes } })
  }

  convenience init(_ change: (inout ProxyOptions) -> Void = { _ in }) {
    self.init(combining: Settings.Combination(), change)
  }

  /// What the editor has got since the last call.
  var editorBytes: [UInt8] { Self.take(sent.editor) }
  var serverBytes: [UInt8] { Self.take(sent.server) }
  var editorMessages: [JSON] { Self.messages(editorBytes) }

  private static func take(_ bytes: borrowing Mutex<[UInt8]>) -> [UInt8] {
    bytes.withLock { bytes in
      defer { bytes = [] }
      return bytes
    }
  }

  static func messages(_ bytes: [UInt8]) -> [JSON] {
    var framer = MessageFramer()
    framer.append(bytes)
    var messages: [JSON] = []
    while let frame = framer.next() {
      if case .message(let content) = frame {
        messages.append((try? JSON.parse(content, limits: IncomingMessage.limits)) ?? "broken")
      }
    }
    return messages
  }

  func editor(_ message: String) { session.receive(fromEditor: MessageFramer.frame(Array(message.utf8))) }
  func server(_ message: String) { session.receive(fromServer: MessageFramer.frame(Array(message.utf8))) }

  /// Goes through `initialize` and opens a document.
  ///
  /// - Parameters:
  ///   - capabilities: the server's.
  ///   - params: the editor's.
  func start(
    text: String, capabilities: String = #"{"completionProvider":{}}"#,
    params: String = #"{"capabilities":{"textDocument":{"completion":{}}}}"#
  ) {
    editor(#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":\#(params)}"#)
    server(#"{"jsonrpc":"2.0","id":1,"result":{"capabilities":\#(capabilities)}}"#)
    editor(#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#)
    let open: JSON = [
      "jsonrpc": "2.0", "method": "textDocument/didOpen",
      "params": [
        "textDocument": [
          "uri": .string(Self.uri), "languageId": "plaintext", "version": 1, "text": .string(text),
        ]
      ],
    ]
    editor(open.serializedString())
  }

  /// Asks about a place, or the whole document where none is given.
  func ask(_ method: String, id: Int = 2, character: Int? = nil) {
    var params: JSONObject = ["textDocument": ["uri": .string(Self.uri)]]
    if let character {
      let place: JSON = ["line": 0, "character": JSON(character)]
      params["position"] = place
      params["range"] = ["start": place, "end": place]
      params["context"] = ["diagnostics": []]
    }
    editor(
      JSON.object(["jsonrpc": "2.0", "id": JSON(id), "method": .string(method), "params": .object(params)])
        .serializedString())
  }

  func complete(id: String = "2", line: Int = 0, character: Int = 0) {
    editor(
      #"{"jsonrpc":"2.0","id":\#(id),"method":"textDocument/completion","params":{"textDocument":{"uri":"\#(Self.uri)"},"position":{"line":\#(line),"character":\#(character)}}}"#
    )
  }

  /// Sends the whole text.
  func edit(to text: String, version: Int = 2) {
    let change: JSON = [
      "jsonrpc": "2.0", "method": "textDocument/didChange",
      "params": [
        "textDocument": ["uri": .string(Self.uri), "version": JSON(version)],
        "contentChanges": [["text": .string(text)]],
      ],
    ]
    editor(change.serializedString())
  }
}

/// Runs nothing until an answer is awaited, or it is told to: then all that was submitted before, in its order.
final class HeldScheduler: Scheduler {
  private let jobs = Mutex<[@Sendable () -> JobOutcome]>([])

  func submit(_ urgency: Urgency, in lane: Lane, _ job: @escaping @Sendable () -> JobOutcome) {
    jobs.withLock { $0.append(job) }
    if urgency == .awaited { runAll() }
  }

  func runAll() {
    while let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
      while job() == .unfinished {}
    }
  }

  func schedule(afterMilliseconds delay: Int, _ body: @escaping @Sendable () -> Void) {}
  func set(_ alarm: Alarm, afterMilliseconds delay: Int, _ body: @escaping @Sendable () -> Void) {}
  func renewThreads() {}
}
