import CSystem
import LanguageServerProtocol
import Platform
import Synchronization

/// The language server on standard input and output.
package enum Server {
  /// Serves one client until it says `exit`, goes away or dies.
  ///
  /// - Returns: the exit status: 0 after `shutdown`, else 1.
  package static func run(
    version: String, settings: Settings, engines: any EngineProvider
  ) throws(Failure) -> Int32 {
    // Thousands of documents that are closed again leave nothing behind.
    useOneHeap()
    let streams = try StandardStreams()
    let threadCount = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let pool = try WorkerPool(threadCount: min(max(threadCount, 2), 8))
    let session = Session(
      version: version, settings: settings, engines: engines,
      scheduler: pool,
      watchProcess: { process in
        // Without a thread to watch, the end of input still ends the server.
        try? startThread(stackByteCount: 64 << 10) {
          inkling_wait_for_process_end(process)
          streams.endInput()
        }
      },
      output: { streams.write($0) })
    let framer = Mutex(MessageFramer())
    try pool.read {
      guard let bytes = streams.read() else { return false }
      return framer.withLock { framer in
        framer.append(bytes)
        while let frame = framer.next() {
          session.receive(frame)
          if session.exitStatus != nil { return false }
        }
        return true
      }
    }
    session.stop()
    streams.flush()
    return session.exitStatus ?? session.statusAtEndOfInput
  }
}
