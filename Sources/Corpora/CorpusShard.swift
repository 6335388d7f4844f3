import Platform

/// One of several parts of a corpus, for whoever reads it in several processes: each file is in one of them, by its path.
public struct CorpusShard: Hashable, Sendable {
  /// From 0.
  public let index: Int
  public let count: Int

  /// Nil unless 0 ≤ `index` < `count`.
  public init?(index: Int, count: Int) {
    guard count > 0, index >= 0, index < count else { return nil }
    self.index = index
    self.count = count
  }

  /// Other than any seed of a held-out split, so that each shard has its part of what is held out.
  private static let seed: UInt64 = 0x5AD5_0F7E_C0DE_0001

  /// Whether a file is in this part.
  package func holds(_ path: String) -> Bool {
    var hash = ContentHash(seed: Self.seed)
    hash.combine(path.systemPathBytes)
    return Int(hash.value.multipliedFullWidth(by: UInt64(count)).high) == index
  }
}
