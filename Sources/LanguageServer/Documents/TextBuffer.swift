import Platform

/// The bytes of an open document with a gap where it was last edited, so that typing moves few bytes.
struct TextBuffer: Sendable {
  private var storage: [UInt8]
  private var gapStart: Int
  private var gapEnd: Int

  init(_ bytes: [UInt8]) {
    storage = bytes
    gapStart = bytes.count
    gapEnd = bytes.count
  }

  var count: Int { storage.count - (gapEnd - gapStart) }

  /// The byte at an offset inside the text.
  subscript(offset: Int) -> UInt8 { storage[offset < gapStart ? offset : offset + (gapEnd - gapStart)] }

  /// Replaces a range inside the text.
  mutating func replace(_ range: Range<Int>, with bytes: [UInt8]) {
    moveGap(to: range.lowerBound)
    gapEnd += range.count
    if bytes.count > gapEnd - gapStart { widenGap(to: bytes.count) }
    storage.withUnsafeMutableBufferPointer { buffer in
      for (index, byte) in bytes.enumerated() { buffer[gapStart + index] = byte }
    }
    gapStart += bytes.count
  }

  private mutating func moveGap(to offset: Int) {
    let width = gapEnd - gapStart
    if width > 0 && offset != gapStart {
      storage.withUnsafeMutableBytes { buffer in
        let base = buffer.baseAddress!
        if offset < gapStart {
          (base + offset + width).copyMemoryOverlapping(base + offset, gapStart - offset)
        } else {
          (base + gapStart).copyMemoryOverlapping(base + gapEnd, offset - gapStart)
        }
      }
    }
    gapStart = offset
    gapEnd = offset + width
  }

  /// Makes room for `needed` bytes and, so that typing finds room next time, an eighth of the text more.
  private mutating func widenGap(to needed: Int) {
    let extra = needed - (gapEnd - gapStart) + max(256, count / 8)
    let tail = storage.count - gapEnd
    storage.append(contentsOf: repeatElement(0, count: extra))
    storage.withUnsafeMutableBytes { buffer in
      let base = buffer.baseAddress!
      (base + gapEnd + extra).copyMemoryOverlapping(base + gapEnd, tail)
    }
    gapEnd += extra
  }

  /// Calls `body` with the bytes of a range inside the text, in one piece or in two.
  func forEachPiece(in range: Range<Int>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    let width = gapEnd - gapStart
    storage.withUnsafeBufferPointer { buffer in
      let first = range.clamped(to: 0..<gapStart)
      let second = range.clamped(to: gapStart..<max(gapStart, count))
      if !first.isEmpty { body(UnsafeBufferPointer(rebasing: buffer[first])) }
      if !second.isEmpty {
        body(UnsafeBufferPointer(rebasing: buffer[second.lowerBound + width..<second.upperBound + width]))
      }
    }
  }

  /// A copy of a range inside the text.
  func bytes(in range: Range<Int>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    forEachPiece(in: range) { bytes.append(contentsOf: $0) }
    return bytes
  }

  var allBytes: [UInt8] { bytes(in: 0..<count) }
}

extension UnsafeMutableRawPointer {
  fileprivate func copyMemoryOverlapping(_ source: UnsafeMutableRawPointer, _ count: Int) {
    if count > 0 { memmove(self, source, count) }
  }
}
