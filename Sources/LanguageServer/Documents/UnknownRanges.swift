/// Where in a text nothing is known yet, or no more.
struct UnknownRanges: Sendable {
  /// Ascending and apart.
  private(set) var ranges: [Range<Int>]

  init(byteCount: Int) { ranges = byteCount > 0 ? [0..<byteCount] : [] }

  /// Takes an edit into account.
  ///
  /// - Parameter stale: what is unknown because of it, in offsets of the text after the edit.
  mutating func replace(_ range: Range<Int>, newCount: Int, stale: Range<Int>) {
    let shift = newCount - range.count
    var moved: [Range<Int>] = []
    for part in ranges {
      if part.lowerBound < range.lowerBound {
        moved.append(part.lowerBound..<min(part.upperBound, range.lowerBound))
      }
      if part.upperBound > range.upperBound {
        moved.append(max(part.lowerBound, range.upperBound) + shift..<part.upperBound + shift)
      }
    }
    moved.append(stale)
    ranges = Self.joined(moved)
  }

  private static func joined(_ ranges: [Range<Int>]) -> [Range<Int>] {
    var joined: [Range<Int>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      if let last = joined.last, range.lowerBound <= last.upperBound {
        joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    return joined
  }

  /// The first unknown bytes within `limits`, at most `byteCount` of them; nil if all is known there.
  func nextSlice(in limits: Range<Int>, byteCount: Int) -> Range<Int>? {
    for part in ranges {
      let wanted = part.clamped(to: limits)
      if !wanted.isEmpty { return wanted.lowerBound..<min(wanted.upperBound, wanted.lowerBound + byteCount) }
    }
    return nil
  }

  /// What is in a slice is known now.
  mutating func remove(_ slice: Range<Int>) {
    var rest: [Range<Int>] = []
    for part in ranges {
      if part.lowerBound < slice.lowerBound {
        rest.append(part.lowerBound..<min(part.upperBound, slice.lowerBound))
      }
      if part.upperBound > slice.upperBound {
        rest.append(max(part.lowerBound, slice.upperBound)..<part.upperBound)
      }
    }
    ranges = rest
  }
}
