import Platform
import Synchronization

/// A file for what does not fit in memory. It has no name from the start, so that nothing stays behind however
/// the program ends, and vanishes with the last reference.
package final class SpillFile: Sendable {
  private let descriptor: Int32
  private let directory: String
  private let length = Atomic<Int>(0)

  package var byteCount: Int { length.load(ordering: .acquiring) }

  /// Makes an empty file in `directory`.
  package init(inDirectory directory: String) throws(Failure) {
    self.directory = directory
    let unnamed = openUnnamedFile(inDirectory: directory)
    guard unnamed >= 0 else { throw Failure.system(directory, doing: "create a temporary file in") }
    descriptor = unnamed
  }

  deinit { close(descriptor) }

  /// Appends the numbers in the machine's byte order. One writer at a time.
  package func append(_ words: [UInt32]) throws(Failure) {
    let outcome: Result<Void, Failure> = words.withUnsafeBytes { bytes in
      do throws(Failure) { return .success(try append(bytes)) } catch { return .failure(error) }
    }
    try outcome.get()
  }

  /// Appends bytes. One writer at a time.
  package func append(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    let end = byteCount
    try write(bytes, atByteOffset: end)
    length.store(end + bytes.count, ordering: .releasing)
  }

  /// Makes the file `byteCount` bytes long, zeros where nothing is written.
  package func setByteCount(_ byteCount: Int) throws(Failure) {
    guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
      throw Failure.system(directory, doing: "write a temporary file in")
    }
    length.store(byteCount, ordering: .releasing)
  }

  /// Writes bytes within the file. Several threads may, each to its own place.
  package func write(_ bytes: UnsafeRawBufferPointer, atByteOffset byteOffset: Int) throws(Failure) {
    guard writeAll(descriptor, bytes, atByteOffset: byteOffset) else {
      throw Failure.system(directory, doing: "write a temporary file in")
    }
  }

  /// Fills `words` from `byteOffset` on; the file must hold that many.
  package func read(into words: inout [UInt32], atByteOffset byteOffset: Int) throws(Failure) {
    let outcome: Result<Void, Failure> = words.withUnsafeMutableBytes { bytes in
      do throws(Failure) {
        return .success(try read(into: bytes, atByteOffset: byteOffset))
      } catch { return .failure(error) }
    }
    try outcome.get()
  }

  /// Fills `bytes` from `byteOffset` on; the file must hold that many.
  package func read(into bytes: UnsafeMutableRawBufferPointer, atByteOffset byteOffset: Int) throws(Failure) {
    var done = 0
    while done < bytes.count {
      let count = pread(
        descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(byteOffset + done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw Failure.system(directory, doing: "read back a temporary file in") }
      done += count
    }
  }

  /// The whole file mapped for reading at random places, or nil if it is empty.
  package func map() throws(Failure) -> SpillMapping? {
    let count = byteCount
    if count == 0 { return nil }
    guard let mapping = PrivateMapping(descriptor, byteCount: count) else {
      throw Failure.system(directory, doing: "map a temporary file in")
    }
    return SpillMapping(mapping, file: self)
  }
}

/// A spill file in the address space, for reading.
package final class SpillMapping: @unchecked Sendable {
  private let mapping: PrivateMapping
  private let file: SpillFile

  init(_ mapping: consuming PrivateMapping, file: SpillFile) {
    self.mapping = mapping
    self.file = file
  }

  package var bytes: UnsafeRawBufferPointer { mapping.bytes }

  /// Gives the pages read so far back to the system; they return when next read.
  func releasePages() { mapping.releasePages(0..<mapping.bytes.count) }

  /// Gives a part's pages back to the system.
  func releasePages(byteRange: Range<Int>) { mapping.releasePages(byteRange) }
}
