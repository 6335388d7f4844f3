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
    var count = Int(successors.count(of: token))
    if count == 0 { return 0 }
    if !subtracted.isEmpty { count -= Int(subtracted.count(of: token)) }
    if token == leftOut { count -= 1 }
    return max(count, 0)
  }

  /// The share of the most frequent successor, after what is taken off.
  var greatestShare: Float {
    guard total > 0 else { return 0 }
    if subtracted.isEmpty {
      let first = successors.element(at: 0)
      guard first.token == leftOut else { return Float(first.count) / total }
      var greatest = first.count - 1
      for child in 1...2 where child < Int(successors.distinct) {
        greatest = max(greatest, successors.element(at: child).count)
      }
      return Float(greatest) / total
    }
    var greatest = 0
    for index in 0..<min(Int(successors.distinct), 7) {
      greatest = max(greatest, count(of: successors.element(at: index).token))
    }
    return Float(greatest) / total
  }

  /// The most frequent successor after what is taken off, as far as the first few tell.
  var mostFrequent: UInt32? {
    var best: (token: UInt32, count: Int)?
    for index in 0..<min(Int(successors.distinct), 7) {
      let token = successors.element(at: index).token
      let count = count(of: token)
      if count > best?.count ?? 0 { best = (token, count) }
    }
    return best?.token
  }

  /// The number of different successors, after the left out token is taken off.
  var distinct: Float {
    var distinct = Float(successors.distinct)
    if leftOut != .max && successors.count(of: leftOut) == 1 { distinct -= 1 }
    return distinct
  }
}
