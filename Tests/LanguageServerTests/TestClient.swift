import JSON
import LanguageServerProtocol
import Platform
import Synchronization

@testable import LanguageServer

/// A client in memory: bytes in, messages out, everything on one thread.
final class TestClient {
  let scheduler = ImmediateScheduler()
  let session: Session
  let engines: any EngineProvider
  private var framer = MessageFramer()
  private let sent: Sent
  private var lastID: Int64 = 0

  final class Sent: Sendable {
    let bytes = Mutex<[UInt8]>([])
    let watched = Mutex<[Int32]>([])
  }

  init(
    settings: Settings = Settings(), engines: any EngineProvider = WordEngines(), trainerPath: String? = nil
  ) {
    self.engines = engines
    let sent = Sent()
    self.sent = sent
    session = Session(
      settings: settings, engines: engines, scheduler: scheduler, trainerPath: trainerPath,
      watchProcess: { process in sent.watched.withLock { $0.append(process) } },
      output: { message in sent.bytes.withLock { $0 += message } })
  }

  var watchedProcesses: [Int32] { sent.watched.withLock { $0 } }

  /// Gives raw bytes to the server, as the reading loop does.
  func write(_ bytes: some Sequence<UInt8>) {
    framer.append(Array(bytes))
    while session.exitStatus == nil, let frame = framer.next() { session.receive(frame) }
  }

  func send(_ message: JSON) { write(MessageFramer.frame(message.serialized())) }

  /// What the server has sent since the last call.
  func received() -> [JSON] {
    let bytes = sent.bytes.withLock { bytes in
      defer { bytes = [] }
      return bytes
    }
    var framer = MessageFramer()
    framer.append(bytes)
    var messages: [JSON] = []
    while let frame = framer.next() {
      guard case .message(let content) = frame, let message = try? JSON.parse(content) else {
        return [["broken": true]]
      }
      messages.append(message)
    }
    return messages
  }

  func notify(_ method: String, _ params: JSON = [:]) {
    send(["jsonrpc": "2.0", "method": .string(method), "params": params])
  }

  /// The response to a request; other messages that came before it are left out.
  @discardableResult
  func request(_ method: String, _ params: JSON = [:]) -> JSON {
    lastID += 1
    send(["jsonrpc": "2.0", "id": .integer(lastID), "method": .string(method), "params": params])
    return received().last { $0["id"] == .integer(lastID) && $0["method"] == nil } ?? "no answer"
  }

  func initialize(capabilities: JSON = [:], options: JSON = nil, folders: [String] = []) {
    request(
      "initialize",
      [
        "processId": nil, "capabilities": capabilities, "initializationOptions": options,
        "workspaceFolders": .array(folders.map { ["uri": .string("file://" + $0), "name": "x"] }),
      ])
    notify("initialized")
  }

  func open(_ uri: String, _ text: String, language: String = "plaintext") {
    notify(
      "textDocument/didOpen",
      [
        "textDocument": [
          "uri": .string(uri), "languageId": .string(language), "version": 1, "text": .string(text),
        ]
      ])
  }

  func change(_ uri: String, _ changes: [JSON], version: Int = 2) {
    notify(
      "textDocument/didChange",
      ["textDocument": ["uri": .string(uri), "version": JSON(version)], "contentChanges": .array(changes)])
  }

  /// The server's text of a document, and its engine's; that of an engine that does not tell is the same.
  func text(of uri: String) -> (server: [UInt8], engine: [UInt8])? {
    session.services.documents[uri]?.withContent { content in
      let text = content.text.buffer.allBytes
      return (text, (content.engine as? WordEngine)?.text ?? text)
    }
  }

  static func place(_ uri: String, _ line: Int, _ character: Int) -> JSON {
    ["textDocument": ["uri": .string(uri)], "position": ["line": JSON(line), "character": JSON(character)]]
  }
}

/// How often a test repeats what it tries at random: `usually`, or with `INKLING_LONG_TESTS` in the environment
/// `thoroughly`.
func repetitions(usually: Int, thoroughly: Int) -> Int {
  getenv("INKLING_LONG_TESTS") == nil ? usually : thoroughly
}
