import CSystem
import LanguageModeling

/// Scores long streams of tokens, many places at once, so that the memory accesses of one place hide those of others.
///
/// What a token gets depends on the last N − 1 tokens alone, so that a stream may be cut anywhere: the state before a
/// piece is that of the tokens before it. The pieces ("lanes") are scored in step. What lately came after the same
/// context is taken from a `TransitionCache`; for the rest every search goes on in strides (the node, its directory,
/// the keys), each of which asks for the memory of the next. Searches that find nothing go on together in the next
/// shorter contexts. Values are those of `NGramModel.score`, to the bit.
public struct NGramStreamScorer: ~Copyable {
  private static let laneCount = 64
  /// Shorter streams are scored token by token.
  private static let leastCount = 512

  private struct Lane {
    /// The next token's place, and where the lane ends.
    var place = 0
    var end = 0
    /// Of the longest known context and the next token.
    var key: TransitionCache.Key = 0
    var id: UInt32 = 0
    /// The id's; see `KeyPosition`.
    var position: UInt32 = 0
    /// The longest known context.
    var node: UInt32 = 0
    var depth: UInt32 = 0
    /// ln of what backing off costs so far.
    var total: Float = 0
    /// The n-grams of `level` that may be the one with `soughtKey`.
    var level: UnsafeMutablePointer<NGramLevelView>
    var low: UInt32 = 0
    var count: UInt32 = 0
    var soughtKey: UInt32 = 0
    /// At depth N − 1: the n-grams of the highest order after the context.
    var topBegin: UInt32 = 0
    var topEnd: UInt32 = 0
    var topBackoff: Float = 0
    /// All children of the context that is searched.
    var siblingsBegin: UInt32 = 0
    var siblingsEnd: UInt32 = 0
    /// Whether `node` was replaced by its suffix, of depth N − 2, to find the n-gram of the highest order.
    var isTop = false
    var found: UInt32 = .max

    /// What the search has come to once `count` is 1 at most.
    @inline(__always) var result: UInt32 {
      count == 1 && level.pointee.key(low) == soughtKey ? low : .max
    }
  }

  private let model: NGramModel
  private let lanes: UnsafeMutablePointer<Lane>
  private let active: UnsafeMutablePointer<Int>
  private let misses: UnsafeMutablePointer<Int>
  private let tops: UnsafeMutablePointer<Int>
  private let others: UnsafeMutablePointer<Int>
  private var cache = TransitionCache()
  /// After the last token scored.
  public private(set) var state: NGramModel.State

  public init(_ model: NGramModel) {
    self.model = model
    lanes = .allocate(capacity: Self.laneCount)
    lanes.initialize(repeating: Lane(level: model.levels), count: Self.laneCount)
    active = .allocate(capacity: Self.laneCount)
    misses = .allocate(capacity: Self.laneCount)
    tops = .allocate(capacity: Self.laneCount)
    others = .allocate(capacity: Self.laneCount)
    state = model.sentenceStartState
  }

  deinit {
    lanes.deallocate()
    active.deallocate()
    misses.deallocate()
    tops.deallocate()
    others.deallocate()
    cache.deallocate()
  }

  /// ln P of every token of a stream that goes on where the last ended; after each `</s>` a sequence begins.
  ///
  /// - Parameters:
  ///   - ids: those outside the vocabulary count as `<unk>`.
  ///   - logProbabilities: at least as many as ids; what comes after is left as it was.
  public mutating func score(
    _ ids: UnsafeBufferPointer<UInt32>, into logProbabilities: UnsafeMutableBufferPointer<Float>
  ) {
    let count = ids.count
    precondition(logProbabilities.count >= count)
    guard let ids = ids.baseAddress, let target = logProbabilities.baseAddress else { return }
    guard model.layout == .linked, model.order >= 3, count >= Self.leastCount else {
      var after = state
      for place in 0..<count { target[place] = step(ids[place], &after) }
      state = after
      return
    }
    cache.prepare(wordCount: count)
    let start = state
    for index in 0..<Self.laneCount {
      var lane = Lane(level: model.levels)
      lane.place = count * index / Self.laneCount
      lane.end = count * (index + 1) / Self.laneCount
      let before = stateBefore(lane.place, ids, start)
      lane.node = before.lanes[0]
      lane.depth = min(before.lanes[7], UInt32(model.order - 1))
      lanes[index] = lane
      aim(lanes + index, ids)
    }
    // All lanes are as long as the shortest, or longer by one.
    let common = count / Self.laneCount
    for _ in 0..<common { scoreStep(ids, target) }
    for index in 0..<Self.laneCount where lanes[index].place < lanes[index].end {
      var own = NGramModel.State(node: lanes[index].node, depth: lanes[index].depth)
      target[lanes[index].place] = step(ids[lanes[index].place], &own)
      if index == Self.laneCount - 1 { state = own }
    }
    let last = lanes[Self.laneCount - 1]
    if last.place == last.end { state = NGramModel.State(node: last.node, depth: last.depth) }
  }

