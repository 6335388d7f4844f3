import CSystem
import Dispatch
import Platform

/// Stands between an editor on standard input and output and another language server, which it starts.
package enum Proxy {
  /// How long the server may take to end once the editor has gone.
  private static let patienceMilliseconds = 3000
  /// The same once it was told to, and may have much to put away.
  private static let exitPatienceMilliseconds = 8000

  /// Passes messages until either side ends.
  ///
  /// - Parameters:
  ///   - command: the server and its arguments.
  ///   - onSignal: is given what is to be done when a signal is to end this program.
  /// - Returns: the exit status: the server's, as a shell has it.
  package static func run(
    _ command: [String], version: String, options: ProxyOptions, settings: Settings,
    engines: any EngineProvider, onSignal: (@escaping @Sendable () -> Void) -> Void
  ) throws(Failure) -> Int32 {
    useOneHeap()
    let streams = try StandardStreams()
    let threadCount = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let scheduler = try WorkerPool(threadCount: min(max(threadCount, 2), 8))
    let server = try PipedProcess(command)
    onSignal { _ = server.stop(patience: 0) }
    let inbox = try Outbox(descriptor: server.input, isOwnPipe: true) {}
    let session = ProxySession(
      version: version, options: options, settings: settings, engines: engines, scheduler: scheduler,
      toEditor: { if !$0.isEmpty { streams.write($0) } }, toServer: { if !$0.isEmpty { inbox.write($0) } })
    let hasEnded = DispatchSemaphore(value: 0)
    try startThread {
      while let bytes = server.read() { session.receive(fromServer: bytes) }
      // Whoever says no more is of no more use.
      session.serverEnded(description(of: server.stop(patience: 1000)))
      hasEnded.signal()
      if !options.outlivesServer { streams.endInput() }
    }
    while !session.hasExited, let bytes = streams.read() { session.receive(fromEditor: bytes) }
    session.endOfEditor()
    inbox.flush()
    close(server.input)
    let end = server.stop(
      patience: session.hasExited ? exitPatienceMilliseconds : patienceMilliseconds)
    _ = hasEnded.wait(timeout: .now() + .milliseconds(1000))
    session.companion.stop()
    streams.flush()
    return options.outlivesServer && session.hasExited ? 0 : end.exitStatus
  }

  private static func description(of end: PipedProcess.End) -> String {
    switch end {
    case .status(let status): "ended with status \(status)"
    case .signal(let number): "was ended by signal \(number)"
    }
  }
}
