/// What is known of the surprisals of a document, so that an edit costs what is near it and not the whole text.
///
/// An edit makes its own line up to it, and some text behind it, unknown again. Farther away a token's surprisal
/// changes only with the document's counts, a little; that is left until the document is saved.
struct SurprisalCache: Sendable {
  /// A surprisal whose expectations are elsewhere: there are thousands of them for hours, and as objects of their own they
  /// would lie among everything that lives for a moment and keep its memory from being given back.
  private struct Mark: BitwiseCopyable {
    var start: Int
    var end: Int
    var bits: Double
    var expected: PackedExpectations.Place
  }

  /// Of the tokens that anybody may want to see marked, in the order of the text.
  private var marks: [Mark] = []
  private var expectations = PackedExpectations()
  private var unknown: UnknownRanges

  /// How far behind an edit the models' contexts reach, in bytes.
  private static let reach = 1024

  /// What is known and wanted, in the order of the text.
  ///
  /// - Parameter isWanted: asked without the expectations.
  func known(where isWanted: (Surprisal) -> Bool) -> [Surprisal] {
    marks.compactMap { mark in
      var surprisal = Surprisal(
        byteRange: mark.start..<mark.end, bits: mark.bits, expected: [])
      guard isWanted(surprisal) else { return nil }
      surprisal.expected = expectations[mark.expected]
      return surprisal
    }
  }

  init(byteCount: Int) { unknown = UnknownRanges(byteCount: byteCount) }

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
    if let first = marks.first(where: { $0.end > start }) { start = min(start, first.start) }
    let stale = start..<min(byteCount, range.lowerBound + newCount + Self.reach)
    // The same in offsets of the text before the edit.
    let oldEnd = max(range.upperBound, stale.upperBound - shift)
    marks.removeAll { mark in
      let isStale = mark.end > stale.lowerBound && mark.start < oldEnd
      if isStale { expectations.remove(mark.expected) }
      return isStale
    }
    packAnew()
    if shift != 0 {
      for index in index(ofFirstFrom: oldEnd)..<marks.count {
        marks[index].start += shift
        marks[index].end += shift
      }
    }
    unknown.replace(range, newCount: newCount, stale: stale)
  }

  /// The first unknown bytes within `limits`, at most `byteCount` of them; nil if all is known there.
  func nextSlice(in limits: Range<Int>, byteCount: Int) -> Range<Int>? {
    unknown.nextSlice(in: limits, byteCount: byteCount)
  }

  /// Takes in what the engine found in a slice. A token belongs to the slice in which it begins.
  mutating func record(_ found: [Surprisal], in slice: Range<Int>) {
    let first = index(ofFirstFrom: slice.lowerBound)
    let last = index(ofFirstFrom: slice.upperBound)
    for mark in marks[first..<last] { expectations.remove(mark.expected) }
    let fresh = found.filter { slice.contains($0.byteRange.lowerBound) }.map { surprisal in
      Mark(
        start: surprisal.byteRange.lowerBound, end: surprisal.byteRange.upperBound, bits: surprisal.bits,
        expected: expectations.append(surprisal.expected))
    }
    marks.replaceSubrange(first..<last, with: fresh)
    packAnew()
    unknown.remove(slice)
  }

  /// The index of the first known token that begins at an offset or behind it.
  private func index(ofFirstFrom byteOffset: Int) -> Int {
    var low = 0
    var high = marks.count
    while low < high {
      let middle = (low + high) / 2
      if marks[middle].start < byteOffset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Leaves out of the expectations those that were removed, once they are most of them.
  private mutating func packAnew() {
    guard expectations.isSparse else { return }
    var packed = PackedExpectations()
    for index in marks.indices {
      marks[index].expected = packed.copy(marks[index].expected, of: expectations)
    }
    expectations = packed
  }
}
