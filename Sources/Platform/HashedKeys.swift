/// Keys that are hashes, in ascending order, found in a step or two: they are spread evenly, so that their first bits tell
/// where they are.
package struct HashedKeys: Sendable {
  /// More are taken for a damaged file.
  package static let countLimit = 1 << 27

  /// Ascending.
  package let all: [UInt32]
  /// By the first bits of a key, where the keys with those begin; one more than there are such bits.
  private let starts: [Int32]
  private let shift: UInt32

  package var count: Int { all.count }

  /// - Parameter keys: ascending.
  package init(_ keys: [UInt32]) {
    precondition(keys.count <= Self.countLimit)
    all = keys
    // About two keys a run.
    var bits: UInt32 = 1
    while bits < 26 && 2 << Int(bits) < keys.count { bits += 1 }
    shift = 32 - bits
    var starts = [Int32](repeating: 0, count: (1 << Int(bits)) + 1)
    for key in keys { starts[Int(key >> shift) + 1] += 1 }
    for index in 1..<starts.count { starts[index] += starts[index - 1] }
    self.starts = starts
  }

  /// Where a key is; nil where it is not.
  @inline(__always)
  package func row(of key: UInt32) -> Int32? {
    let run = Int(key >> shift)
    var row = starts[run]
    let end = starts[run + 1]
    while row < end {
      let found = all[Int(row)]
      if found >= key { return found == key ? row : nil }
      row += 1
    }
    return nil
  }
}
