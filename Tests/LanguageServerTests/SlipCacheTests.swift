import Prediction
import Testing

@testable import LanguageServer

@Suite struct SlipCacheTests {
  /// Text of words and spaces; those of one letter are slips.
  func found(_ text: [UInt8], in slice: Range<Int>) -> [DetectedSlip] {
    text.split(separator: 32).filter {
      $0.count == 1 && $0.startIndex <= slice.upperBound && $0.endIndex >= slice.lowerBound
    }.map {
      DetectedSlip(
        byteRange: $0.startIndex..<$0.endIndex, kind: .newWord,
        corrections: [.init(text: String(decoding: $0, as: UTF8.self), gainBits: 1)],
        logOdds: Double($0.first!),
        falseMarksPerThousandTokens: 1)
    }
  }

  @Test func editsEndWithWhatAFreshLookFinds() {
    RandomEdits.run(SlipCache.self, seed: 5) { cache, text, slice in
      cache.record(found(text, in: slice), in: slice)
    } check: { cache, text in
      let agrees = cache.known { _ in true } == found(text, in: 0..<text.count)
      #expect(agrees)
    }
  }
}

extension SlipCache: EditedCache {
  mutating func replace(_ range: Range<Int>, newCount: Int, lookBack: Int, byteCount: Int) {
    replace(range, newCount: newCount, lookBack: lookBack, lookAhead: 256, byteCount: byteCount)
  }
}
