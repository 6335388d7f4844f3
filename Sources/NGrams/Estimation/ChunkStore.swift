import Platform
import Synchronization

/// Where the spools of an estimation keep their bytes: in memory up to a bound, beyond it in one temporary file
/// that has no name, so that nothing stays behind however the program ends. Chunks of the file that have been read are written
/// anew: it is as long as what is in it at the same time.
final class ChunkStore: Sendable {
  /// The size of every chunk but a spool's last.
  static let chunkByteCount = 1 << 13

  private struct State {
    var memoryChunks: Int
    var freeChunks: [UnsafeMutableRawPointer] = []
    var file: SpillFile?
    /// Of chunks in the file that nobody reads any more.
    var freeOffsets: [Int] = []
    /// Where the file ends.
    var fileByteCount = 0
  }

  let temporaryDirectory: String
  private let chunkLimit: Int
  private let state: Mutex<SendableState>

  private struct SendableState: @unchecked Sendable { var value: State }

  init(memoryBytes: Int, temporaryDirectory: String) {
    chunkLimit = max(memoryBytes / Self.chunkByteCount, 1)
    self.temporaryDirectory = temporaryDirectory
    state = Mutex(SendableState(value: State(memoryChunks: 0)))
  }

  deinit { state.withLock { for chunk in $0.value.freeChunks { chunk.deallocate() } } }

  /// A chunk of memory; nil when the bound is reached, unless `always`.
  func takeChunk(always: Bool) -> UnsafeMutableRawPointer? {
    let pointer: UInt? = state.withLock { state in
      if state.value.memoryChunks >= chunkLimit && !always { return nil }
      state.value.memoryChunks += 1
      let chunk =
        state.value.freeChunks.popLast()
        ?? UnsafeMutableRawPointer.allocate(byteCount: Self.chunkByteCount, alignment: 64)
      return UInt(bitPattern: chunk)
    }
    return pointer.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
  }

  func giveBack(_ chunk: UnsafeMutableRawPointer) {
    let address = UInt(bitPattern: chunk)
    state.withLock { state in
      state.value.memoryChunks -= 1
      let chunk = UnsafeMutableRawPointer(bitPattern: address)!
      if state.value.memoryChunks + state.value.freeChunks.count < chunkLimit {
        state.value.freeChunks.append(chunk)
      } else {
        chunk.deallocate()
      }
    }
  }

  /// Whether more is in memory than there should be: the chunks at hand of many spools are taken in any case.
  var isOverfull: Bool { state.withLock { $0.value.memoryChunks > chunkLimit } }

  /// Writes a chunk's bytes to the file.
  ///
  /// - Returns: where they are in it.
  func spill(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> Int {
    nonisolated(unsafe) let bytes = bytes
    let outcome: Result<Int, Failure> = state.withLock { state in
      do throws(Failure) {
        let file: SpillFile
        if let known = state.value.file {
          file = known
        } else {
          file = try SpillFile(inDirectory: temporaryDirectory)
          state.value.file = file
        }
        let offset = state.value.freeOffsets.popLast() ?? state.value.fileByteCount
        try file.write(bytes, atByteOffset: offset)
        state.value.fileByteCount = max(state.value.fileByteCount, offset + Self.chunkByteCount)
        return .success(offset)
      } catch { return .failure(error) }
    }
    return try outcome.get()
  }

  /// The chunk there is not read again.
  func giveBack(fileOffset: Int) { state.withLock { $0.value.freeOffsets.append(fileOffset) } }

  func read(into bytes: UnsafeMutableRawBufferPointer, atByteOffset offset: Int) throws(Failure) {
    guard let file = state.withLock({ $0.value.file }) else {
      throw Failure("temporary file", why: "was never written")
    }
    try file.read(into: bytes, atByteOffset: offset)
  }
}

/// A sequence of bytes written once, from its start to its end, then read once, in chunks of a store.
///
/// One thread at a time uses it. Values do not straddle chunks as long as all have one size.
final class Spool: @unchecked Sendable {
  private enum Place {
    case memory(UnsafeMutableRawPointer)
    case file(offset: Int)
    case nowhere
  }

  /// Where the next bytes go, and the end of the current chunk; both nowhere without one.
  private struct Cursor {
    var position: UnsafeMutableRawPointer
    var end: UnsafeMutableRawPointer
  }

  private let store: ChunkStore
  private var chunks: [(place: Place, count: Int)] = []
  private var current: UnsafeMutableRawPointer?
  private let cursor: UnsafeMutablePointer<Cursor>
  /// The bytes of a chunk that are used: the largest multiple of the size of the values.
  private let usableCount: Int
  /// Bytes in the spool, once it is sealed.
  private(set) var byteCount = 0

