import CSystem

/// A program that runs beside this one, its standard output read here, its standard error thrown away.
///
/// Its standard input is a pipe in which nothing ever comes, and which ends when this process does, however it ends: so the
/// program can tell.
package final class ChildProcess: Sendable {
  package let processID: pid_t
  /// In the environment of programs that are to end with their standard input.
  package static let endsWithInputVariable = "INKLING_ENDS_WITH_INPUT"
  private let output: Int32
  private let input: Int32

  /// Starts a program with the lowest priority.
  ///
  /// - Parameters:
  ///   - arguments: without the program's own name.
  ///   - lock: stays locked as long as the program runs, even if this process ends before.
  /// - Throws: `Failure` naming the program.
  package init(_ path: String, arguments: [String], lock: FileLock? = nil) throws(Failure) {
    let outputEnds = try Self.pipeEnds()
    let inputEnds: (reading: Int32, writing: Int32)
    do throws(Failure) { inputEnds = try Self.pipeEnds() } catch {
      close(outputEnds.reading)
      close(outputEnds.writing)
      throw error
    }
    var vector: [UnsafeMutablePointer<CChar>?] =
      ([path] + arguments).map { argument in
        (argument.systemPathBytes + [0]).withUnsafeBufferPointer { bytes in
          bytes.withMemoryRebound(to: CChar.self) { strdup($0.baseAddress!) }
        }
      } + [nil]
    defer { for argument in vector { free(argument) } }
    let entry = strdup(Self.endsWithInputVariable + "=1")
    defer { free(entry) }
    let kept = lock?.descriptor ?? -1
    let child =
      path.withSystemPath {
        inkling_spawn_at_low_priority($0, &vector, entry, inputEnds.reading, outputEnds.writing, kept)
      } ?? -1
    withExtendedLifetime(lock) {}
    close(outputEnds.writing)
    close(inputEnds.reading)
    guard child > 0 else {
      let failure = Failure.system(path, doing: "start")
      close(outputEnds.reading)
      close(inputEnds.writing)
      throw failure
    }
    processID = child
    output = outputEnds.reading
    input = inputEnds.writing
  }

  private static func pipeEnds() throws(Failure) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [0, 0]
    guard inkling_make_pipe(&ends) else { throw Failure.system("a pipe", doing: "create") }
    return (ends[0], ends[1])
  }

  /// Waits for the program's output to end, line by line, and then for its end. Call it once.
  ///
  /// - Returns: its exit status; nil if a signal ended it.
  package func run(line: ([UInt8]) -> Void) -> Int32? {
    var pending: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = chunk.withUnsafeMutableBytes { read(output, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      pending.append(contentsOf: chunk[..<count])
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        line(Array(pending[..<end]))
        pending.removeFirst(end + 1)
      }
    }
    close(output)
    var status: Int32 = 0
    while waitpid(processID, &status, 0) < 0 && errno == EINTR {}
    close(input)
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
  }

  /// Asks the program to end.
  package func terminate() { kill(processID, SIGTERM) }
}

/// What only one process at a time has, and the programs that it starts with it.
package final class FileLock: Sendable {
  let descriptor: Int32

  /// Locks the file at `path`, which is made if it is not there; never one that a link leads to.
  ///
  /// - Returns: nil if another process has it.
  /// - Throws: `Failure` if there can be no such file.
  package static func take(_ path: String) throws(Failure) -> FileLock? {
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
    let opened = open(path, flags, 0o600)
    guard opened >= 0 else { throw Failure.system(path, doing: "lock") }
    // Out of the way of the few numbers that a program is started with.
    let descriptor = fcntl(opened, F_DUPFD_CLOEXEC, 10)
    close(opened)
    guard descriptor >= 0 else { throw Failure.system(path, doing: "lock") }
    guard inkling_lock_file(descriptor) else {
      close(descriptor)
      return nil
    }
    return FileLock(descriptor: descriptor)
  }

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }
}
