import Dispatch
import Platform
import Synchronization

/// What a program leaves behind when Ctrl-C, `kill` or the end of its terminal stops it: what was there before.
///
/// Directories being written are registered here; a signal removes them, says so, and ends the process with status 1.
/// A command that would rather finish its own way (a trainer that writes a checkpoint) registers a handler instead.
public enum Interruption {
  private struct State {
    /// With the folders that were made for each, the innermost first.
    var temporaryPaths: [String: [String]] = [:]
    var handler: (@Sendable (Int32) -> Void)?
    var sources: [any DispatchSourceSignal] = []
  }

  private static let state = Mutex(State())

  /// Starts to listen for SIGINT, SIGTERM and SIGHUP.
  ///
  /// SIGPIPE and SIGXFSZ are ignored from here on: a closed pipe or a file-size limit is then an error of the write
  /// that met it, and what was being written is cleaned up as for any other.
  public static func install() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    state.withLock { state in
      guard state.sources.isEmpty else { return }
      let queue = DispatchQueue(label: "interruption")
      for number in [SIGINT, SIGTERM, SIGHUP] {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler { received(number) }
        source.resume()
        state.sources.append(source)
      }
    }
  }

  /// Has `path` removed, with everything below it, and then the folders above it that are empty, if a signal ends the
  /// process.
  public static func register(temporary path: String, emptyFolders: [String] = []) {
    state.withLock { $0.temporaryPaths[path] = emptyFolders }
  }

  public static func unregister(temporary path: String) {
    state.withLock { _ = $0.temporaryPaths.removeValue(forKey: path) }
  }

  /// Calls `handler` (off the main thread) on a signal in place of ending the process; nil takes it back.
  public static func setHandler(_ handler: (@Sendable (Int32) -> Void)?) {
    state.withLock { $0.handler = handler }
  }

  private static func received(_ number: Int32) {
    let (handler, paths) = state.withLock { ($0.handler, $0.temporaryPaths) }
    if let handler { return handler(number) }
    let name = number == SIGINT ? "interrupted" : "told to stop"
    let erase = Terminal.error.isInteractive ? "\r\u{1B}[K" : ""
    Console.writeError(
      erase + "inkling: \(name): nothing was changed (run the same command to start again)\n")
    // Another thread may still be writing below the path: what it adds meanwhile goes in the next round.
    for (path, emptyFolders) in paths {
      for _ in 0..<20 where fileExists(path) {
        removeTree(path)
        if fileExists(path) { usleep(5_000) }
      }
      for folder in emptyFolders { rmdir(folder) }
    }
    _exit(ExitStatus.failure)
  }
}