  @inline(__always)
  private func step(_ id: UInt32, _ state: inout NGramModel.State) -> Float {
    var next = state
    let token = TokenID(rawValue: id)
    let logProbability = model.score(token, after: state, next: &next).logProbability
    state = token == .sentenceEnd ? model.sentenceStartState : next
    return logProbability
  }

  private func stateBefore(_ place: Int, _ ids: UnsafePointer<UInt32>, _ start: NGramModel.State)
    -> NGramModel.State
  {
    let order = model.order
    var from = place
    while from > 0 && place - from < order - 1 && ids[from - 1] != TokenID.sentenceEnd.rawValue { from -= 1 }
    var state = model.emptyState
    if from == 0 {
      state = start
    } else if ids[from - 1] == TokenID.sentenceEnd.rawValue {
      state = model.sentenceStartState
    }
    for index in from..<place { _ = step(ids[index], &state) }
    return state
  }

  /// Forms the key of the lane's context and next token.
  @inline(__always)
  private func aim(_ lane: UnsafeMutablePointer<Lane>, _ ids: UnsafePointer<UInt32>) {
    guard lane.pointee.place < lane.pointee.end else { return }
    let id = ids[lane.pointee.place]
    lane.pointee.id = id < model.unigrams.count ? id : 0
    lane.pointee.key = TransitionCache.key(
      node: lane.pointee.node, depth: lane.pointee.depth, id: lane.pointee.id)
    cache.prefetch(lane.pointee.key)
  }

  /// One token of each lane.
  private func scoreStep(_ ids: UnsafePointer<UInt32>, _ target: UnsafeMutablePointer<Float>) {
    var missCount = 0
    var hitCount = 0
    for index in 0..<Self.laneCount {
      let isHit = cache.holds(lanes[index].key)
      // Without a branch, which would be taken at random.
      others[hitCount] = index
      misses[missCount] = index
      hitCount &+= isHit ? 1 : 0
      missCount &+= isHit ? 0 : 1
    }
    for index in 0..<hitCount {
      let lane = lanes + others[index]
      let known = cache.value(lane.pointee.key)
      target[lane.pointee.place] = known.logProbability
      (lane.pointee.node, lane.pointee.depth) = (known.node, known.depth)
    }
    for index in 0..<missCount {
      let lane = lanes + misses[index]
      model.prefetchNode(lane.pointee.id, 1)
      model.prefetchNode(lane.pointee.node, Int(lane.pointee.depth))
    }
    search(missCount)
    for index in 0..<missCount { finish(lanes + misses[index], target) }
    for index in 0..<Self.laneCount {
      lanes[index].place &+= 1
      aim(lanes + index, ids)
    }
  }

  /// Searches for the n-grams of the first `count` of `misses`.
  @inline(__always)
  private func search(_ count: Int) {
    for index in 0..<count {
      let lane = lanes + misses[index]
      lane.pointee.position = model.unigrams.position(lane.pointee.id)
      lane.pointee.total = 0
      lane.pointee.isTop = false
      active[index] = misses[index]
      if Int(lane.pointee.depth) == model.order &- 1 { enterTop(lane) }
    }
    var activeCount = count
    while activeCount > 0 {
      for index in 0..<activeCount { openContext(lanes + active[index]) }
      for index in 0..<activeCount { openDirectory(lanes + active[index]) }
      bisect(active, activeCount)
      var rest = 0
      var topCount = 0
      for index in 0..<activeCount {
        let lane = active[index]
        let isDone = leaveContext(lanes + lane)
        active[rest] = lane
        rest &+= isDone ? 0 : 1
        tops[topCount] = lane
        topCount &+= isDone && lanes[lane].isTop ? 1 : 0
      }
      for index in 0..<topCount { openTop(lanes + tops[index]) }
      bisect(tops, topCount)
      for index in 0..<topCount { leaveTop(lanes + tops[index]) }
      activeCount = rest
    }
  }

