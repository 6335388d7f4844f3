import JSON
import LanguageServerProtocol
import Platform
import Synchronization

/// A conversation with one client: what comes in through `receive`, what goes out through `output`.
///
/// `receive` is called by one thread at a time. It takes the messages in order and leaves all computing and all files to the
/// scheduler, so that reading never waits. What is done with a message stands in `RequestTable` and `NotificationTable`.
package final class Session: Sendable {
  let services: Services
  private let exit = Mutex<Int32?>(nil)

  /// - Parameters:
  ///   - version: for `serverInfo`.
  ///   - settings: the defaults, changed by the command line.
  ///   - trainerPath: the program that trains models; by default the one beside this program.
  ///   - watchProcess: is given the process whose end should end the server.
  ///   - output: takes a framed message; called from any thread, one message at a call.
  package init(
    version: String = "0", settings: Settings = Settings(), engines: any EngineProvider,
    scheduler: any Scheduler, trainerPath: String? = Session.installedTrainerPath(),
    watchProcess: @escaping @Sendable (Int32) -> Void = { _ in },
    output: @escaping @Sendable ([UInt8]) -> Void
  ) {
    services = Services(
      version: version, settings: settings, engines: engines, scheduler: scheduler,
      trainerPath: trainerPath, watchProcess: watchProcess, output: output)
    services.settings.observe { [weak services] change in services?.takeUp(change) }
  }

  /// The trainer is installed beside the server; nil if it is not.
  package static func installedTrainerPath() -> String? { WorkspaceTrainer.installedTrainerPath() }

  /// The status to exit with, once the client has said `exit`.
  package var exitStatus: Int32? { exit.withLock { $0 } }

  /// The status to exit with when the client goes away without a word: 0 only after `shutdown`.
  package var statusAtEndOfInput: Int32 { services.connection.client.phase == .shutDown ? 0 : 1 }

  /// Ends what runs on its own.
  func stop() { services.trainer.queue.stop() }

  /// Takes one frame of the input.
  package func receive(_ frame: MessageFramer.Frame) {
    switch frame {
    case .message(let content): receive(IncomingMessage(content))
    case .malformed(let reason):
      services.connection.respond(toInvalid: nil, ResponseError(.parseError, reason))
    }
  }

  private func receive(_ message: IncomingMessage) {
    let connection = services.connection
    connection.lastMessage = .now
    switch message {
    case .request(let id, let method, let params): receive(id, method, JSONDecoding(params))
    case .notification(let method, let params): receive(method, JSONDecoding(params))
    case .response(let id, let result): connection.take(result, for: id)
    case .invalid(let id, let error): connection.respond(toInvalid: id, error)
    }
  }

  private func receive(_ id: RequestID, _ method: String, _ params: JSONDecoding) {
    let connection = services.connection
    switch connection.admit(id, method) {
    case .failure(let error): connection.respond(toInvalid: id, error)
    case .success(let (flag, client)):
      let uri = params["textDocument"]["uri"].stringIfAny
      let context = RequestContext(
        id: id, isCancelled: flag, client: client.capabilities, encoding: client.encoding,
        settings: uri.map { services.settings.settings(for: $0) } ?? services.settings.current,
        services: services)
      connection.traceMessage(
        "received request \(method) \(id.json)", verbose: params.value?.serializedString())
      services.models.check()
      guard let handler = RequestTable.handlers[method] else {
        // It may have any name: no record is kept of how long it took.
        return connection.respond(
          id, .failure(ResponseError(.methodNotFound, "there is no method \(method)")))
      }
      handler.receive(params, context) { result in
        connection.respond(id, result)
        connection.latencies.add(method, ContinuousClock.now - context.received)
      }
    }
  }

  private func receive(_ method: String, _ params: JSONDecoding) {
    let connection = services.connection
    if method == "exit" {
      let status = statusAtEndOfInput
      return exit.withLock { $0 = status }
    }
    guard connection.isInitialized else { return }
    connection.traceMessage("received notification \(method)", verbose: params.value?.serializedString())
    // Others are ignored, as LSP says.
    guard let handler = NotificationTable.handlers[method] else { return }
    do throws(JSONError) { try handler.receive(params, services) } catch {
      connection.log(.error, "\(method): \(error); the message was ignored")
    }
  }
}
