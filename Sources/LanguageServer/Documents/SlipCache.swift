import Prediction

/// What is known of the slips of a document, so that an edit costs what is near it and not the whole text.
///
/// An edit makes the text around it unknown again, as far as the detector's contexts reach. What it changes elsewhere (a word that is
/// written a second time is no slip any more) is left until the document is saved.
struct SlipCache: Sendable {
  /// In the order of the text.
  private var slips: [DetectedSlip] = []
  private var unknown: UnknownRanges

  /// How far the detector's contexts reach: the run of tokens by which it knows that a text was learned, and what it looks at
  /// beside a token of its end.
  static let reachTokenCount = 36

  init(byteCount: Int) { unknown = UnknownRanges(byteCount: byteCount) }

  /// Forgets everything.
  mutating func invalidate(byteCount: Int) { self = SlipCache(byteCount: byteCount) }

  func known(where isWanted: (DetectedSlip) -> Bool) -> [DetectedSlip] { slips.filter(isWanted) }

  /// Takes an edit into account.
  ///
  /// - Parameters:
  ///   - lookBack: how many bytes before the edit may read otherwise now.
  ///   - lookAhead: how many behind it.
  ///   - byteCount: of the text after the edit.
  mutating func replace(_ range: Range<Int>, newCount: Int, lookBack: Int, lookAhead: Int, byteCount: Int) {
    let shift = newCount - range.count
    var start = max(0, range.lowerBound - lookBack)
    if let first = slips.first(where: { $0.byteRange.upperBound >= start }) {
      start = min(start, first.byteRange.lowerBound)
    }
    let stale = start..<max(start, min(byteCount, range.lowerBound + newCount + lookAhead))
    // The same in offsets of the text before the edit.
    let oldEnd = max(range.upperBound, stale.upperBound - shift)
    slips.removeAll { $0.byteRange.upperBound >= stale.lowerBound && $0.byteRange.lowerBound < oldEnd }
    if shift != 0 {
      for index in slips.indices where slips[index].byteRange.lowerBound >= oldEnd {
        let old = slips[index].byteRange
        slips[index].byteRange = old.lowerBound + shift..<old.upperBound + shift
      }
    }
    unknown.replace(range, newCount: newCount, stale: stale)
  }

  func nextSlice(in limits: Range<Int>, byteCount: Int) -> Range<Int>? {
    unknown.nextSlice(in: limits, byteCount: byteCount)
  }

  /// Takes in what the engine found in a slice. A slip belongs to the slice in which it begins.
  mutating func record(_ found: [DetectedSlip], in slice: Range<Int>) {
    slips.removeAll { slice.contains($0.byteRange.lowerBound) }
    let place = slips.firstIndex { $0.byteRange.lowerBound >= slice.lowerBound } ?? slips.count
    slips.insert(contentsOf: found.filter { slice.contains($0.byteRange.lowerBound) }, at: place)
    unknown.remove(slice)
  }
}