  /// Bisects the searches of some lanes to one n-gram each, a step of all at a time: their reads do not wait for each
  /// other, and no branch depends on what is read.
  @inline(__always)
  private func bisect(_ list: UnsafeMutablePointer<Int>, _ count: Int) {
    var rest = 0
    for index in 0..<count {
      others[rest] = list[index]
      rest &+= lanes[list[index]].count > 1 ? 1 : 0
    }
    while rest > 0 {
      let unfinished = rest
      rest = 0
      for index in 0..<unfinished {
        let lane = lanes + others[index]
        let half = lane.pointee.count &>> 1
        let key = lane.pointee.level.pointee.key(lane.pointee.low &+ half)
        // All ones if the middle is not above.
        let isNotAbove = (Int64(key) &- Int64(lane.pointee.soughtKey) &- 1) &>> 63
        lane.pointee.low &+= half & UInt32(truncatingIfNeeded: isNotAbove)
        lane.pointee.count &-= half
        others[rest] = others[index]
        rest &+= lane.pointee.count > 1 ? 1 : 0
      }
    }
  }

  /// At depth N − 1 the suffix is searched first: what is found there is the next state, and has the rank that is
  /// the key among the n-grams of the highest order.
  @inline(__always)
  private func enterTop(_ lane: UnsafeMutablePointer<Lane>) {
    let depth = Int(lane.pointee.depth)
    let node = lane.pointee.node
    (lane.pointee.topBegin, lane.pointee.topEnd) = model.children(node, depth)
    lane.pointee.topBackoff = model.logBackoff(node, depth)
    lane.pointee.node = model.suffixNode(node, depth)
    lane.pointee.depth &-= 1
    lane.pointee.isTop = true
    model.prefetchNode(lane.pointee.node, depth &- 1)
  }

  @inline(__always)
  private func openContext(_ lane: UnsafeMutablePointer<Lane>) {
    let depth = Int(lane.pointee.depth)
    (lane.pointee.siblingsBegin, lane.pointee.siblingsEnd) = (0, 0)
    lane.pointee.level = model.levels
    guard depth > 0 else { return }
    let (begin, end) = model.children(lane.pointee.node, depth)
    (lane.pointee.siblingsBegin, lane.pointee.siblingsEnd) = (begin, end)
    lane.pointee.level = model.levels + (depth &- 1)
    lane.pointee.level.pointee.prefetchSearch(lane.pointee.position, begin, end)
  }

  @inline(__always)
  private func openDirectory(_ lane: UnsafeMutablePointer<Lane>) {
    let (begin, end) = lane.pointee.level.pointee.narrow(
      lane.pointee.position, lane.pointee.siblingsBegin, lane.pointee.siblingsEnd)
    lane.pointee.soughtKey = lane.pointee.id
    (lane.pointee.low, lane.pointee.count) = (begin, end &- begin)
  }

  /// - Returns: whether the search has ended; else the lane has gone on to the next shorter context.
  @inline(__always)
  private func leaveContext(_ lane: UnsafeMutablePointer<Lane>) -> Bool {
    let depth = Int(lane.pointee.depth)
    guard depth > 0 else {
      lane.pointee.found = lane.pointee.id
      return true
    }
    let found = lane.pointee.result
    lane.pointee.found = found
    if found != .max {
      lane.pointee.level.pointee.prefetchRecord(found)
      return true
    }
    if lane.pointee.isTop {
      lane.pointee.total = lane.pointee.topBackoff
      lane.pointee.isTop = false
    }
    lane.pointee.total += model.logBackoff(lane.pointee.node, depth)
    lane.pointee.node = model.suffixNode(lane.pointee.node, depth)
    lane.pointee.depth &-= 1
    model.prefetchNode(depth == 1 ? lane.pointee.id : lane.pointee.node, depth &- 1)
    return false
  }

