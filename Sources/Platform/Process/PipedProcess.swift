import CSystem
import Synchronization

/// A program that this one talks to over its standard input and output. Its standard error is this program's.
package final class PipedProcess: Sendable {
  /// How a program came to its end.
  package enum End: Hashable, Sendable {
    case status(Int32)
    case signal(Int32)

    /// As shells count.
    package var exitStatus: Int32 {
      switch self {
      case .status(let status): status
      case .signal(let number): 128 + number
      }
    }
  }

  package let processID: pid_t
  /// To be written to; whoever does closes it.
  package let input: Int32
  private let output: Int32
  private let end = Mutex<End?>(nil)

  /// Starts a program.
  ///
  /// - Parameter command: the program, by its path or as the shell finds it, and its arguments.
  /// - Throws: `Failure` naming the program.
  package init(_ command: [String]) throws(Failure) {
    guard let path = command.first else { throw Failure("a program", why: "none was named") }
    var (inputEnds, outputEnds): ([Int32], [Int32]) = ([0, 0], [0, 0])
    guard inkling_make_pipe(&inputEnds) else { throw Failure.system("a pipe", doing: "create") }
    guard inkling_make_pipe(&outputEnds) else {
      let failure = Failure.system("a pipe", doing: "create")
      for end in inputEnds { close(end) }
      throw failure
    }
    var vector: [UnsafeMutablePointer<CChar>?] =
      command.map { argument in
        (argument.systemPathBytes + [0]).withUnsafeBufferPointer { bytes in
          bytes.withMemoryRebound(to: CChar.self) { strdup($0.baseAddress!) }
        }
      } + [nil]
    defer { for argument in vector { free(argument) } }
    let child =
      path.withSystemPath { inkling_spawn_beside($0, &vector, inputEnds[0], outputEnds[1]) } ?? -1
    let failure = child > 0 ? nil : Failure.system(path, doing: "start")
    close(inputEnds[0])
    close(outputEnds[1])
    if let failure {
      close(inputEnds[1])
      close(outputEnds[0])
      throw failure
    }
    processID = child
    input = inputEnds[1]
    output = outputEnds[0]
  }

  deinit { close(output) }

  /// The next bytes that it writes; nil once it writes no more.
  package func read(upTo limit: Int = 1 << 16) -> [UInt8]? {
    while true {
      var count = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
        count = readSome(output, buffer.baseAddress, limit)
        initialized = max(count, 0)
      }
      if count > 0 { return bytes }
      if count < 0 && errno == EINTR { continue }
      return nil
    }
  }

  /// Waits for its end.
  ///
  /// - Returns: nil if it has not ended after so long.
  package func wait(milliseconds limit: Int) -> End? {
    for turn in 0... {
      if let known = poll() { return known }
      if turn >= limit { break }
      usleep(1000)
    }
    return nil
  }

  private func poll() -> End? {
    end.withLock { end in
      if let end { return end }
      var status: Int32 = 0
      let found = waitpid(processID, &status, WNOHANG)
      if found == processID {
        end = status & 0x7F == 0 ? .status((status >> 8) & 0xFF) : .signal(status & 0x7F)
      } else if found < 0 && errno == ECHILD {
        end = .status(0)
      }
      return end
    }
  }

  /// Has it ended: by itself within some time, then by SIGTERM, then by SIGKILL.
  package func stop(patience milliseconds: Int) -> End {
    if let end = wait(milliseconds: milliseconds) { return end }
    send(SIGTERM)
    if let end = wait(milliseconds: 1000) { return end }
    send(SIGKILL)
    return wait(milliseconds: 5000) ?? .signal(SIGKILL)
  }

  /// Sends it a signal, unless it has ended: its number may be another's then.
  package func send(_ number: Int32) {
    end.withLock { if $0 == nil { kill(processID, number) } }
  }
}

private func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
