import Platform
import Synchronization

/// Standard output, buffered and checked, and standard error, unbuffered.
///
/// A full disk or a closed descriptor behind standard output is a `Failure`, never a silent loss: also of a write whose
/// error the writer did not look at, for `end()` throws it then. With SIGPIPE as the
/// system sets it, a program whose reader went away (`inkling score … | head`) ends quietly.
package enum Console {
  private static let pending = Mutex<[UInt8]>([])
  private static let bufferLimit = 1 << 16
  /// Why something that was to be printed has not been; nil also where only the reader went away.
  private static let loss = Mutex<Failure?>(nil)
  private static let isOutputClosed = Atomic<Bool>(false)
  private static let hasLostReader = Atomic<Bool>(false)

  /// Whether whoever read standard output has gone away, which the last write to it found out.
  package static var isReaderGone: Bool { hasLostReader.load(ordering: .relaxed) }

  /// Opens what the caller has closed of the three standard descriptors, so that no file of ours gets their numbers: what is
  /// printed would land in it. Reading and printing fail as they would on closed ones; errors go nowhere.
  static func reserveDescriptors() {
    for (descriptor, flags) in [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY),
    ]
    where fcntl(descriptor, F_GETFD) == -1 {
      _ = open("/dev/null", flags)
      if descriptor == STDOUT_FILENO { isOutputClosed.store(true, ordering: .relaxed) }
    }
  }

  /// Adds to standard output; written when the buffer is full, at `flush()` and at the end of the command.
  package static func write(_ text: String) throws(Failure) { try write(Array(text.utf8)) }

  package static func write(_ bytes: [UInt8]) throws(Failure) {
    let full = pending.withLock { buffer in
      buffer.append(contentsOf: bytes)
      return buffer.count >= bufferLimit
    }
    if full { try flush() }
  }

  /// Adds a line to standard output.
  package static func print(_ line: String) throws(Failure) { try write(Array(line.utf8) + [10]) }

  /// Writes out what is buffered.
  package static func flush() throws(Failure) {
    let bytes = pending.withLock { buffer in
      let bytes = buffer
      buffer.removeAll(keepingCapacity: true)
      return bytes
    }
    guard !bytes.isEmpty else { return }
    do { try write(bytes, to: STDOUT_FILENO) } catch {
      let isReaderGone = errno == EPIPE
      let why = isOutputClosed.load(ordering: .relaxed) ? "is closed" : error.why
      let failure = Failure("standard output", why: why, remedy: "what was to be printed is not whole")
      if isReaderGone { hasLostReader.store(true, ordering: .relaxed) }
      if !isReaderGone { loss.withLock { $0 = $0 ?? failure } }
      throw failure
    }
  }

  /// Writes out what is buffered and closes standard output, as the last thing that a command does: some file systems say
  /// only then that they had no room.
  package static func end() throws(Failure) {
    try flush()
    if let loss = loss.withLock({ $0 }) { throw loss }
    // Another thread may still print: what has the number from here on takes nothing.
    let copy = dup(STDOUT_FILENO)
    let nowhere = open("/dev/null", O_RDONLY | O_CLOEXEC)
    if nowhere >= 0 { dup2(nowhere, STDOUT_FILENO) }
    guard copy >= 0, close(copy) != 0, errno != EINTR else { return }
    throw Failure.system("standard output", doing: "write")
  }

  /// Writes to standard error at once. What cannot be written there is dropped.
  package static func writeError(_ text: String) {
    // Names of files are written as they are, UTF-8 or not.
    try? write(text.systemPathBytes, to: STDERR_FILENO)
  }

  /// A warning or a note, as `inkling: what: why (what to do)`, on standard error.
  package static func warn(_ failure: Failure) { writeError("inkling: \(printable(failure))\n") }

  /// The error that ends a command, in the same form.
  package static func fail(_ failure: Failure) { warn(failure) }

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
