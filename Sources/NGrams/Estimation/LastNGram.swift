import Platform

/// The n-gram of an order that comes last in KenLM's order (by the last word, then the one before it, and so on;
/// words in the order in which they were first met).
///
/// When lmplz has read all n-grams, it notes those still open, the last of each order below the highest, in its
/// counts of counts by their occurrences and not by their adjusted counts (lm/builder/adjust_counts.cc, the end of
/// `AdjustCounts::Run`). That is one n-gram an order, but in a small corpus it moves the third digit of a discount.
/// We do the same, so that the figures can be compared.
struct LastNGram: Sendable, Hashable {
  var order: Int
  /// The number of distinct words before it; its occurrences if it begins with `<s>`.
  var adjusted: Int
  var occurrences: Int

  /// The last n-grams of the orders 1 … `order` − 1.
  ///
  /// - Parameters:
  ///   - stream: in the order of first meeting.
  ///   - newestType: the type met last.
  static func find(in stream: TokenStream, newestType: UInt32, order: Int) throws(Failure) -> [LastNGram] {
    if order < 2 || stream.count == 0 { return [] }
    var endings: [[UInt32]: Int] = [:]
    try stream.forEachBlock { (ids, count) throws(Failure) in
      for index in TokenStream.overlap..<TokenStream.overlap + count where ids[index] == newestType {
        endings[backwards(ids + index, order: order), default: 0] += 1
      }
    }
    return find(in: endings, order: order)
  }

  /// The same from the n-grams that end with the type met last.
  ///
  /// - Parameter endings: n-grams of the highest order read backwards, up to `<s>`, words numbered in the order of first
  ///   meeting; with their occurrences.
  static func find(in endings: [[UInt32]: Int], order: Int) -> [LastNGram] {
    guard order > 1, let last = endings.keys.max(by: { $0.lexicographicallyPrecedes($1) }) else { return [] }
    // `<s>` ends the n-grams there are; what comes before it is not looked at.
    let longest = min(order - 1, (last.firstIndex(of: 1) ?? last.count - 1) + 1)
    var before = [Set<UInt32>](repeating: [], count: longest + 1)
    var occurrences = [Int](repeating: 0, count: longest + 1)
    for (here, count) in endings {
      var length = 1
      while length <= longest && length <= here.count && here[length - 1] == last[length - 1] {
        occurrences[length] += count
        if length < here.count { before[length].insert(here[length]) }
        length += 1
      }
    }
    return (1...longest).map { length in
      LastNGram(
        order: length, adjusted: last[length - 1] == 1 ? occurrences[length] : before[length].count,
        occurrences: occurrences[length])
    }
  }

  /// The last `order` ids that end at `place`, the last first, up to `<s>`.
  private static func backwards(_ place: UnsafePointer<UInt32>, order: Int) -> [UInt32] {
    var ids = [place[0]]
    for distance in 1..<order {
      if place[-distance] == TokenStream.sequenceEnd {
        ids.append(1)
        break
      }
      ids.append(place[-distance])
    }
    return ids
  }
}
