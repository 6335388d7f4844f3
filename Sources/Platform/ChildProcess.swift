import CSystem

/// A program that runs beside this one, its standard output read here, its standard error thrown away.
public final class ChildProcess: Sendable {
  public let processID: pid_t
  private let output: Int32

  /// Starts a program with the lowest priority and nothing on its standard input.
  ///
  /// - Parameters:
  ///   - arguments: without the program's own name.
  /// - Throws: `Failure` naming the program.
  public init(_ path: String, arguments: [String]) throws(Failure) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Failure.system("a pipe", doing: "create") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var vector: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for argument in vector { free(argument) } }
    let child = inkling_spawn_at_low_priority(path, &vector, ends[1])
    close(ends[1])
    guard child > 0 else {
      close(ends[0])
      throw Failure.system(path, doing: "start")
    }
    processID = child
    output = ends[0]
  }

  /// Waits for the program's output to end, line by line, and then for its end. Call it once.
  ///
  /// - Returns: its exit status; nil if a signal ended it.
  public func run(line: ([UInt8]) -> Void) -> Int32? {
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
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
  }

  /// Asks the program to end.
  public func terminate() { kill(processID, SIGTERM) }
}
