/// Lists of expectations, one behind the other in one array of bytes. What is removed stays until whoever keeps the places
/// copies all lists that are left into a new one.
struct PackedExpectations: Sendable {
  /// Where a list is.
  struct Place: BitwiseCopyable {
    fileprivate var offset: Int
    fileprivate var byteCount: Int32
    fileprivate var count: Int32
  }

  /// Of each expectation its probability (8 bytes), the length of its text (4 bytes) and the text.
  private var bytes: [UInt8] = []
  private var removedByteCount = 0
  /// So many removed bytes are no waste.
  private static let toleratedByteCount = 1 << 12

  /// Whether most of the memory holds what was removed.
  var isSparse: Bool { removedByteCount > Self.toleratedByteCount && removedByteCount * 2 > bytes.count }

  mutating func append(_ list: [Surprisal.Expectation]) -> Place {
    let offset = bytes.count
    for expectation in list {
      withUnsafeBytes(of: expectation.probability) { bytes.append(contentsOf: $0) }
      withUnsafeBytes(of: UInt32(expectation.text.utf8.count)) { bytes.append(contentsOf: $0) }
      bytes.append(contentsOf: expectation.text.utf8)
    }
    return Place(offset: offset, byteCount: Int32(bytes.count - offset), count: Int32(list.count))
  }

  mutating func remove(_ place: Place) { removedByteCount += Int(place.byteCount) }

  /// Takes over a list of `other`.
  mutating func copy(_ place: Place, of other: PackedExpectations) -> Place {
    let offset = bytes.count
    bytes.append(contentsOf: other.bytes[place.offset..<place.offset + Int(place.byteCount)])
    return Place(offset: offset, byteCount: place.byteCount, count: place.count)
  }

  subscript(_ place: Place) -> [Surprisal.Expectation] {
    bytes.withUnsafeBytes { bytes in
      var offset = place.offset
      return (0..<place.count).map { _ in
        let probability = bytes.loadUnaligned(fromByteOffset: offset, as: Double.self)
        let count = Int(bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self))
        offset += 12 + count
        return Surprisal.Expectation(
          text: String(decoding: bytes[offset - count..<offset], as: UTF8.self), probability: probability)
      }
    }
  }
}
