import CSystem
import Platform
import Synchronization

/// Standard input and output for messages alone: whatever else prints to standard output goes to standard error.
package final class StandardStreams: Sendable {
  private let input: Int32
  private let outbox: Outbox
  /// Written to in order to wake the reader.
  private let wakeWriter: Int32
  private let wakeReader: Int32
  /// Holds an edit and the request behind it. The C library puts its heap in order whenever a long piece is let go, which
  /// is for long messages alone.
  private static let shortPieceByteCount = 1 << 12
  private static let longPieceByteCount = 1 << 16
  private let pieceByteCount = Atomic(StandardStreams.shortPieceByteCount)

  /// Takes the process's standard input and output over; from here on descriptor 1 is standard error, and
  /// descriptor 0 is empty.
  package init() throws(Failure) {
    signal(SIGPIPE, SIG_IGN)
    let input = fcntl(0, F_DUPFD_CLOEXEC, 3)
    guard input >= 0 else { throw Failure.system("standard input", doing: "read") }
    let output = fcntl(1, F_DUPFD_CLOEXEC, 3)
    guard output >= 0 else { throw Failure.system("standard output", doing: "write") }
    dup2(2, 1)
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    if null >= 0 {
      dup2(null, 0)
      close(null)
    }
    var ends: [Int32] = [0, 0]
    guard inkling_make_pipe(&ends) else { throw Failure.system("a pipe", doing: "create") }
    self.input = input
    (wakeReader, wakeWriter) = (ends[0], ends[1])
    let wake = ends[1]
    outbox = try Outbox(descriptor: output) { wakeUp(wake) }
  }

  package func write(_ message: [UInt8]) { outbox.write(message) }

  /// Makes `read` return nil from now on.
  package func endInput() { wakeUp(wakeWriter) }

  /// Waits until what was written has gone out, but not for a client that has stopped reading.
  package func flush() { outbox.flush() }

  /// The next bytes; nil at the end of input, once the other side stopped reading, and after `endInput`.
  package func read() -> [UInt8]? {
    let limit = pieceByteCount.load(ordering: .relaxed)
    while true {
      var wanted = (
        pollfd(fd: input, events: Int16(POLLIN), revents: 0),
        pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0)
      )
      let status = withUnsafeMutableBytes(of: &wanted) {
        poll($0.baseAddress!.assumingMemoryBound(to: pollfd.self), 2, -1)
      }
      if status < 0 {
        if errno == EINTR { continue }
        return nil
      }
      if wanted.1.revents != 0 { return nil }
      var count = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
        count = readBytes(input, buffer.baseAddress, limit)
        initialized = max(count, 0)
      }
      if count > 0 {
        let next = count == limit ? Self.longPieceByteCount : Self.shortPieceByteCount
        pieceByteCount.store(next, ordering: .relaxed)
        return bytes
      }
      if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
      return nil
    }
  }
}

private func wakeUp(_ descriptor: Int32) {
  var byte: UInt8 = 0
  _ = write(descriptor, &byte, 1)
}
