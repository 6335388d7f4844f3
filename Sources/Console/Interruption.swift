import Dispatch
import Platform
import Synchronization

/// What a program leaves behind when Ctrl-C, `kill` or the end of its terminal stops it: what was there before, or what is
/// new and whole, and a message that says which.
///
/// What is half-written is known to `WriteGate`, which is closed before anything is removed. A command that would rather
/// finish its own way (a trainer that ends with what it has learned) registers a handler instead.
package enum Interruption {
  private struct State {
    var handler: (@Sendable (Int32) -> Bool)?
    var sources: [any DispatchSourceSignal] = []
  }

  private static let state = Mutex(State())
  /// For the main thread to end by itself once what it was asked for is in place.
  private static let secondsToFinish = 2.0

  /// Starts to listen for SIGINT, SIGTERM and SIGHUP; not for SIGHUP where `nohup` has it ignored.
  ///
  /// SIGPIPE and SIGXFSZ are ignored from here on: a closed pipe or a file-size limit is then an error of the write
  /// that met it, and what was being written is cleaned up as for any other.
  package static func install() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    state.withLock { state in
      guard state.sources.isEmpty else { return }
      let queue = DispatchQueue(label: "interruption")
      for number in [SIGINT, SIGTERM, SIGHUP] {
        if number == SIGHUP, isIgnored(number) { continue }
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler { received(number) }
        source.resume()
        state.sources.append(source)
      }
    }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    let previous = signal(number, SIG_IGN)
    let isIgnored = unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    if !isIgnored { signal(number, previous) }
    return isIgnored
  }

  /// Calls `handler` (off the main thread) on a signal until something is in place; nil takes it back. A handler that
  /// returns false has the process ended as without one.
  package static func setHandler(_ handler: (@Sendable (Int32) -> Bool)?) {
    state.withLock { $0.handler = handler }
  }

  /// Says something on standard error over a progress bar that may stand there.
  package static func say(_ text: String) {
    let erase = Terminal.error.isInteractive ? "\r\u{1B}[K" : ""
    Console.writeError(erase + "inkling: " + text + "\n")
  }

  /// Ends the program as a signal would for which there is no handler; returns where something is in place already.
  ///
  /// - Parameter why: what a person reads before what was left as it was.
  package static func end(because why: String) {
    guard let standing = WriteGate.close(unlessPlaced: true) else { return }
    say("\(why): \(message(standing))")
    WriteGate.removeUnfinished()
    _exit(ExitStatus.failure)
  }

  private static func received(_ number: Int32) {
    let name = number == SIGINT ? "interrupted" : "told to stop"
    if WriteGate.placed.isEmpty, let handler = state.withLock({ $0.handler }), handler(number) { return }
    end(because: name)
    say("\(name): the new model is in place in \(WriteGate.placed.joined(separator: ", "))")
    // Nearly done: the main thread ends by itself, unless much is left to write or nobody reads what it prints.
    usleep(useconds_t(secondsToFinish * 1e6))
    let unfinished = WriteGate.close()?.unfinished.map(\.path).sorted() ?? []
    if !unfinished.isEmpty { say("\(name): \(unfinished.joined(separator: ", ")) was not written") }
    WriteGate.removeUnfinished()
    _exit(unfinished.isEmpty ? ExitStatus.success : ExitStatus.failure)
  }

  /// Which state what was being written is in.
  private static func message(_ standing: WriteGate.Standing) -> String {
    let again = "(run the same command to start again)"
    guard let model = standing.unfinished.first(where: \.isDirectory) else {
      return "nothing was changed \(again)"
    }
    return model.replaces
      ? "nothing was changed, and the old model in \(model.path) is untouched \(again)"
      : "nothing was changed, and there is no model in \(model.path) yet \(again)"
  }
}
