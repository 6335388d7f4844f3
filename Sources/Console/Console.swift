import Platform
import Synchronization

/// Standard output, buffered and checked, and standard error, unbuffered.
///
/// A full disk or a closed pipe behind standard output is a `Failure`, never a silent loss. With SIGPIPE as the
/// system sets it, a program whose reader went away (`inkling score … | head`) ends quietly.
public enum Console {
  private static let pending = Mutex<[UInt8]>([])
  private static let bufferLimit = 1 << 16

  /// Adds to standard output; written when the buffer is full, at `flush()` and at the end of the command.
  public static func write(_ text: String) throws(Failure) { try write(Array(text.utf8)) }

  public static func write(_ bytes: [UInt8]) throws(Failure) {
    let full = pending.withLock { buffer in
      buffer.append(contentsOf: bytes)
      return buffer.count >= bufferLimit
    }
    if full { try flush() }
  }

  /// Adds a line to standard output.
  public static func print(_ line: String) throws(Failure) { try write(Array(line.utf8) + [10]) }

  /// Writes out what is buffered.
  public static func flush() throws(Failure) {
    let bytes = pending.withLock { buffer in
      let bytes = buffer
      buffer.removeAll(keepingCapacity: true)
      return bytes
    }
    try write(bytes, to: STDOUT_FILENO)
  }

  /// Writes to standard error at once. What cannot be written there is dropped.
  public static func writeError(_ text: String) {
    // Names of files are written as they are, UTF-8 or not.
    try? write(text.systemPathBytes, to: STDERR_FILENO)
  }

  /// A warning or a note, as `inkling: what: why (what to do)`, on standard error.
  public static func warn(_ failure: Failure) { writeError("inkling: \(printable(failure))\n") }

  /// The error that ends a command, in the same form.
  public static func fail(_ failure: Failure) { warn(failure) }

  /// A failure's text with control characters escaped, so that a file's name cannot drive the terminal.
  private static func printable(_ failure: Failure) -> String {
    var text = ""
    for scalar in failure.description.unicodeScalars {
      if scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) {
        text += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
    let name = descriptor == STDOUT_FILENO ? "standard output" : "standard error"
    let outcome: Result<Void, Failure> = bytes.withUnsafeBytes { buffer in
      do throws(Failure) {
        try writeAll(descriptor, buffer, path: name)
        return .success(())
      } catch { return .failure(error) }
    }
    try outcome.get()
  }
}
