import Platform

/// Lines of an open descriptor, one by one as they come.
package struct LineReader: ~Copyable {
  private let descriptor: Int32
  private let limit: Int
  private var buffer: [UInt8] = []
  /// Where the next line begins in `buffer`, and up to where it holds no line feed for certain.
  private var start = 0
  private var searched = 0
  private var isAtEnd = false

  /// - Parameter limit: the longest line, in bytes; longer ones are failures, and skipped.
  package init(descriptor: Int32, limit: Int) {
    self.descriptor = descriptor
    self.limit = limit
  }

  /// The next line without its line feed; a failure for one that is too long; nil at the end.
  package mutating func next() throws(Failure) -> Result<[UInt8], Failure>? {
    var isTooLong = false
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        let line = Array(buffer[start..<end])
        start = end + 1
        searched = start
        return isTooLong || line.count > limit ? .failure(tooLong) : .success(line)
      }
      if isAtEnd {
        guard start < buffer.count || isTooLong else { return nil }
        let line = Array(buffer[start...])
        buffer = []
        (start, searched) = (0, 0)
        return isTooLong ? .failure(tooLong) : .success(line)
      }
      if buffer.count - start > limit {
        isTooLong = true
        buffer.removeAll()
        start = 0
      } else if start > 0 {
        buffer.removeSubrange(..<start)
        start = 0
      }
      searched = buffer.count
      try fill()
    }
  }

  private var tooLong: Failure {
    Failure("line", why: "is longer than \(limit) bytes", remedy: "send shorter ones")
  }

  private mutating func fill() throws(Failure) {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure.system("standard input", doing: "read")
      }
      if count == 0 { isAtEnd = true }
      buffer.append(contentsOf: chunk[..<count])
      return
    }
  }
}
