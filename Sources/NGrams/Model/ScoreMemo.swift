import CSystem
import LanguageModeling

/// Remembers what words came to behind contexts of a linked model, as one search asks for the same few words behind the same
/// contexts again and again.
///
/// A table of one entry a place, in which the newest stays. Context and word are mixed into 64 bits by a bijection
/// (`TransitionCache.key`), of which an entry keeps those that are not its place.
///
/// Shared across no threads: the owner serialises access.
package final class ScoreMemo {
  private struct Entry {
    /// The key's low bits, moved up; in the lowest the depth of the next context and, one less, the order that matched.
    var tag: UInt64 = 0
    /// The context behind the word.
    var node: UInt32 = 0
    var logProbability: Float = 0
  }

  /// 16 bytes an entry: half a MiB.
  private static let log2Capacity: UInt64 = 15
  private static let usedBit: UInt64 = 64
  private static let lowMask: UInt64 = 63
  /// Larger numbers are not mixed without loss.
  private static let idLimit: UInt32 = 1 << 30
  private static let nodeLimit: UInt32 = 1 << 31

  private let model: NGramModel
  private let entries: UnsafeMutablePointer<Entry>

  package init(_ model: NGramModel) {
    self.model = model
    let count = 1 << Int(Self.log2Capacity)
    // Zeroed, and without a page of memory until it is written to.
    guard let memory = calloc(count, MemoryLayout<Entry>.stride) else { fatalError("out of memory") }
    entries = memory.bindMemory(to: Entry.self, capacity: count)
  }

  deinit { free(entries) }

  /// As `NGramModel.score`.
  package func score(_ token: TokenID, after state: NGramModel.State, next: inout NGramModel.State)
    -> NGramModel.Score
  {
    let (node, depth) = (state.lanes[0], state.lanes[7])
    guard model.layout == .linked, token.rawValue < Self.idLimit, node < Self.nodeLimit, depth < 8 else {
      return model.score(token, after: state, next: &next)
    }
    let key = TransitionCache.key(node: node, depth: depth, id: token.rawValue)
    let entry = entries + Int(truncatingIfNeeded: key &>> (64 &- Self.log2Capacity))
    let tag = key &<< Self.log2Capacity | Self.usedBit
    if entry.pointee.tag & ~Self.lowMask == tag {
      let known = entry.pointee
      next = NGramModel.State(node: known.node, depth: UInt32(truncatingIfNeeded: known.tag & 7))
      return NGramModel.Score(
        logProbability: known.logProbability, matchedOrder: Int(known.tag &>> 3 & 7) &+ 1)
    }
    let score = model.score(token, after: state, next: &next)
    let low = UInt64(next.lanes[7] & 7) | UInt64(truncatingIfNeeded: (score.matchedOrder &- 1) & 7) &<< 3
    entry.pointee = Entry(tag: tag | low, node: next.lanes[0], logProbability: score.logProbability)
    return score
  }
}
