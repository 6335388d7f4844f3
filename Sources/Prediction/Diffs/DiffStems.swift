import LanguageModeling
import Platform

/// What a diff is about, to be compared with others: the stems of its words, in small letters, by their hashes, and how often
/// it has each.
///
/// Only hashes, so that a file of them has no word that nobody wrote into a message.
struct DiffStems {
  private(set) var counts: [UInt32: Float] = [:]

  /// Where words stand that say what a diff is about.
  private static let places: [DiffWords.Place] = [.fileName, .folder, .hunk, .added, .removed, .part]
  /// What English takes off, the longest first.
  private static let endings: [[UInt8]] = ["ing", "ed", "es", "s", "e"].map { Array($0.utf8) }
  private static let stemByteCount = 3

  init(_ words: DiffWords) {
    for place in Self.places {
      for (word, count) in words.counts[place.rawValue] {
        counts[Self.hash(word), default: 0] += Float(count)
      }
    }
  }

  private static func hash(_ word: [UInt8]) -> UInt32 {
    var stem = word.map(DiffWords.lowercased)
    if let ending = endings.first(where: {
      stem.count >= stemByteCount + $0.count && stem.suffix($0.count).elementsEqual($0)
    }) {
      stem.removeLast(ending.count)
    }
    return UInt32(truncatingIfNeeded: stem.withUnsafeBytes { XXH64.hash($0) })
  }

  /// The stems that say most, with weights of which the squares' sum is 1.
  ///
  /// - Parameters:
  ///   - limit: how many.
  ///   - idf: ln of how rare a stem is; 0 for one that says nothing.
  func weighed(limit: Int, idf: (UInt32) -> Float) -> [(stem: UInt32, weight: Float)] {
    var weighed = counts.map { (stem: $0.key, weight: (1 + logf($0.value)) * idf($0.key)) }
    weighed.removeAll { $0.weight <= 0 }
    weighed.sort { ($1.weight, $0.stem) < ($0.weight, $1.stem) }
    if weighed.count > limit { weighed.removeLast(weighed.count - limit) }
    let norm = weighed.reduce(0) { $0 + $1.weight * $1.weight }.squareRoot()
    return norm > 0 ? weighed.map { ($0.stem, $0.weight / norm) } : []
  }
}