  private static var nowhere: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 64)! }

  /// - Parameter unit: the size of what is appended each time; it divides what is read from each chunk.
  init(_ store: ChunkStore, unit: Int) {
    self.store = store
    usableCount = ChunkStore.chunkByteCount / unit * unit
    cursor = .allocate(capacity: 1)
    cursor.initialize(to: Cursor(position: Self.nowhere, end: Self.nowhere))
  }

  deinit {
    releaseAll()
    if let current { store.giveBack(current) }
    cursor.deallocate()
  }

  /// Room for `count` more bytes, a multiple of the unit.
  @inline(__always)
  func room(_ count: Int) throws(Failure) -> UnsafeMutableRawPointer {
    if cursor.pointee.end - cursor.pointee.position < count { try nextChunk() }
    let pointer = cursor.pointee.position
    cursor.pointee.position = pointer + count
    return pointer
  }

  /// The same without a new chunk: nil where the one at hand has no room. Fit for references that nobody counts.
  @inline(__always)
  func roomAtHand(_ count: Int) -> UnsafeMutableRawPointer? {
    guard cursor.pointee.end - cursor.pointee.position >= count else { return nil }
    let pointer = cursor.pointee.position
    cursor.pointee.position = pointer + count
    return pointer
  }

  @inline(__always)
  func append(_ word: UInt32) throws(Failure) { try room(4).storeBytes(of: word, as: UInt32.self) }

  @inline(never)
  private func nextChunk() throws(Failure) {
    if let full = current {
      let count = cursor.pointee.position - full
      byteCount += count
      if let next = store.takeChunk(always: false) {
        chunks.append((.memory(full), count))
        current = next
      } else {
        let offset = try store.spill(UnsafeRawBufferPointer(start: full, count: count))
        chunks.append((.file(offset: offset), count))
      }
    } else {
      current = store.takeChunk(always: true)
    }
    cursor.pointee = Cursor(position: current!, end: current! + usableCount)
  }

  /// Ends writing.
  func seal() throws(Failure) {
    guard let full = current else { return }
    let count = cursor.pointee.position - full
    byteCount += count
    current = nil
    cursor.pointee = Cursor(position: Self.nowhere, end: Self.nowhere)
    chunks.append((.memory(full), count))
    guard store.isOverfull else { return }
    let offset = try store.spill(UnsafeRawBufferPointer(start: full, count: count))
    chunks[chunks.count - 1].place = .file(offset: offset)
    store.giveBack(full)
  }

  /// Calls `body` with each chunk in order and gives it back afterwards; the spool is empty then.
  ///
  /// - Parameter buffer: of `ChunkStore.chunkByteCount` bytes, for chunks that are in the file.
  func drain(
    buffer: UnsafeMutableRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    var next = 0
    while let bytes = try takeChunk(next, buffer: buffer) {
      try body(bytes)
      release(next)
      next += 1
    }
    chunks = []
    byteCount = 0
  }

  /// The chunk at `index`, nil past the last.
  func takeChunk(_ index: Int, buffer: UnsafeMutableRawBufferPointer) throws(Failure)
    -> UnsafeRawBufferPointer?
  {
    guard index < chunks.count else { return nil }
    let count = chunks[index].count
    switch chunks[index].place {
    case .memory(let pointer): return UnsafeRawBufferPointer(start: pointer, count: count)
    case .file(let offset):
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
      try store.read(into: target, atByteOffset: offset)
      return UnsafeRawBufferPointer(target)
    case .nowhere: return UnsafeRawBufferPointer(start: nil, count: 0)
    }
  }

  /// Gives the room of all chunks back; nothing is read any more.
  func releaseAll() { for index in chunks.indices { release(index) } }

  /// Gives a chunk's room back; it is not read again.
  func release(_ index: Int) {
    switch chunks[index].place {
    case .memory(let pointer): store.giveBack(pointer)
    case .file(let offset): store.giveBack(fileOffset: offset)
    case .nowhere: return
    }
    chunks[index] = (.nowhere, 0)
  }
}

/// Reads a spool's words one after the other, and gives its chunks back on the way.
struct SpoolReader: ~Copyable {
  private let spool: Spool
  private let buffer: UnsafeMutableRawBufferPointer
  private var chunk = UnsafeRawBufferPointer(start: nil, count: 0)
  private var position = 0
  private var nextIndex = 0

  init(_ spool: Spool) {
    self.spool = spool
    buffer = .allocate(byteCount: ChunkStore.chunkByteCount, alignment: 64)
  }

  deinit { buffer.deallocate() }

  /// Whether another word is there.
  mutating func hasMore() throws(Failure) -> Bool {
    if position < chunk.count { return true }
    return try nextChunk()
  }

  @inline(__always)
  mutating func next() throws(Failure) -> UInt32 {
    if position >= chunk.count {
      guard try nextChunk() else { throw Failure("temporary file", why: "ended too early") }
    }
    let word = chunk.loadUnaligned(fromByteOffset: position, as: UInt32.self)
    position += 4
    return word
  }

  private mutating func nextChunk() throws(Failure) -> Bool {
    if nextIndex > 0 { spool.release(nextIndex - 1) }
    guard let bytes = try spool.takeChunk(nextIndex, buffer: buffer) else { return false }
    chunk = bytes
    position = 0
    nextIndex += 1
    return bytes.count > 0 ? true : try nextChunk()
  }
}
