import Platform
import Synchronization

/// A log on request: a line for everything that is said to the client's log or to its user, with the time (UTC).
final class LogFile: Sendable {
  let path: String
  private let descriptor: Int32

  /// Opens the file to append to it; only its owner may read it. A pipe that nobody reads is not waited for.
  init(path: String) throws(Failure) {
    descriptor = try openForAppending(path)
    self.path = path
  }

  deinit { close(descriptor) }

  /// Appends a line; line ends within it are shown as such. A full disk costs the line.
  func write(_ kind: String, _ message: String) {
    let text = message.replacing("\r", with: "\\r").replacing("\n", with: "\\n")
    let line = Array("\(utcTimestamp()) \(kind) \(text)\n".utf8)
    // One call, so that servers that share a file do not mix their lines (POSIX, O_APPEND).
    line.withUnsafeBytes { _ = sendBytes(descriptor, $0.baseAddress!, $0.count) }
  }
}
