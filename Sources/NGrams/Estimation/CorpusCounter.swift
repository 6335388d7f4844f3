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
  private(set) var types: MetTypes
  private let recent = RecentTypeNumbers()
  /// How often each type occurs, by its id in `types`.
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
    types = MetTypes(minimumCapacity: 1 << 14)
    counts = Array(repeating: 0, count: Vocabulary.specials.count)
  }

  /// A corpus of types that somebody has numbered already: the same as of their bytes, which are not looked up again.
  ///
  /// - Parameter numbered: begins with the special types.
  package init(types numbered: TypeInterner, memoryBytes: Int, temporaryDirectory: String) {
    self.temporaryDirectory = temporaryDirectory
    stream = TokenStream(memoryBytes: memoryBytes, temporaryDirectory: temporaryDirectory)
    types = MetTypes(numbered)
    counts = Array(repeating: 0, count: Vocabulary.specials.count)
  }

  /// Distinct types so far, the three special ones not counted.
  public var typeCount: Int { types.count - Vocabulary.specials.count }

  /// The bytes that they are spelled with.
  package var spellingByteCount: Int { types.byteCount }

  /// The bytes held for the types.
  package var typeByteCount: Int { types.memoryBytes + counts.capacity * MemoryLayout<UInt32>.stride }

  /// The next token of the sequence.
  @inline(__always)
  public mutating func append(type: UnsafeRawBufferPointer) throws(Failure) {
    if let spelling = RecentTypeNumbers.Spelling(type) {
      try append(id: recent.number(of: spelling) { types.id(of: type) })
    } else {
      try append(id: types.id(of: type))
    }
  }

  /// The next token of the sequence, by its number among the types that this was made with.
  @inline(__always)
  package mutating func append(number: UInt32) throws(Failure) { try append(id: types.id(ofNumber: number)) }

  @inline(__always)
  private mutating func append(id: UInt32) throws(Failure) {
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
    let otherTypes = other.types
    let otherCounts = other.counts
    tokenCount += other.tokenCount
    sequenceCount += other.sequenceCount
    var map: [UInt32] = []
    map.reserveCapacity(otherTypes.count)
    for id in 0..<UInt32(otherTypes.count) {
      let ours = otherTypes.withBytes(of: id) { types.id(of: $0) }
      if Int(ours) == counts.count { counts.append(0) }
      counts[Int(ours)] += otherCounts[Int(id)]
      map.append(ours)
    }
    try stream.seal()
    try stream.renumber(map)
    try self.stream.absorb(stream)
  }
}
