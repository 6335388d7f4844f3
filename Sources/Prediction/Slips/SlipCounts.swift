/// What a document and its neighbours have counted, some of the document's own occurrences taken out: how often tokens
/// followed the last 1, 2, 3, 4 and 6 tokens before a place.
///
/// Holds scratch memory; whoever owns it serialises access.
final class SlipCounts {
  /// How many contexts of a place there are, the longer the later. Their places in `ContextKind.dynamic` are the same
  /// numbers plus one.
  static let kindCount = 5
  /// Tokens before a place that its contexts hold.
  static let contextCount = 6
  /// A window has at most so many tokens.
  static let windowLimit = 16
  /// What a neighbour's count is worth beside the document's own.
  private static let neighbourShare: Float = 0.5

  let document: DocumentCounts
  /// The shared counts, while they are held still, and whether the document's are part of them.
  var neighbours: DocumentCounts?
  private let neighboursIncludeDocument: Bool

  private let views: UnsafeMutablePointer<ContextView>
  /// How many of the place's contexts somebody has seen.
  private(set) var depth = 0
  /// What is taken out of the document's counts: tokens, and a row a kind of the keys of their contexts.
  private let takenTokens: UnsafeMutablePointer<UInt32>
  private let takenKeys: UnsafeMutablePointer<UInt32>
  private var takenCount = 0
  private var takenRange = 0..<0
  /// The keys of the tokens from `keysStart` on, those of one after the other.
  private var keys: [UInt32] = []
  private var keysStart = 0

  init(document: DocumentCounts, neighboursIncludeDocument: Bool) {
    self.document = document
    self.neighboursIncludeDocument = neighboursIncludeDocument
    views = .allocate(capacity: Self.kindCount)
    views.initialize(repeating: ContextView(), count: Self.kindCount)
    takenTokens = .allocate(capacity: Self.windowLimit)
    takenKeys = .allocate(capacity: Self.windowLimit * Self.kindCount)
  }

  deinit {
    views.deallocate()
    takenTokens.deallocate()
    takenKeys.deallocate()
  }

  /// How many of the last tokens a kind's context is made of.
  @inline(__always)
  private static func tokenCount(_ kind: Int) -> Int { kind == 4 ? 6 : kind &+ 1 }

  // MARK: What is taken out

  /// Makes ready for taking out occurrences of a range.
  func index(_ sequence: TokenSequence, _ range: Range<Int>) {
    keysStart = range.lowerBound
    takenRange = 0..<0
    takenCount = 0
    keys.removeAll(keepingCapacity: true)
    keys.reserveCapacity(range.count * Self.kindCount)
    sequence.ids.withUnsafeBufferPointer { ids in
      for index in range {
        var order = OrderKeys(ids.baseAddress! + index + TokenSequence.reach)
        for kind in 0..<Self.kindCount { keys.append(order.next(tokenCount: Self.tokenCount(kind))) }
      }
    }
  }

  /// Takes the occurrences at some places of a sequence out of the document's counts from now on.
  ///
  /// - Parameter range: of tokens, of those that were indexed; those that are not counted are passed over.
  func takeOut(_ sequence: TokenSequence, _ range: Range<Int>, countedCount: Int) {
    guard range != takenRange else { return }
    takenRange = range
    let indexed = keysStart..<keysStart + keys.count / Self.kindCount
    takenCount = 0
    for index in range.prefix(Self.windowLimit) where index < countedCount && indexed.contains(index) {
      takenTokens[takenCount] = sequence.id(at: index)
      let place = (index - keysStart) * Self.kindCount
      for kind in 0..<Self.kindCount {
        takenKeys[kind * Self.windowLimit + takenCount] = keys[place + kind]
      }
      takenCount += 1
    }
  }

  // MARK: A place

