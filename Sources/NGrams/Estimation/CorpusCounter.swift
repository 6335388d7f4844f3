import LanguageModeling
import Platform

/// Takes a corpus, sequence by sequence, as the bytes of its types, and keeps it as numbers for `NGramEstimator`.
///
///     var corpus = CorpusCounter()
///     try corpus.append(type: Array("hello".utf8))
///     try corpus.endSequence()
///
/// Any bytes are a type. Only the three spellings `<unk>`, `<s>` and `</s>`, which mean something else in a model,
/// are passed over as if they were white space (as `lmplz --skip_symbols` does).
public struct CorpusCounter: ~Copyable {
  let stream: TokenStream
  private let temporaryDirectory: String
  var interner: TypeInterner
  /// How often each type occurs, by the interner's id.
  var counts: [UInt32]
  /// Tokens so far, sequence ends not counted.
  public internal(set) var tokenCount = 0
  /// Sequences ended so far.
  public internal(set) var sequenceCount = 0
  private var isInSequence = false
  private let threadCount: Int
  /// Files from this length on are read by two threads.
  var largeByteCount = 4 << 20
  /// The type last begun at the end of a buffer of tokens that goes on in the next.
  private var partialToken: [UInt8] = []

  /// - Parameters:
  ///   - memoryBytes: how much of the corpus (four bytes a token) may stay in memory.
  ///   - temporaryDirectory: where the rest goes, in a file without a name.
  ///   - threadCount: how many threads read a large file of tokens (two at most).
  public init(memoryBytes: Int = .max, temporaryDirectory: String = "/tmp", threadCount: Int = 1) {
    self.threadCount = threadCount
    self.temporaryDirectory = temporaryDirectory
    stream = TokenStream(memoryBytes: memoryBytes, temporaryDirectory: temporaryDirectory)
    interner = TypeInterner(minimumCapacity: 1 << 14)
    counts = []
    for special in Vocabulary.specials {
      _ = interner.intern(special)
      counts.append(0)
    }
  }

  /// Distinct types so far, the three special ones not counted.
  public var typeCount: Int { interner.count - Vocabulary.specials.count }

  /// The next token of the sequence.
  @inline(__always)
  public mutating func append(type: UnsafeRawBufferPointer) throws(Failure) {
    let id = interner.intern(type)
    if id < UInt32(Vocabulary.specials.count) { return }
    if Int(id) == counts.count { counts.append(0) }
    counts[Int(id)] &+= 1
    tokenCount += 1
    isInSequence = true
    try stream.append(id)
  }

  /// The next token of the sequence.
  public mutating func append(type: some Collection<UInt8>) throws(Failure) {
    let outcome: Result<Void, Failure>? = type.withContiguousStorageIfAvailable { bytes in
      do throws(Failure) {
        return .success(try append(type: UnsafeRawBufferPointer(bytes)))
      } catch { return .failure(error) }
    }
    if let outcome { return try outcome.get() }
    try append(type: Array(type))
  }

  /// Ends the sequence: `</s>`. A sequence may be empty.
  public mutating func endSequence() throws(Failure) {
    counts[Int(TokenStream.sequenceEnd)] &+= 1
    sequenceCount += 1
    isInSequence = false
    try stream.append(TokenStream.sequenceEnd)
  }

  /// Tokens separated by white space (space, NUL, and the control characters 9 to 13, as where tokens are scored); each
  /// line is a sequence if `endingLines`, else the ends of lines are white space.
  ///
  /// A token or a line may go on in the next call; `endTokens()` ends the last.
  public mutating func appendTokens(_ bytes: UnsafeRawBufferPointer, endingLines: Bool) throws(Failure) {
    guard let base = bytes.baseAddress else { return }
    var start = 0
    var position = 0
    let count = bytes.count
    if !partialToken.isEmpty {
      while position < count && !isSeparator(base.load(fromByteOffset: position, as: UInt8.self)) {
        position += 1
      }
      partialToken.append(contentsOf: bytes[..<position])
      if position == count { return }
      try endPartialToken()
      start = position
    }
    while position < count {
      let byte = base.load(fromByteOffset: position, as: UInt8.self)
      if isSeparator(byte) {
        if position > start {
          try append(type: UnsafeRawBufferPointer(start: base + start, count: position - start))
        }
        start = position + 1
        if byte == 0x0A {
          if endingLines { try endSequence() }
        }
      }
      position += 1
    }
    if start < count {
      partialToken.append(contentsOf: bytes[start...])
      isInSequence = true
    }
  }

  /// Tokens separated by white space, as in `appendTokens(_:endingLines:)` of a buffer.
  public mutating func appendTokens(_ bytes: [UInt8], endingLines: Bool) throws(Failure) {
    let outcome: Result<Void, Failure> = bytes.withUnsafeBytes { bytes in
      do throws(Failure) {
        return .success(try appendTokens(bytes, endingLines: endingLines))
      } catch { return .failure(error) }
    }
    try outcome.get()
  }

