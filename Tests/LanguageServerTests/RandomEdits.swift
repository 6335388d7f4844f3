import Platform

/// What is known of a text piece by piece, and forgotten where it is edited.
protocol EditedCache {
  init(byteCount: Int)
  func nextSlice(in limits: Range<Int>, byteCount: Int) -> Range<Int>?
  mutating func replace(_ range: Range<Int>, newCount: Int, lookBack: Int, byteCount: Int)
}

/// Texts of short words that are edited while caches learn them.
enum RandomEdits {
  /// Gives 40 texts, and a cache that has learned each of them whole in the end, to `check`.
  ///
  /// - Parameter learn: takes in what a fresh look at a slice of the text finds.
  static func run<Cache: EditedCache>(
    _ type: Cache.Type, seed: UInt64, learn: (inout Cache, [UInt8], Range<Int>) -> Void,
    check: (Cache, [UInt8]) -> Void
  ) {
    var generator = SplitMix64(seed: seed)
    for _ in 0..<40 {
      var text = (0..<Int.random(in: 0...4000, using: &generator)).map { _ in
        UInt8([32, 97, 98, 99].randomElement(using: &generator)!)
      }
      var cache = Cache(byteCount: text.count)
      for _ in 0..<30 {
        // Some of it is learned, an edit comes, some more is learned.
        for _ in 0..<Int.random(in: 0...30, using: &generator) {
          let limits = text.isEmpty ? 0..<0 : Int.random(in: 0..<text.count, using: &generator)..<text.count
          guard let slice = cache.nextSlice(in: limits, byteCount: 100) else { break }
          learn(&cache, text, slice)
        }
        let lower = Int.random(in: 0...text.count, using: &generator)
        let upper = Int.random(in: lower...min(text.count, lower + 50), using: &generator)
        let new = [UInt8](
          repeating: [32, 100].randomElement(using: &generator)!,
          count: Int.random(in: 0...40, using: &generator))
        text.replaceSubrange(lower..<upper, with: new)
        cache.replace(lower..<upper, newCount: new.count, lookBack: min(lower, 256), byteCount: text.count)
      }
      while let slice = cache.nextSlice(in: 0..<text.count, byteCount: 100) { learn(&cache, text, slice) }
      check(cache, text)
    }
  }
}
