import Platform

/// Ends a training with the program that started it, however that ended: its end of our standard input goes with it.
enum InputWatcher {
  /// How long a training may take to end its own way, in seconds.
  private static let patience: UInt32 = 8

  /// Waits on a thread of its own for the end of standard input, or of whoever reads standard output, and then stops this
  /// process as SIGTERM would.
  static func start() throws(Failure) {
    try startThread(stackByteCount: 1 << 18) {
      while !isAbandoned() {}
      kill(getpid(), SIGTERM)
      sleep(patience)
      // Nobody waits for what it would still make.
      kill(getpid(), SIGKILL)
    }
  }

  /// Sleeps until something happens on either.
  private static func isAbandoned() -> Bool {
    var ends = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      pollfd(fd: STDOUT_FILENO, events: 0, revents: 0),
    ]
    guard poll(&ends, 2, -1) > 0 else { return errno != EINTR }
    if ends[1].revents & Int16(POLLERR | POLLNVAL) != 0 { return true }
    var byte: UInt8 = 0
    let count = ends[0].revents == 0 ? 1 : read(STDIN_FILENO, &byte, 1)
    return count == 0 || count < 0 && errno != EINTR
  }
}
