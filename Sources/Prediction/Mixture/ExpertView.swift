/// One expert's counts at a position, less what must not be known there.
struct ExpertView {
  var successors = Successors()
  /// The document's own share of the neighbours' counts.
  var subtracted = Successors()
  /// The token that stands at the position, whose own occurrence does not count; `.max` for none.
  var leftOut: UInt32 = .max
  /// The number of tokens behind the counts, after what is taken off.
  var total: Float = 0

  @inline(__always)
  func count(of token: UInt32) -> Int {
    let counted = successors.count(of: token)
    return counted == 0 ? 0 : count(of: token, counted: counted)
  }

  /// The same for a token that followed so often before anything is taken off.
  @inline(__always)
  func count(of token: UInt32, counted: UInt32) -> Int {
    var count = Int(counted)
    if !subtracted.isEmpty { count -= Int(subtracted.count(of: token)) }
    if token == leftOut { count -= 1 }
    return max(count, 0)
  }

  /// More successors that share the first place say nothing.
  private static let tieLimit = 8

  /// How often the most frequent successor followed, after what is taken off: the same however the heap has come to be
  /// arranged.
  private var greatestCount: Int {
    let first = successors.element(at: 0)
    if subtracted.isEmpty && first.token != leftOut { return Int(first.count) }
    var greatest = 0
    visit(0, atLeast: { greatest + 1 }) { _, count in greatest = max(greatest, count) }
    return greatest
  }

  /// The share of the most frequent successor, after what is taken off.
  var greatestShare: Float { total > 0 ? Float(greatestCount) / total : 0 }

  /// The greatest value among the successors that are the most frequent ones, after what is taken off; nil where many
  /// share the first place.
  func greatest(ofMostFrequent value: (UInt32) -> Float) -> Float? {
    let greatest = greatestCount
    guard greatest > 0 else { return nil }
    var best: Float = 0
    var found = 0
    visit(0, atLeast: { found > Self.tieLimit ? .max : greatest }) { token, count in
      guard count == greatest else { return }
      found += 1
      if found <= Self.tieLimit { best = max(best, value(token)) }
    }
    return found > Self.tieLimit ? nil : best
  }

  /// Calls `body` with each successor of the heap below a place, and its count after what is taken off, that is counted
  /// at least so often before: none of those behind a rarer one is.
  private func visit(_ index: Int, atLeast limit: () -> Int, _ body: (UInt32, Int) -> Void) {
    guard index < Int(successors.distinct) else { return }
    let element = successors.element(at: index)
    guard Int(element.count) >= limit() else { return }
    body(element.token, count(of: element.token))
    visit(2 * index + 1, atLeast: limit, body)
    visit(2 * index + 2, atLeast: limit, body)
  }

  /// The number of different successors, after the left out token is taken off.
  var distinct: Float {
    var distinct = Float(successors.distinct)
    if leftOut != .max && successors.count(of: leftOut) == 1 { distinct -= 1 }
    return distinct
  }
}