  @inline(__always)
  private func openTop(_ lane: UnsafeMutablePointer<Lane>) {
    let siblings = lane.pointee.siblingsEnd &- lane.pointee.siblingsBegin
    let rank = lane.pointee.found &- lane.pointee.siblingsBegin
    lane.pointee.level = model.levels + (model.order &- 2)
    let (begin, end) = lane.pointee.level.pointee.narrow(
      KeyPosition.ofRank(rank, among: siblings), lane.pointee.topBegin, lane.pointee.topEnd)
    lane.pointee.soughtKey = rank
    (lane.pointee.low, lane.pointee.count) = (begin, end &- begin)
  }

  @inline(__always)
  private func leaveTop(_ lane: UnsafeMutablePointer<Lane>) {
    let found = lane.pointee.result
    lane.pointee.isTop = found != .max
    lane.pointee.topBegin = found
    lane.pointee.total = lane.pointee.topBackoff
  }

  @inline(__always)
  private func finish(_ lane: UnsafeMutablePointer<Lane>, _ target: UnsafeMutablePointer<Float>) {
    let depth = Int(lane.pointee.depth)
    let found = lane.pointee.found
    let logProbability: Float
    if lane.pointee.isTop {
      logProbability = model.levels[model.order &- 2].logProbability(lane.pointee.topBegin)
    } else if depth == 0 {
      logProbability = lane.pointee.total + model.unigrams.logProbability(found)
    } else {
      logProbability = lane.pointee.total + model.levels[depth &- 1].logProbability(found)
    }
    target[lane.pointee.place] = logProbability
    if lane.pointee.id == TokenID.sentenceEnd.rawValue {
      lane.pointee.node = TokenID.sentenceStart.rawValue
      lane.pointee.depth = 1
    } else {
      lane.pointee.node = found
      lane.pointee.depth = UInt32(truncatingIfNeeded: depth &+ 1)
    }
    cache.store(
      lane.pointee.key, logProbability: logProbability, node: lane.pointee.node, depth: lane.pointee.depth)
  }
}

extension NGramModel {
  /// Asks for the memory of a context's record.
  @inline(__always)
  func prefetchNode(_ node: UInt32, _ depth: Int) {
    if depth > 1 {
      let level = levels + (depth &- 2)
      if node < level.pointee.count { level.pointee.prefetchRecord(node) }
    } else {
      inkling_prefetch(unigrams.records + Int(min(node, unigrams.count)) &* NGramFileHeader.unigramByteCount)
    }
  }
}

extension NGramLevelView {
  @inline(__always)
  fileprivate func prefetchRecord(_ index: UInt32) {
    let bit = Int(index) &* recordWidth
    inkling_prefetch(records + bit &>> 3)
    // A record with the next one's first child may reach into the next line.
    inkling_prefetch(records + (bit &+ 2 &* recordWidth) &>> 3)
  }

  /// Asks for what `narrow` reads.
  @inline(__always)
  func prefetchSearch(_ position: UInt32, _ begin: UInt32, _ end: UInt32) {
    let count = end &- begin
    if count >= BucketDirectory.leastChildCount {
      let bucket = KeyPosition.bucket(position, log2EntryCount: BucketDirectory.log2EntryCount(count))
      directory.prefetch(BucketDirectory.firstEntry(begin) &+ Int(bucket))
    } else {
      prefetchKeys(begin, end)
    }
  }

  /// The children among which the key is, and asks for their memory.
  @inline(__always)
  fileprivate func narrow(
    _ position: UInt32, _ begin: UInt32, _ end: UInt32
  ) -> (begin: UInt32, end: UInt32) {
    let count = end &- begin
    guard count >= BucketDirectory.leastChildCount else { return (begin, end) }
    let bucket = KeyPosition.bucket(position, log2EntryCount: BucketDirectory.log2EntryCount(count))
    let range = directory.range(bucket: bucket, begin, end)
    prefetchKeys(range.begin, range.end)
    return range
  }

  @inline(__always)
  private func prefetchKeys(_ begin: UInt32, _ end: UInt32) {
    guard begin < end else { return }
    let first = Int(begin) &* keyStride &>> 3
    let last = Int(end &- 1) &* keyStride &>> 3
    inkling_prefetch(keys + first)
    inkling_prefetch(keys + (first &+ last) &>> 1)
    inkling_prefetch(keys + last)
  }
}

extension BucketDirectory {
  @inline(__always)
  fileprivate func prefetch(_ place: Int) { inkling_prefetch(entries + place &* (isWide ? 4 : 2)) }
}
