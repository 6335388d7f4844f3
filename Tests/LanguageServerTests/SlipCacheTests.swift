import Platform
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
    var generator = SplitMix64(seed: 5)
    for _ in 0..<40 {
      var text = (0..<Int.random(in: 0...4000, using: &generator)).map { _ in
        UInt8([32, 97, 98, 99].randomElement(using: &generator)!)
      }
      var cache = SlipCache(byteCount: text.count)
      for _ in 0..<30 {
        for _ in 0..<Int.random(in: 0...30, using: &generator) {
          guard let slice = cache.nextSlice(in: 0..<text.count, byteCount: 100) else { break }
          cache.record(found(text, in: slice), in: slice)
        }
        let lower = Int.random(in: 0...text.count, using: &generator)
        let upper = Int.random(in: lower...min(text.count, lower + 50), using: &generator)
        let new = [UInt8](
          repeating: [32, 100].randomElement(using: &generator)!,
          count: Int.random(in: 0...40, using: &generator))
        text.replaceSubrange(lower..<upper, with: new)
        cache.replace(lower..<upper, newCount: new.count, lookBack: min(lower, 256), byteCount: text.count)
      }
      while let slice = cache.nextSlice(in: 0..<text.count, byteCount: 100) {
        cache.record(found(text, in: slice), in: slice)
      }
      let agrees = cache.known { _ in true } == found(text, in: 0..<text.count)
      #expect(agrees)
    }
  }
}
