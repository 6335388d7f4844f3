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
  private let recent = RecentTypeNumbers()
  /// How often each type occurs, by the interner's id.
  var counts: [UInt32]
  /// Tokens so far, sequence ends not counted.
  public internal(set) var tokenCount = 0
  /// Sequences ended so far.
  public internal(set) var sequenceCount = 0
  private var isInSequence = false

  /// - Parameters:
  ///   - memoryBytes: how much of the corpus (four bytes a token) may stay in memory.
  ///   - temporaryDirectory: where the rest goes, in a file without a name.
  public init(memoryBytes: Int = .max, temporaryDirectory: String = "/tmp") {
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

  /// The bytes held for the types.
  package var typeByteCount: Int { interner.memoryBytes + counts.capacity * MemoryLayout<UInt32>.stride }

  /// The next token of the sequence.
  @inline(__always)
  public mutating func append(type: UnsafeRawBufferPointer) throws(Failure) {
    let id: UInt32
    if let spelling = RecentTypeNumbers.Spelling(type) {
      id = recent.number(of: spelling) { interner.intern(type) }
    } else {
      id = interner.intern(type)
    }
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

  /// Ends the sequence if one is open: if tokens have come since the last one ended.
  public mutating func endOpenSequence() throws(Failure) {
    if isInSequence { try endSequence() }
  }

  // MARK: Two parts at once

  /// Appends two parts at once, the second to a corpus of its own that is appended afterwards: the same as one after the
  /// other, types first met in the same order.
  ///
  /// - Parameter append: appends the first part (0) or the second (1), and ends its last sequence; called on two threads.
  package mutating func appendHalves(
    _ append: @Sendable (Int, inout CorpusCounter) throws(Failure) -> Void
  ) throws(Failure) {
    try endOpenSequence()
    let second = UnsafeMutablePointer<CorpusCounter>.allocate(capacity: 1)
    defer { second.deallocate() }
    second.initialize(
      to: CorpusCounter(memoryBytes: stream.giveHalfOfMemory(), temporaryDirectory: temporaryDirectory))
    let outcome: Result<Void, Failure> = withUnsafeMutablePointer(to: &self) { first in
      nonisolated(unsafe) let halves = (first, second)
      do throws(Failure) {
        return .success(
          try forEachTask(2, threadCount: 2) { (_, half) throws(Failure) in
            try append(half, &(half == 0 ? halves.0 : halves.1).pointee)
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
}
