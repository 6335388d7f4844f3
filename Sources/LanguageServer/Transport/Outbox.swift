import Dispatch
import Platform
import Synchronization

/// Writes messages whole and in order, and never holds up who sends one: what the other side does not take at
/// once is left to a thread.
final class Outbox: Sendable {
  private struct State {
    /// What is still to be written, from `offset` on.
    var backlog: [UInt8] = []
    var offset = 0
    var isBroken = false

    /// Notes that so many bytes of the backlog went out. They are let go even if the backlog never becomes empty, as
    /// with a client that is always a little behind; each byte is moved less than once.
    mutating func drop(_ count: Int) {
      offset += count
      guard offset >= 1 << 16, offset >= backlog.count - offset else { return }
      backlog.removeSubrange(..<offset)
      offset = 0
    }

    /// Copies the next bytes of the backlog to `piece`. When nothing is left the backlog's memory is given back.
    ///
    /// - Returns: how many bytes were copied.
    ///
    /// An array of them would share the backlog's memory where it is all of it, and there the optimiser of Swift 6.3.1
    /// loses a release.
    mutating func copyNext(to piece: UnsafeMutableRawBufferPointer) -> Int {
      guard !isBroken, offset < backlog.count else {
        backlog = []
        offset = 0
        return 0
      }
      let count = min(piece.count, backlog.count - offset)
      piece.copyBytes(from: backlog[offset..<offset + count])
      return count
    }
  }

  private let descriptor: Int32
  /// Whether a write never waits, however long.
  private let isNonblocking: Bool
  private let state = Mutex(State())
  private let hasBacklog = DispatchSemaphore(value: 0)
  private let onBreak: @Sendable () -> Void
  /// A client that leaves this much unread is gone.
  private static let backlogLimit = 256 << 20

  /// Whole texts of most files go into a pipe of this size at once.
  private static let pipeByteCount: Int32 = 1 << 18
  /// F_SETPIPE_SZ of Linux's fcntl.h.
  private static let setPipeSize: Int32 = 1031

  /// - Parameters:
  ///   - isOwnPipe: whether it is a pipe's end that nobody else has: then the other side gets a message in one piece, and is not woken
  ///     for each of many.
  ///   - onBreak: called once when the other side has closed its end.
  init(
    descriptor: Int32, isOwnPipe: Bool = false, onBreak: @escaping @Sendable () -> Void
  ) throws(Failure) {
    self.descriptor = descriptor
    isNonblocking = isOwnPipe && fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0
    #if os(Linux)
      if isOwnPipe { _ = fcntl(descriptor, Self.setPipeSize, Self.pipeByteCount) }
    #endif
    self.onBreak = onBreak
    try startThread(stackByteCount: 256 << 10) { [self] in drain() }
  }

  func write(_ message: [UInt8]) {
    let outcome: (needsThread: Bool, broke: Bool) = state.withLock { state in
      guard !state.isBroken else { return (false, false) }
      if state.offset < state.backlog.count {
        state.backlog.append(contentsOf: message)
        state.isBroken = state.backlog.count - state.offset > Self.backlogLimit
        return (false, state.isBroken)
      }
      let written = writeWithoutWaiting(message)
      guard let written else {
        state.isBroken = true
        return (false, true)
      }
      guard written < message.count else { return (false, false) }
      state.backlog.removeAll(keepingCapacity: true)
      state.backlog.append(contentsOf: message[written...])
      state.offset = 0
      return (true, false)
    }
    if outcome.needsThread { hasBacklog.signal() }
    if outcome.broke { onBreak() }
  }

  /// How many bytes went out at once; nil if the other side is gone.
  private func writeWithoutWaiting(_ message: [UInt8]) -> Int? {
    var offset = 0
    while offset < message.count {
      var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let ready = poll(&wanted, 1, 0)
      if ready < 0 && errno == EINTR { continue }
      if ready <= 0 { return offset }
      if wanted.revents & Int16(POLLOUT) == 0 { return nil }
      // A pipe that is ready takes PIPE_BUF bytes without waiting (POSIX, write()).
      let left = message.count - offset
      let piece = isNonblocking ? left : min(Int(PIPE_BUF), left)
      let count = message.withUnsafeBytes { sendBytes(descriptor, $0.baseAddress! + offset, piece) }
      if count < 0 {
        if errno == EINTR { continue }
        return errno == EAGAIN ? offset : nil
      }
      offset += count
    }
    return offset
  }

  private func drain() {
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    while true {
      hasBacklog.wait()
      while true {
        let pieceCount = state.withLock { $0.copyNext(to: piece) }
        guard pieceCount > 0, let start = piece.baseAddress else { break }
        let count = sendBytes(descriptor, start, pieceCount)
        if count >= 0 {
          state.withLock { $0.drop(count) }
        } else if errno == EAGAIN {
          var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&wanted, 1, -1)
        } else if errno != EINTR {
          state.withLock { $0.isBroken = true }
          onBreak()
        }
      }
    }
  }

  /// Waits until the backlog is out, two seconds at most.
  func flush() {
    for _ in 0..<2000 {
      if state.withLock({ $0.isBroken || $0.offset >= $0.backlog.count }) { return }
      usleep(1000)
    }
  }
}
