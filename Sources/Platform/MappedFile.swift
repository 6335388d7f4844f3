/// A file mapped read-only into memory and shared between processes; unmapped when the last reference goes.
///
/// The bytes are untrusted: whoever interprets them checks every offset. A file that another process
/// truncates while it is mapped raises SIGBUS on access, so models are replaced by rename, never in place.
public final class MappedFile: Sendable {
  /// The whole file, valid while this object lives.
  ///
  /// Swift may release a local variable after its last use, so a caller that does not keep the object in a
  /// longer-lived value uses `withBytes`.
  public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  public let path: String

  public var count: Int { bytes.count }

  /// Maps `path`. An empty file gives an empty buffer.
  public init(_ path: String) throws(Failure) {
    let (descriptor, status) = try openRegularFile(path)
    defer { close(descriptor) }
    let count = Int(status.st_size)
    self.path = path
    if count == 0 {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), base != MAP_FAILED else {
      throw Failure.system(path, doing: "map")
    }
    bytes = UnsafeRawBufferPointer(start: base, count: count)
  }

  /// Calls `body` with the whole file, which stays mapped until `body` returns.
  public func withBytes<Result, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> Result
  ) throws(E) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }

  /// Gives the pages of the first `byteCount` bytes back to the system; they are read again when next touched.
  public func releasePages(upTo byteCount: Int) {
    guard let base = bytes.baseAddress, byteCount > 0 else { return }
    madvise(UnsafeMutableRawPointer(mutating: base), min(byteCount, bytes.count), Int32(MADV_DONTNEED))
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }
}