  /// Ends the last token of `appendTokens`, and the sequence if one is open (a last line without its line feed).
  ///
  /// - Parameter always: end a sequence even if it is empty: for a file that is one sequence.
  public mutating func endTokens(always: Bool = false) throws(Failure) {
    if !partialToken.isEmpty { try endPartialToken() }
    if isInSequence || always { try endSequence() }
  }

  private mutating func endPartialToken() throws(Failure) {
    let token = partialToken
    partialToken.removeAll(keepingCapacity: true)
    try append(type: token)
  }

}

extension CorpusCounter {
  /// A file of tokens separated by white space, read in pieces. A byte order mark at its start is no token.
  ///
  /// - Parameter sequencePerLine: whether each line is a sequence, or the whole file is one.
  public mutating func appendTokenFile(_ path: String, sequencePerLine: Bool) throws(Failure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure.system(path, doing: "open") }
    defer { close(descriptor) }
    try endTokens()
    if sequencePerLine, threadCount > 1, let middle = middleLine(descriptor) {
      try appendHalves(descriptor, middle: middle, path: path)
    } else {
      try appendTokens(descriptor, path: path, endingLines: sequencePerLine)
      try endTokens(always: !sequencePerLine)
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

  /// Reads the two halves of a file at once, the second into a corpus of its own that is appended afterwards: the
  /// same as reading one after the other, types first met in the same order.
  private mutating func appendHalves(_ descriptor: Int32, middle: Int, path: String) throws(Failure) {
    let second = UnsafeMutablePointer<CorpusCounter>.allocate(capacity: 1)
    defer { second.deallocate() }
    second.initialize(
      to: CorpusCounter(memoryBytes: stream.giveHalfOfMemory(), temporaryDirectory: temporaryDirectory))
    let outcome: Result<Void, Failure> = withUnsafeMutablePointer(to: &self) { first in
      nonisolated(unsafe) let halves = (first, second)
      do throws(Failure) {
        return .success(
          try forEachTask(2, threadCount: 2) { (_, half) throws(Failure) in
            let corpus = half == 0 ? halves.0 : halves.1
            let range = half == 0 ? 0..<middle : middle..<Int.max
            try corpus.pointee.appendTokens(descriptor, range, path: path, endingLines: true)
            try corpus.pointee.endTokens()
          })
      } catch { return .failure(error) }
    }
    let other = second.move()
    try outcome.get()
    try absorb(other)
  }

  /// Appends another corpus, whose last sequence has ended.
  private mutating func absorb(_ other: consuming CorpusCounter) throws(Failure) {
    let stream = other.stream
    let types = other.interner
    let otherCounts = other.counts
    tokenCount += other.tokenCount
    sequenceCount += other.sequenceCount
    var map: [UInt32] = []
    map.reserveCapacity(types.count)
    for id in 0..<UInt32(types.count) {
      let ours = types.withBytes(of: id) { interner.intern($0) }
      if Int(ours) == counts.count { counts.append(0) }
      counts[Int(ours)] += otherCounts[Int(id)]
      map.append(ours)
    }
    try stream.seal()
    try stream.renumber(map)
    try self.stream.absorb(stream)
  }

  /// What follows in an open file, read in order.
  private mutating func appendTokens(_ descriptor: Int32, path: String, endingLines: Bool) throws(Failure) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    // What a pipe gives first may be less than a byte order mark.
    var held = 0
    var isStart = true
    while true {
      let count = read(descriptor, buffer.baseAddress! + held, buffer.count - held)
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure.system(path, doing: "read")
      }
      held += count
      if isStart && held < 3 && count > 0 { continue }
      if held == 0 { return }
      let piece = UnsafeRawBufferPointer(rebasing: buffer[..<held])
      let markCount = isStart && piece.hasByteOrderMark ? 3 : 0
      try appendTokens(UnsafeRawBufferPointer(rebasing: piece[markCount...]), endingLines: endingLines)
      isStart = false
      held = 0
      if count == 0 { return }
    }
  }

  /// A part of an open file, to its end at most.
  private mutating func appendTokens(
    _ descriptor: Int32, _ byteRange: Range<Int>, path: String, endingLines: Bool
  ) throws(Failure) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    var offset = byteRange.lowerBound
    if offset == 0, pread(descriptor, buffer.baseAddress, 3, 0) == 3,
      UnsafeRawBufferPointer(rebasing: buffer[..<3]).hasByteOrderMark
    {
      offset = 3
    }
    while offset < byteRange.upperBound {
      let wanted = min(buffer.count, byteRange.upperBound - offset)
      let count = pread(descriptor, buffer.baseAddress, wanted, off_t(offset))
      if count == 0 { return }
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure.system(path, doing: "read")
      }
      try appendTokens(UnsafeRawBufferPointer(rebasing: buffer[..<count]), endingLines: endingLines)
      offset += count
    }
  }
}

@inline(__always)
private func isSeparator(_ byte: UInt8) -> Bool {
  byte <= 0x20 && (byte == 0x20 || byte == 0 || 9...13 ~= byte)
}
