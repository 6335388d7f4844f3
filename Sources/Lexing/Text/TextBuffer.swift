import Platform

/// A text that is edited mostly near one place: its bytes in one block with a gap at the last edit.
package struct TextBuffer: Sendable {
  private var storage: [UInt8]
  private var gapStart: Int
  private var gapCount: Int

  package init(_ bytes: [UInt8]) {
    storage = bytes
    gapStart = bytes.count
    gapCount = 0
  }

  package var count: Int { storage.count - gapCount }

  /// Replaces `range`, which must be within the text. Costs the distance from the last edit.
  package mutating func replace(_ range: Range<Int>, with bytes: [UInt8]) {
    moveGap(to: range.lowerBound)
    gapCount += range.count
    if gapCount < bytes.count { grow(by: bytes.count) }
    let start = gapStart
    storage.withUnsafeMutableBytes { target in
      bytes.withUnsafeBytes { source in
        guard let base = target.baseAddress, let from = source.baseAddress else { return }
        (base + start).copyMemory(from: from, byteCount: source.count)
      }
    }
    gapStart += bytes.count
    gapCount -= bytes.count
  }

  /// The bytes of `range`, which must be within the text.
  package func bytes(in range: Range<Int>) -> [UInt8] {
    if range.upperBound <= gapStart { return Array(storage[range]) }
    if range.lowerBound >= gapStart {
      return Array(storage[range.lowerBound + gapCount..<range.upperBound + gapCount])
    }
    return Array(storage[range.lowerBound..<gapStart])
      + storage[gapStart + gapCount..<range.upperBound + gapCount]
  }

  /// The byte at an offset within the text.
  @inline(__always)
  package subscript(offset: Int) -> UInt8 { storage[offset < gapStart ? offset : offset + gapCount] }

  /// Calls `body` with the bytes of `range` in one piece, copied only if the gap is within.
  package func withBytes<Result>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    if range.lowerBound < gapStart && range.upperBound > gapStart {
      return bytes(in: range).withUnsafeBytes { body($0) }
    }
    let shift = range.lowerBound >= gapStart ? gapCount : 0
    return storage.withUnsafeBytes {
      body(UnsafeRawBufferPointer(rebasing: $0[range.lowerBound + shift..<range.upperBound + shift]))
    }
  }

  /// Calls `body` with the bytes of `range` in one piece or in two, without a copy.
  package func forEachPiece(in range: Range<Int>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    storage.withUnsafeBufferPointer { buffer in
      let first = range.clamped(to: 0..<gapStart)
      let second = range.clamped(to: gapStart..<max(gapStart, count))
      if !first.isEmpty { body(UnsafeBufferPointer(rebasing: buffer[first])) }
      if !second.isEmpty {
        let shifted = second.lowerBound + gapCount..<second.upperBound + gapCount
        body(UnsafeBufferPointer(rebasing: buffer[shifted]))
      }
    }
  }

  package var allBytes: [UInt8] { bytes(in: 0..<count) }

  private mutating func moveGap(to offset: Int) {
    guard offset != gapStart else { return }
    let (from, to, size) =
      offset < gapStart
      ? (offset, offset + gapCount, gapStart - offset)
      : (gapStart + gapCount, gapStart, offset - gapStart)
    if gapCount > 0 {
      storage.withUnsafeMutableBytes {
        guard let base = $0.baseAddress else { return }
        memmove(base + to, base + from, size)
      }
    }
    gapStart = offset
  }

  private mutating func grow(by needed: Int) {
    let added = needed + storage.count / 16 + 256
    let tailStart = gapStart + gapCount
    var larger = [UInt8]()
    larger.reserveCapacity(storage.count + added)
    larger += storage[..<gapStart]
    larger += repeatElement(0, count: gapCount + added)
    larger += storage[tailStart...]
    storage = larger
    gapCount += added
  }
}
