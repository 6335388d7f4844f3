import Platform

/// Examples in batches of about one length, in an order that follows from the seed and the epoch.
///
/// An epoch's order is drawn; runs of many batches in it are sorted by length and cut into batches, whose order is drawn
/// again. So batches change from epoch to epoch, and little is computed for the longest example's sake.
struct ExampleBatches: Sendable {
  private let lengths: [Int]
  let batchSize: Int
  private let seed: UInt64
  private static let batchesPerRun = 32

  var count: Int { (lengths.count + batchSize - 1) / batchSize }

  init(lengths: [Int], batchSize: Int, seed: UInt64) {
    self.lengths = lengths
    self.batchSize = batchSize
    self.seed = seed
  }

  /// The examples of every batch of an epoch.
  func epoch(_ epoch: Int) -> [[Int]] {
    var random = SplitMix64(seed: SplitMix64.mix(seed &* 31 &+ UInt64(epoch) &+ 1))
    var order = Array(lengths.indices)
    order.shuffle(using: &random)
    var batches: [[Int]] = []
    let runLength = batchSize * Self.batchesPerRun
    for start in stride(from: 0, to: order.count, by: runLength) {
      let run = order[start..<min(start + runLength, order.count)].enumerated()
        .sorted { (lengths[$0.element], $0.offset) < (lengths[$1.element], $1.offset) }.map(\.element)
      for first in stride(from: 0, to: run.count, by: batchSize) {
        batches.append(Array(run[first..<min(first + batchSize, run.count)]))
      }
    }
    batches.shuffle(using: &random)
    return batches
  }

  /// All examples, the shortest first, to measure them.
  var byLength: [[Int]] {
    let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
    return stride(from: 0, to: order.count, by: batchSize).map {
      Array(order[$0..<min($0 + batchSize, order.count)])
    }
  }
}
