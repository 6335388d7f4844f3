import Platform

/// Ends a training with the program that started it, however that ended: its end of our standard input goes with it.
enum InputWatcher {
  /// How long a training may take to end its own way, in seconds.
  private static let patience: UInt32 = 8

  /// Waits on a thread of its own for the end of standard input, and then stops this process as SIGTERM would.
  static func start() throws(Failure) {
    try startThread(stackByteCount: 1 << 18) {
      var byte: UInt8 = 0
      while true {
        let count = read(STDIN_FILENO, &byte, 1)
        if count == 0 || count < 0 && errno != EINTR { break }
      }
      kill(getpid(), SIGTERM)
      sleep(patience)
      // Nobody waits for what it would still make.
      kill(getpid(), SIGKILL)
    }
  }
}
