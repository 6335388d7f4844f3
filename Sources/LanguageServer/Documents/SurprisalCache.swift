/// What is known of the surprisals of a document, so that an edit costs what is near it and not the whole text.
///
/// An edit makes its own line up to it, and some text behind it, unknown again. Farther away a token's surprisal
/// changes only with the document's counts, a little; that is left until the document is saved.
struct SurprisalCache: Sendable {
  /// Of the tokens that anybody may want to see marked, in the order of the text.
  private(set) var known: [Surprisal] = []
  /// Where nothing is known, ascending and apart.
  private(set) var unknown: [Range<Int>]

  /// How far behind an edit the models' contexts reach, in bytes.
  private static let reach = 1024

  init(byteCount: Int) { unknown = byteCount > 0 ? [0..<byteCount] : [] }

  /// Forgets everything.
  mutating func invalidate(byteCount: Int) { self = SurprisalCache(byteCount: byteCount) }

  /// Takes an edit into account.
  ///
  /// - Parameters:
  ///   - lookBack: how many bytes before the edit may be another token now.
  ///   - byteCount: of the text after the edit.
  mutating func replace(_ range: Range<Int>, newCount: Int, lookBack: Int, byteCount: Int) {
    let shift = newCount - range.count
    var start = max(0, range.lowerBound - lookBack)
    // A token that reaches into the stale part is stale from its beginning.
    if let index = known.firstIndex(where: { $0.byteRange.upperBound > start }) {
      start = min(start, known[index].byteRange.lowerBound)
    }
    let stale = start..<min(byteCount, range.lowerBound + newCount + Self.reach)
    // The same in offsets of the text before the edit.
    let oldEnd = max(range.upperBound, stale.upperBound - shift)
    known.removeAll { $0.byteRange.upperBound > stale.lowerBound && $0.byteRange.lowerBound < oldEnd }
    if shift != 0 {
      for index in index(ofFirstFrom: oldEnd)..<known.count {
        let old = known[index].byteRange
        known[index].byteRange = old.lowerBound + shift..<old.upperBound + shift
      }
    }
    var moved: [Range<Int>] = []
    for part in unknown {
      if part.lowerBound < range.lowerBound {
        moved.append(part.lowerBound..<min(part.upperBound, range.lowerBound))
      }
      if part.upperBound > range.upperBound {
        moved.append(max(part.lowerBound, range.upperBound) + shift..<part.upperBound + shift)
      }
    }
    moved.append(stale)
    unknown = Self.joined(moved)
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
    for part in unknown {
      let wanted = part.clamped(to: limits)
      if !wanted.isEmpty { return wanted.lowerBound..<min(wanted.upperBound, wanted.lowerBound + byteCount) }
    }
    return nil
  }

  /// Takes in what the engine found in a slice. A token belongs to the slice in which it begins.
  mutating func record(_ found: [Surprisal], in slice: Range<Int>) {
    let fresh = found.filter { slice.contains($0.byteRange.lowerBound) }
    let first = index(ofFirstFrom: slice.lowerBound)
    let last = index(ofFirstFrom: slice.upperBound)
    known.replaceSubrange(first..<last, with: fresh)
    var rest: [Range<Int>] = []
    for part in unknown {
      if part.lowerBound < slice.lowerBound {
        rest.append(part.lowerBound..<min(part.upperBound, slice.lowerBound))
      }
      if part.upperBound > slice.upperBound {
        rest.append(max(part.lowerBound, slice.upperBound)..<part.upperBound)
      }
    }
    unknown = rest
  }

  /// The index of the first known token that begins at an offset or behind it.
  private func index(ofFirstFrom byteOffset: Int) -> Int {
    var low = 0
    var high = known.count
    while low < high {
      let middle = (low + high) / 2
      if known[middle].byteRange.lowerBound < byteOffset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
