import CSystem
import LanguageModeling

/// Scores long streams of tokens, many places at once, so that the memory accesses of one place hide those of others.
///
/// What a token gets depends on the last N − 1 tokens alone, so that a stream may be cut anywhere: the state before a
/// piece is that of the tokens before it. The pieces ("lanes") are scored in step, every search in three strides
/// (the node, its directory, the keys), each of which asks for the memory of the next. Searches that find nothing go
/// on together in the next shorter contexts. Values are those of `NGramModel.score`, to the bit.
public struct NGramStreamScorer: ~Copyable {
  private static let laneCount = 32
  /// Shorter streams are scored token by token.
  private static let leastCount = 512

  private struct Lane {
    /// The next token's place, and where the lane ends.
    var place = 0
    var end = 0
    var id: UInt32 = 0
    /// The id's; see `KeyPosition`.
    var position: UInt32 = 0
    /// The longest known context.
    var node: UInt32 = 0
    var depth: UInt32 = 0
    /// ln of what backing off costs so far.
    var total: Float = 0
    /// The n-grams that may be the one searched for.
    var begin: UInt32 = 0
    var end32: UInt32 = 0
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
  }

  private let model: NGramModel
  private let lanes: UnsafeMutablePointer<Lane>
  private let active: UnsafeMutablePointer<Int>
  private let tops: UnsafeMutablePointer<Int>
  /// After the last token scored.
  public private(set) var state: NGramModel.State

  public init(_ model: NGramModel) {
    self.model = model
    lanes = .allocate(capacity: Self.laneCount)
    lanes.initialize(repeating: Lane(), count: Self.laneCount)
    active = .allocate(capacity: Self.laneCount)
    tops = .allocate(capacity: Self.laneCount)
    state = model.sentenceStartState
  }

  deinit {
    lanes.deallocate()
    active.deallocate()
    tops.deallocate()
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
    let start = state
    for index in 0..<Self.laneCount {
      var lane = Lane()
      lane.place = count * index / Self.laneCount
      lane.end = count * (index + 1) / Self.laneCount
      let before = stateBefore(lane.place, ids, start)
      lane.node = before.lanes[0]
      lane.depth = min(before.lanes[7], UInt32(model.order - 1))
      lanes[index] = lane
    }
    // All lanes are as long as the shortest, or longer by one.
    let common = count / Self.laneCount
    for _ in 0..<common { scoreStep(ids, target, laneCount: Self.laneCount) }
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

  /// One token of each lane.
  private func scoreStep(_ ids: UnsafePointer<UInt32>, _ target: UnsafeMutablePointer<Float>, laneCount: Int)
  {
    let vocabularyCount = model.unigrams.count
    for index in 0..<laneCount {
      let lane = lanes + index
      let id = ids[lane.pointee.place]
      let known = id < vocabularyCount ? id : 0
      lane.pointee.id = known
      lane.pointee.position = model.unigrams.position(known)
      lane.pointee.total = 0
      lane.pointee.isTop = false
      active[index] = index
      if Int(lane.pointee.depth) == model.order &- 1 { enterTop(lane) }
    }
    var activeCount = laneCount
    while activeCount > 0 {
      for index in 0..<activeCount { openContext(lanes + active[index]) }
      for index in 0..<activeCount { openDirectory(lanes + active[index]) }
      var rest = 0
      var topCount = 0
      for index in 0..<activeCount {
        let lane = active[index]
        let isDone = searchContext(lanes + lane)
        active[rest] = lane
        rest &+= isDone ? 0 : 1
        tops[topCount] = lane
        topCount &+= isDone && lanes[lane].isTop ? 1 : 0
      }
      for index in 0..<topCount { openTop(lanes + tops[index]) }
      for index in 0..<topCount { searchTop(lanes + tops[index]) }
      activeCount = rest
    }
    for index in 0..<laneCount { finish(lanes + index, ids, target) }
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
    guard depth > 0 else { return }
    let (begin, end) = model.children(lane.pointee.node, depth)
    (lane.pointee.siblingsBegin, lane.pointee.siblingsEnd) = (begin, end)
    model.levels[depth &- 1].prefetchSearch(lane.pointee.position, begin, end)
  }

  @inline(__always)
  private func openDirectory(_ lane: UnsafeMutablePointer<Lane>) {
    let depth = Int(lane.pointee.depth)
    guard depth > 0 else { return }
    let (begin, end) = model.levels[depth &- 1].narrow(
      lane.pointee.position, lane.pointee.siblingsBegin, lane.pointee.siblingsEnd)
    (lane.pointee.begin, lane.pointee.end32) = (begin, end)
  }

  /// - Returns: whether the search has ended; else the lane has gone on to the next shorter context.
  @inline(__always)
  private func searchContext(_ lane: UnsafeMutablePointer<Lane>) -> Bool {
    let depth = Int(lane.pointee.depth)
    guard depth > 0 else {
      lane.pointee.found = lane.pointee.id
      return true
    }
    let level = model.levels + (depth &- 1)
    let found = level.pointee.find(lane.pointee.id, lane.pointee.begin, lane.pointee.end32)
    lane.pointee.found = found
    if found != .max {
      level.pointee.prefetchRecord(found)
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
    let top = model.levels + (model.order &- 2)
    let siblings = lane.pointee.siblingsEnd &- lane.pointee.siblingsBegin
    let rank = lane.pointee.found &- lane.pointee.siblingsBegin
    let (begin, end) = top.pointee.narrow(
      KeyPosition.ofRank(rank, among: siblings), lane.pointee.topBegin, lane.pointee.topEnd)
    (lane.pointee.topBegin, lane.pointee.topEnd) = (begin, end)
  }

  @inline(__always)
  private func searchTop(_ lane: UnsafeMutablePointer<Lane>) {
    let top = model.levels + (model.order &- 2)
    let rank = lane.pointee.found &- lane.pointee.siblingsBegin
    let found = top.pointee.find(rank, lane.pointee.topBegin, lane.pointee.topEnd)
    lane.pointee.isTop = found != .max
    lane.pointee.topBegin = found
    lane.pointee.total = lane.pointee.topBackoff
  }

  @inline(__always)
  private func finish(
    _ lane: UnsafeMutablePointer<Lane>, _ ids: UnsafePointer<UInt32>, _ target: UnsafeMutablePointer<Float>
  ) {
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
    lane.pointee.place &+= 1
    // The word after the next is asked for when the next is scored.
    let ahead = lane.pointee.place &+ 1
    if ahead < lane.pointee.end { model.prefetchNode(ids[ahead], 1) }
    if lane.pointee.id == TokenID.sentenceEnd.rawValue {
      lane.pointee.node = TokenID.sentenceStart.rawValue
      lane.pointee.depth = 1
    } else {
      lane.pointee.node = found
      lane.pointee.depth = UInt32(truncatingIfNeeded: depth &+ 1)
    }
  }
}

extension NGramModel {
  /// Asks for the memory of a context's record.
  @inline(__always)
  fileprivate func prefetchNode(_ node: UInt32, _ depth: Int) {
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
  fileprivate func prefetchSearch(_ position: UInt32, _ begin: UInt32, _ end: UInt32) {
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
