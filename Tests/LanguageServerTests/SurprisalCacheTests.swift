import Platform
import Testing

@testable import LanguageServer

@Suite struct SurprisalCacheTests {
  /// Text of words two bytes long and a space; the engine's answer for each is its first letter.
  func found(_ text: [UInt8], in slice: Range<Int>) -> [Surprisal] {
    var tokens: [Surprisal] = []
    for part in text.split(separator: 32)
    where part.startIndex < slice.upperBound && part.endIndex > slice.lowerBound {
      tokens.append(
        Surprisal(
          byteRange: part.startIndex..<part.endIndex, bits: Double(part.first!),
          expected: (0..<Int(part.first! - 96)).map {
            .init(text: String(repeating: "é\($0)", count: 20 * $0), probability: 1 / Double(part.count + $0))
          }))
    }
    return tokens
  }

  @Test func editsEndWithWhatAFreshLookFinds() {
    var generator = SplitMix64(seed: 9)
    for _ in 0..<40 {
      var text = (0..<Int.random(in: 0...4000, using: &generator)).map { _ in
        UInt8([32, 97, 98, 99].randomElement(using: &generator)!)
      }
      var cache = SurprisalCache(byteCount: text.count)
      for _ in 0..<30 {
        // Some of it is learned, an edit comes, some more is learned.
        for _ in 0..<Int.random(in: 0...30, using: &generator) {
          let limits = text.isEmpty ? 0..<0 : Int.random(in: 0..<text.count, using: &generator)..<text.count
          guard let slice = cache.nextSlice(in: limits, byteCount: 100) else { break }
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
      let some = cache.known { $0.bits > 98 }
      #expect(some == found(text, in: 0..<text.count).filter { $0.bits > 98 })
    }
  }

  @Test func anEditCostsWhatIsNearIt() {
    var cache = SurprisalCache(byteCount: 1_000_000)
    cache.record([], in: 0..<1_000_000)
    cache.replace(500_000..<500_001, newCount: 5, lookBack: 40, byteCount: 1_000_004)
    let unknown = cache.nextSlice(in: 0..<1_000_004, byteCount: 1_000_000)
    #expect(unknown.map { $0.count < 2000 } == true)
    #expect(unknown?.lowerBound == 499_960)
    cache.record([], in: unknown ?? 0..<0)
    #expect(cache.nextSlice(in: 0..<1_000_004, byteCount: 1) == nil)
  }
}
