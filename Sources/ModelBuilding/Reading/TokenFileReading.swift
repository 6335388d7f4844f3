import LanguageModeling
import NGrams
import Platform
import Privacy

/// Reads token files whose lines are the sequences, some lines at a time, so that files of any length can be read.
struct TokenFileReading {
  let types: TypeReader
  var threadCount = 1
  /// Files from this length on are read by two threads, if there are as many.
  var largeByteCount = 4 << 20
  /// What is read at once.
  var blockByteCount = 1 << 18
  /// A line that is longer is read in pieces, each of which is judged by itself as to secrets.
  var lineByteLimit = 1 << 20

  /// Appends the sequences of a file. A byte order mark at its start is no token.
  func append(_ path: String, to corpus: inout CorpusCounter) throws(Failure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure.system(path, doing: "open") }
    defer { close(descriptor) }
    try corpus.endOpenSequence()
    guard threadCount > 1, let middle = middleLine(descriptor) else {
      return try appendLines(descriptor, 0..<Int.max, path: path, to: &corpus)
    }
    try corpus.appendHalves { (half, corpus) throws(Failure) in
      let range = half == 0 ? 0..<middle : middle..<Int.max
      try appendLines(descriptor, range, path: path, to: &corpus)
    }
  }

  /// The first byte of a line near the middle of a large regular file.
  private func middleLine(_ descriptor: Int32) -> Int? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      Int(status.st_size) >= largeByteCount
    else { return nil }
    let middle = Int(status.st_size) / 2
    var window = [UInt8](repeating: 0, count: 1 << 16)
    let count = pread(descriptor, &window, window.count, off_t(middle))
    guard count > 0, let lineEnd = window[..<count].firstIndex(of: 0x0A) else { return nil }
    return middle + lineEnd + 1
  }

  /// Appends the lines that lie in a range of the file's bytes, and ends the last sequence.
  private func appendLines(
    _ descriptor: Int32, _ byteRange: Range<Int>, path: String, to corpus: inout CorpusCounter
  ) throws(Failure) {
    let isSeekable = lseek(descriptor, 0, SEEK_CUR) >= 0
    var block = UnsafeMutableRawBufferPointer.allocate(byteCount: blockByteCount, alignment: 64)
    defer { block.deallocate() }
    var held = 0
    var offset = byteRange.lowerBound
    var isStart = offset == 0
    while true {
      if held == block.count { Self.grow(&block) }
      let free = UnsafeMutableRawBufferPointer(rebasing: block[held...])
      let wanted = min(free.count, byteRange.upperBound - offset)
      let count =
        isSeekable
        ? pread(descriptor, free.baseAddress, wanted, off_t(offset))
        : read(descriptor, free.baseAddress, wanted)
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure.system(path, doing: "read")
      }
      held += count
      offset += count
      // What a pipe gives first may be less than a byte order mark.
      if isStart && held < 3 && count > 0 { continue }
      let bytes = UnsafeRawBufferPointer(rebasing: block[..<held])
      guard let end = count == 0 ? held : end(ofLinesIn: bytes) else { continue }
      let start = isStart && bytes.hasByteOrderMark ? 3 : 0
      isStart = false
      try append(UnsafeRawBufferPointer(rebasing: bytes[start..<max(start, end)]), to: &corpus)
      if count == 0 { break }
      memmove(block.baseAddress!, block.baseAddress! + end, held - end)
      held -= end
    }
    try corpus.endOpenSequence()
  }

  private static func grow(_ block: inout UnsafeMutableRawBufferPointer) {
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: block.count * 2, alignment: 64)
    larger.copyMemory(from: UnsafeRawBufferPointer(block))
    block.deallocate()
    block = larger
  }

  /// Where the last whole line ends; of a line that is too long the last whole token; nil where more must be read.
  private func end(ofLinesIn bytes: UnsafeRawBufferPointer) -> Int? {
    if let lineEnd = bytes.lastIndex(of: 0x0A) { return lineEnd + 1 }
    guard bytes.count >= lineByteLimit else { return nil }
    return bytes.lastIndex { $0 == 0x20 }.map { $0 + 1 }
  }

  private func append(_ lines: UnsafeRawBufferPointer, to corpus: inout CorpusCounter) throws(Failure) {
    try types.forEachType(ofTokens: lines) { type throws(Failure) in
      if let type { try corpus.append(type: type) } else { try corpus.endSequence() }
    }
  }
}
