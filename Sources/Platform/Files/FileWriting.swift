/// What is written with one call at most. The page cache keeps together what one call wrote, up to 2 MiB, and newer systems (Linux
/// 6.18) bring all of that in with the first touch of a mapping: whoever reads a mapped file at random places would soon have
/// all of it in memory. With so much a fault brings in what it always has.
private let pieceByteCount = 1 << 16

/// Writes all of `bytes` to an open descriptor, however many calls that takes.
package func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, path: String) throws(Failure) {
  let isWritten = forEachPiece(of: bytes) { write(descriptor, $0.baseAddress, $0.count) }
  guard isWritten else { throw Failure.system(path, doing: "write") }
}

/// Writes all of `bytes` into a file from a byte offset on. Several threads may, each to its own place.
///
/// - Returns: false where the system says no, as its `errno` says.
package func writeAll(
  _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, atByteOffset byteOffset: Int
) -> Bool {
  var done = 0
  return forEachPiece(of: bytes) { piece in
    let count = pwrite(descriptor, piece.baseAddress, piece.count, off_t(byteOffset + done))
    done += max(count, 0)
    return count
  }
}

/// - Parameter write: writes the beginning of what it is given, and says how much that was; negative with an `errno` where it can't.
private func forEachPiece(
  of bytes: UnsafeRawBufferPointer, _ write: (UnsafeRawBufferPointer) -> Int
) -> Bool {
  var done = 0
  while done < bytes.count {
    let end = min(bytes.count, done + pieceByteCount)
    let count = write(UnsafeRawBufferPointer(rebasing: bytes[done..<end]))
    if count < 0 {
      if errno == EINTR { continue }
      return false
    }
    done += count
  }
  return true
}
