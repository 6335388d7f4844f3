/// In which order the components name words: each round knows how much the words named before have.
enum NamingRound {
  /// Each names its most frequent words in any case.
  case opening
  /// Short lists that are gone through whole.
  case lists
  /// Searches that cost more the farther they go.
  case searching
  /// Each goes on as long as it could lift a word into the list.
  case completing

  /// All rounds, the first one first.
  static let all: [NamingRound] = [.opening, .lists, .searching, .completing]
}

/// The words that components have named at a position, and how good a word has to be.
///
/// Shared across no threads: the owner serialises access.
final class Nominations {
  /// Sums that can be told apart by rank; longer lists are ranked as well, but with less care for what is named.
  static let maximumRank = 512
  /// So many words each expert names in any case.
  private static let firstCount = 12
  /// So many words that followed once, or that the n-grams expect, are named at most.
  static let limit = 64
  /// An expert names on as long as it gives a word this part of what the last word of the list has so far. A word
  /// that is not named would have to gather its whole probability from shares below that.
  static let sufficientShare: Float = 0.125

  let candidates = CandidateScores()
  /// Experts whose candidates are complete: what they do not name has nothing from them. A bit each.
  var completeExperts: UInt64 = 0
  /// Experts that have something to say. A bit each.
  private(set) var activeExperts: UInt64 = 0
  /// Of all experts, by number; those of others than the active ones are 0.
  let weights: UnsafePointer<Float>
  /// Empty but while a heap is gone through.
  var heapScratch: [Int] = []
  private let rankScratch: UnsafeMutablePointer<Float>
  /// The length of the list.
  private(set) var rank = 1
  /// So many words each expert names in the opening.
  private(set) var openingLimit = firstCount
  /// An expert has to give a word at least so much; known from the second round on.
  private(set) var least: Float = 0

  init(weights: UnsafePointer<Float>) {
    self.weights = weights
    rankScratch = .allocate(capacity: Self.maximumRank)
  }

  deinit { rankScratch.deallocate() }

  /// Forgets what was named.
  func begin(rank: Int, activeExperts: UInt64) {
    candidates.removeAll()
    completeExperts = 0
    self.activeExperts = activeExperts
    self.rank = min(max(rank, 1), Self.maximumRank)
    openingLimit = max(self.rank, Self.firstCount)
    least = 0
  }

  func begin(_ round: NamingRound) {
    least = round == .opening ? 0 : lastSum * Self.sufficientShare
  }

  /// What the last word of the list has so far.
  var lastSum: Float { candidates.score(atRank: rank, scratch: rankScratch) }

  /// The sum that `rank` − 1 words exceed or equal.
  func sum(atRank rank: Int) -> Float { candidates.score(atRank: rank, scratch: rankScratch) }

  @inline(__always)
  func isActive(_ expert: Int) -> Bool { activeExperts >> UInt64(expert) & 1 != 0 }

  @inline(__always)
  func isComplete(_ expert: Int) -> Bool { completeExperts >> UInt64(expert) & 1 != 0 }

  /// Gives room back that few positions need.
  func giveBack() {
    candidates.giveBack()
    if heapScratch.capacity > 1 << 16 { heapScratch = [] }
  }
}