  /// Looks at the place behind `ids[-1]`.
  ///
  /// - Parameter ids: `contextCount` elements before it can be read.
  func prepare(_ ids: UnsafePointer<UInt32>) {
    var keys = OrderKeys(ids)
    depth = 0
    for kind in 0..<Self.kindCount {
      let key = keys.next(tokenCount: Self.tokenCount(kind))
      let own = document.tables[kind &+ 1].successors(of: key)
      let view = views + kind
      var total = Float(own.total)
      var distinct = Float(own.distinct)
      view.pointee.own = own
      view.pointee.others = Successors()
      view.pointee.takenCount = 0
      if !own.isEmpty {
        let row = takenKeys + kind &* Self.windowLimit
        for place in 0..<takenCount where row[place] == key {
          let token = takenTokens[place]
          total -= 1
          if view.pointee.takenCount < 4 {
            view.pointee.taken[view.pointee.takenCount] = token
            view.pointee.takenCount &+= 1
          }
          if Int(own.count(of: token)) == view.pointee.count(ofTaken: token) { distinct -= 1 }
        }
      }
      if let neighbours {
        let others = neighbours.tables[kind &+ 1].successors(of: key)
        if !others.isEmpty {
          let more = Float(others.total) - (neighboursIncludeDocument ? Float(own.total) : 0)
          if more > 0 {
            view.pointee.others = others
            total += Self.neighbourShare * more
            distinct += max(
              0, Float(others.distinct) - (neighboursIncludeDocument ? Float(own.distinct) : 0))
          }
        }
      }
      // A longer context that nobody has seen has none behind it that anybody has.
      guard total > 0 else { break }
      view.pointee.total = total
      view.pointee.distinct = max(distinct, 1)
      depth &+= 1
    }
  }

  /// P of a token at the place that was prepared: the orders interpolated by Witten and Bell's method C.
  func probability(of token: UInt32) -> Float {
    var probability = Float(0)
    let total = Float(document.tokenCount - takenCount)
    var more = Float(0)
    if let neighbours {
      more = Float(neighbours.tokenCount - (neighboursIncludeDocument ? document.tokenCount : 0))
    }
    let all = max(total, 0) + Self.neighbourShare * max(more, 0)
    if all > 0 {
      let (own, others) = occurrences(of: token)
      probability = (Float(own) + Self.neighbourShare * Float(others)) / (all + 50)
    }
    for kind in 0..<depth {
      let view = views + kind
      var count = Float(0)
      var own: UInt32 = 0
      if !view.pointee.own.isEmpty {
        own = view.pointee.own.count(of: token)
        count = Float(Int(own) - view.pointee.count(ofTaken: token))
      }
      if !view.pointee.others.isEmpty {
        count +=
          Self.neighbourShare
          * max(0, Float(view.pointee.others.count(of: token)) - (neighboursIncludeDocument ? Float(own) : 0))
      }
      let distinct = view.pointee.distinct
      probability = (count + distinct * probability) / (view.pointee.total + distinct)
    }
    return probability
  }

  /// How often a token occurs in the document, but for what is taken out, and in its neighbours.
  func occurrences(of token: UInt32) -> (own: Int, others: Int) {
    let own = Int(document.count(of: token))
    var others = 0
    if let neighbours {
      others = Int(neighbours.count(of: token)) - (neighboursIncludeDocument ? own : 0)
    }
    var taken = 0
    for place in 0..<takenCount where takenTokens[place] == token { taken += 1 }
    return (max(own - taken, 0), max(others, 0))
  }

  /// Contexts that more different tokens followed say little of which is meant.
  private static let listedLimit = 48

  /// The tokens that followed in the contexts of the place that was prepared, in the document and its neighbours, with how
  /// often they did in the longest context that has them.
  func successors() -> [UInt32: UInt32] {
    var found: [UInt32: UInt32] = [:]
    for kind in stride(from: depth - 1, through: 0, by: -1) {
      for successors in [views[kind].own, views[kind].others]
      where Int(successors.distinct) <= Self.listedLimit {
        for place in 0..<Int(successors.distinct) {
          let (token, count) = successors.element(at: place)
          if found[token] == nil { found[token] = count }
        }
      }
    }
    return found
  }
}

/// What followed one context, in the document and in its neighbours.
private struct ContextView {
  var own = Successors()
  var others = Successors()
  /// Successors that are taken out of `own`, in the first `takenCount` places.
  var taken = SIMD4<UInt32>()
  var takenCount = 0
  /// How many tokens followed, and how many different ones, after what is taken out.
  var total: Float = 0
  var distinct: Float = 0

  @inline(__always)
  func count(ofTaken token: UInt32) -> Int {
    var count = 0
    for place in 0..<takenCount where taken[place] == token { count += 1 }
    return count
  }
}
