import CSystem

/// A file mapped read-only into memory and shared between processes; unmapped when the last reference goes.
///
/// The bytes are untrusted, and may become others at any moment, as whoever writes into the file likes: whoever interprets
/// them checks every offset each time. What the file loses at its end while it is mapped reads as zeros from then on,
/// and `isDamaged` says so.
public final class MappedFile: Sendable {
  /// The whole file, valid while this object lives.
  ///
  /// Swift may release a local variable after its last use, so a caller that does not keep the object in a
  /// longer-lived value uses `withBytes`.
  public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  public let path: String
  /// The file as it was when it was mapped.
  package let version: FileVersion
  private let mapping: Int32

  public var count: Int { bytes.count }

  /// Maps `path`. An empty file gives an empty buffer.
  ///
  /// - Parameter byteCount: what the file must have; nothing is mapped otherwise.
  /// - Throws: also where most of a large file was never written: somebody who reads it through would be busy for hours.
  public init(_ path: String, byteCount expected: Int? = nil) throws(Failure) {
    let (descriptor, status) = try openRegularFile(path)
    defer { close(descriptor) }
    let count = Int(status.st_size)
    self.path = path
    version = FileVersion(status)
    if let expected, count != expected {
      throw Failure(
        path, why: "is damaged: it has \(count) bytes, not \(expected)", remedy: "train the model again")
    }
    guard !Self.isMostlyHoles(descriptor, byteCount: count) else {
      throw Failure(path, why: "is damaged: most of it was never written", remedy: "make it again")
    }
    if count == 0 {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      mapping = -1
      return
    }
    guard let base = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), base != MAP_FAILED else {
      throw Failure.system(path, doing: "map")
    }
    bytes = UnsafeRawBufferPointer(start: base, count: count)
    mapping = inkling_register_mapping(base, count, path)
    MappedPages.add(bytes)
  }

  /// Whether the file was cut short while it was mapped, and read where it had been: what was read there are zeros.
  public var isDamaged: Bool { inkling_is_mapping_damaged(mapping) }

  /// - Throws: `Failure` if `isDamaged`: what was made of the bytes is worth nothing.
  package func checkIsWhole() throws(Failure) {
    if isDamaged { throw Self.damaged(path) }
  }

  /// What is wrong if any file that this process has mapped was cut short while it was read; nil if none was.
  package static func damage() -> Failure? {
    inkling_damaged_path().map { damaged(String(systemPath: $0)) }
  }

  private static func damaged(_ path: String) -> Failure {
    Failure(path, why: "was cut short while it was read", remedy: "make it whole, and try again")
  }

  /// A sparse file of a terabyte is made in no time, and read in an hour.
  private static let toleratedHoleByteCount = 1 << 26

  /// Whether more of a file is holes than data.
  private static func isMostlyHoles(_ descriptor: Int32, byteCount: Int) -> Bool {
    guard byteCount > toleratedHoleByteCount else { return false }
    let holes = inkling_hole_bytes(descriptor, Int64(byteCount))
    return holes > toleratedHoleByteCount && holes > byteCount / 2
  }

  /// Calls `body` with the whole file, which stays mapped until `body` returns.
  public func withBytes<Result, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> Result
  ) throws(E) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }

  /// Says that few places are read, far from each other: what is not in the system's cache is then read a page at a time, not
  /// with what is around it, which would be some megabytes where the system reads far ahead.
  package func willReadAtRandom() {
    guard let base = bytes.baseAddress else { return }
    madvise(UnsafeMutableRawPointer(mutating: base), bytes.count, Int32(MADV_RANDOM))
  }

  /// Has the system read bytes into its cache, all at once and in the background.
  package func willRead(_ range: Range<Int>) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let lower = max(0, range.lowerBound / page * page)
    let upper = min(range.upperBound, bytes.count)
    guard lower < upper, let base = bytes.baseAddress else { return }
    madvise(UnsafeMutableRawPointer(mutating: base + lower), upper - lower, Int32(MADV_WILLNEED))
  }

  /// Gives the pages of the first `byteCount` bytes back to the system; they are read again when next touched.
  package func releasePages(upTo byteCount: Int) {
    guard let base = bytes.baseAddress, byteCount > 0 else { return }
    madvise(UnsafeMutableRawPointer(mutating: base), min(byteCount, bytes.count), Int32(MADV_DONTNEED))
  }

  deinit {
    inkling_forget_mapping(mapping)
    MappedPages.unmap(bytes)
  }
}
