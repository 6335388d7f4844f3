import Prediction
import Synchronization

/// How much text is worked on at a time in the background: as much as takes about a millisecond, so that an edit or
/// a completion never waits long.
struct SliceSize: Sendable {
  private(set) var byteCount = 128
  private let target: Duration

  init(target: Duration = .milliseconds(1)) { self.target = target }

  mutating func adapt(to duration: Duration) {
    if duration < target / 2 {
      byteCount = min(byteCount * 2, 16384)
    } else if duration > target * 2 {
      byteCount = max(byteCount / 2, 16)
    }
  }

  /// What somebody had to break off was too much.
  mutating func shrink() { byteCount = max(byteCount / 2, 16) }

  mutating func timed<Result>(_ body: (Int) -> Result) -> Result {
    let start = ContinuousClock.now
    let result = body(byteCount)
    adapt(to: ContinuousClock.now - start)
    return result
  }
}

extension DocumentContent {
  /// The bytes of some lines, or of all of them.
  func byteRange(ofLines lines: Range<Int>?) -> Range<Int> {
    guard let lines else { return 0..<text.byteCount }
    let start = text.contentRange(ofLine: lines.lowerBound).lowerBound
    return start..<max(start, text.contentRange(ofLine: lines.upperBound).lowerBound)
  }

  /// Longer texts are not gone through as a whole: that would keep a core busy for minutes.
  private static let sweptByteLimit = 1 << 20
  /// Of lines that are asked for, no more text than this: a line may be longer than any screen.
  private static let linesByteLimit = 1 << 17

  /// Finds the surprisals of some more text; true once those of all the lines are known.
  mutating func learnSurprisals(ofLines lines: Range<Int>?) -> Bool {
    if lines == nil && text.byteCount > Self.sweptByteLimit { return true }
    var limits = byteRange(ofLines: lines)
    if lines != nil {
      limits = limits.lowerBound..<limits.lowerBound + min(limits.count, Self.linesByteLimit)
    }
    var size = sliceSize
    let isKnown = size.timed { byteCount in
      guard let slice = surprisals.nextSlice(in: limits, byteCount: byteCount) else {
        return true
      }
      if engine.prepareSurprisals(in: slice) { return false }
      let found = engine.surprisals(in: slice).filter {
        $0.bits >= Surprisal.leastShownBits && $0.byteRange.upperBound <= text.byteCount
      }
      record(found, in: slice)
      return surprisals.nextSlice(in: limits, byteCount: 1) == nil
    }
    sliceSize = size
    return isKnown
  }
}

extension DocumentContent {
  /// Finds the slips of some more text; true once all are known.
  ///
  /// - Parameter mayGoOn: says no once somebody waits for the document: then what was begun is given up.
  mutating func learnSlips(while mayGoOn: () -> Bool) -> Bool {
    if text.byteCount > Self.sweptByteLimit { return true }
    if engine.prepareSlips() { return false }
    let limits = 0..<text.byteCount
    guard let slice = slips.nextSlice(in: limits, byteCount: slipSliceSize.byteCount) else { return true }
    let start = ContinuousClock.now
    var isGivenUp = false
    let found = engine.slipsInSteps(slice) {
      isGivenUp = !mayGoOn()
      return !isGivenUp
    }
    slipSliceDuration += ContinuousClock.now - start
    guard let found else {
      // What is unfinished is asked for again, and is the same slice then; what was given up is not.
      if isGivenUp {
        slipSliceSize.shrink()
        slipSliceDuration = .zero
      }
      return false
    }
    slipSliceSize.adapt(to: slipSliceDuration)
    slipSliceDuration = .zero
    record(found.filter { $0.byteRange.upperBound <= text.byteCount }, in: slice)
    return slips.nextSlice(in: limits, byteCount: 1) == nil
  }
}

private struct SweepProgress: Sendable {
  var revision = -1
  var byteOffset = 0
  var found: [Surprisal] = []
}

/// One going through a document.
final class Sweep: Sendable {
  private let progress = Mutex(SweepProgress())

  /// Works on the next slice; all surprisals once the end is reached, nil before.
  ///
  /// - Parameter bothSides: whether each token is also scored with what stands behind it known.
  func advance(
    _ content: inout DocumentContent, _ lines: Range<Int>?, bothSides: Bool
  ) -> [Surprisal]? {
    let range = content.byteRange(ofLines: lines)
    var size = content.sliceSize
    defer { content.sliceSize = size }
    return size.timed { byteCount in
      progress.withLock { progress in
        if progress.revision != content.revision {
          progress = SweepProgress(revision: content.revision, byteOffset: range.lowerBound)
        }
        let slice = progress.byteOffset..<min(progress.byteOffset + byteCount, range.upperBound)
        if content.engine.prepareSurprisals(in: slice) { return nil }
        if bothSides && content.engine.prepareBothSides(in: slice) { return nil }
        let between = bothSides ? content.engine.bitsBetweenBothSides(in: slice) : [:]
        let slips = content.engine.slips(in: slice).filter { $0.isShown(atRate: DetectedSlip.standardRate) }
        // A token that reaches over the slice's edge belongs to the slice in which it begins.
        for var surprisal in content.engine.surprisals(in: slice)
        where slice.contains(surprisal.byteRange.lowerBound)
          && surprisal.byteRange.upperBound <= content.text.byteCount
        {
          surprisal.bitsBetweenBothSides = between[surprisal.byteRange.lowerBound]
          surprisal.isSlip = slips.contains { $0.byteRange.overlaps(surprisal.byteRange) }
          progress.found.append(surprisal)
        }
        progress.byteOffset = slice.upperBound
        return slice.upperBound == range.upperBound ? progress.found : nil
      }
    }
  }
}
