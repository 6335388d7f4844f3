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
    RandomEdits.run(SurprisalCache.self, seed: 9) { cache, text, slice in
      cache.record(found(text, in: slice), in: slice)
    } check: { cache, text in
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

extension SurprisalCache: EditedCache {}
