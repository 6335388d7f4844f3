import LanguageModeling
import Neural

/// A network's hidden states along one document, kept up with its edits.
///
/// Snapshots of the state stand along the token sequence, dense near the focus and sparse away from it. An edit
/// leaves what follows it as it was but breaks the chain there; running on from the break ends where the new state
/// comes within `tolerance` of a snapshot taken before the edit, for from there on the network has forgotten it. So an
/// edit costs what the network remembers, not what the document holds.
public struct RecurrentTrack: Sendable {
  public struct Settings: Hashable, Sendable {
    /// Relative distance of two states below which they count as one. At the default every token's surprisal stays
    /// within 0.01 bit of a run from scratch (RecurrentTrackTests).
    public var tolerance: Float = 5e-4
    /// Bytes that snapshots may take.
    public var byteBudget = 8 << 20
    /// Tokens between snapshots near the focus, and how near that is.
    public var denseSpacing = 8
    public var denseRadius = 128
    /// Tokens between snapshots elsewhere, at least.
    public var sparseSpacing = 48

    public init() {}
  }

  /// The state before the token at `index`.
  private struct Snapshot: Sendable {
    var index: Int
    var state: RecurrentState
  }

  public let model: RecurrentModel
  public let settings: Settings
  public private(set) var tokens: [TokenID] = []
  /// ln P of each token as last computed; NaN where it never was.
  private var scores: [Float] = []
  /// By index; the first is the start of the document.
  private var snapshots: [Snapshot]
  /// Where the tokens before have changed since what follows was computed: ascending, the last one where computing
  /// has not been yet (or the end).
  private var breaks = [0]
  private var focus = 0

  public init(model: RecurrentModel, settings: Settings = Settings()) {
    self.model = model
    self.settings = settings
    snapshots = [Snapshot(index: 0, state: model.sentenceStartState)]
  }

  /// Tokens before this index have their final log-probabilities, and so has the state before it.
  public var readyCount: Int { breaks[0] }
  public var isComplete: Bool { breaks[0] == tokens.count }
  /// What the snapshots take of memory.
  public var snapshotByteCount: Int { snapshots.count * model.stateCount * MemoryLayout<Float>.stride }
  public var snapshotCount: Int { snapshots.count }

  /// ln P of a token: of the current text below `readyCount`, else as it was before the edits that are not worked in
  /// yet; nil if it was never computed.
  public func logProbability(at index: Int) -> Float? { scores[index].isNaN ? nil : scores[index] }

  // MARK: Edits

  /// Takes note of an edit: the tokens of `range` are now `replacement`.
  public mutating func replace(_ range: Range<Int>, with replacement: [TokenID]) {
    precondition(range.lowerBound >= 0 && range.upperBound <= tokens.count)
    // What is the same at either end has not changed.
    var low = range.lowerBound
    var high = range.upperBound
    var new = replacement[...]
    while low < high, let first = new.first, first == tokens[low] {
      low += 1
      new.removeFirst()
    }
    while low < high, let last = new.last, last == tokens[high - 1] {
      high -= 1
      new.removeLast()
    }
    guard low < high || !new.isEmpty else { return }
    let shift = new.count - (high - low)
    let end = breaks[breaks.count - 1]
    tokens.replaceSubrange(low..<high, with: new)
    scores.replaceSubrange(low..<high, with: repeatElement(.nan, count: new.count))
    // A snapshot that would land on the break knows the removed tokens.
    snapshots.removeAll { $0.index > low && ($0.index < high || $0.index + shift == low) }
    for index in snapshots.indices where snapshots[index].index >= high && snapshots[index].index > low {
      snapshots[index].index += shift
    }
    var moved = breaks.dropLast().filter { $0 <= low || $0 >= high }.map {
      $0 >= high && $0 > low ? $0 + shift : $0
    }
    // Beyond `end` nothing is computed; inside the edit nothing is any more.
    let movedEnd = end <= low ? end : end >= high ? end + shift : low
    if low < end { moved.append(low) }
    moved.append(movedEnd)
    // What follows the new tokens is computed, the new tokens are not: the break stands before them.
    breaks = Array(Set(moved)).sorted()
    dropSnapshotsBeyondEnd()
  }

  /// Says where the cursor is, in tokens: snapshots are dense around it.
  public mutating func setFocus(_ index: Int) { focus = min(max(index, 0), tokens.count) }

  private mutating func dropSnapshotsBeyondEnd() {
    let end = breaks[breaks.count - 1]
    while let last = snapshots.last, last.index > end { snapshots.removeLast() }
  }

  // MARK: States

  /// The state before the token at `index` (the count of tokens: after the last one).
  ///
  /// - Parameter allowingStale: whether a state that does not know of the latest edits before it will do.
  /// - Returns: nil if it is not there yet; it takes at most the spacing of snapshots in steps.
  public func state(before index: Int, allowingStale: Bool = false) -> RecurrentState? {
    guard index >= 0, index <= (allowingStale ? breaks[breaks.count - 1] : readyCount) else { return nil }
    var (at, state) = nearest(before: index)
    while at < index {
      model.step(tokens[at], &state)
      at += 1
    }
    return state
  }

  private func nearest(before index: Int) -> (Int, RecurrentState) {
    let snapshot = snapshots[snapshots.partitioningIndex { $0.index > index } - 1]
    return (snapshot.index, snapshot.state)
  }

  // MARK: Running

  /// Computes states and log-probabilities for at most about `tokenBudget` tokens.
  ///
  /// - Returns: whether everything is up to date.
  @discardableResult
  public mutating func advance(tokenBudget: Int) -> Bool {
    var budget = tokenBudget
    while budget > 0 && !isComplete { budget -= run(budget) }
    return isComplete
  }

  /// Runs from the first break until it is closed or the budget is spent; returns the tokens taken.
  private mutating func run(_ budget: Int) -> Int {
    let start = readyCount
    var (at, state) = nearest(before: start)
    var taken = start - at
    while at < start {
      model.step(tokens[at], &state)
      at += 1
    }
    var pending = PendingScores(model: model)
    var isClosed = false
    while at < tokens.count && taken < budget && !isClosed {
      pending.add(tokens[at], state, model)
      model.step(tokens[at], &state)
      at += 1
      taken += 1
      isClosed = arrive(at, state)
      if pending.isFull || isClosed { store(&pending, endingAt: at) }
    }
    store(&pending, endingAt: at)
    if !isClosed {
      breaks.removeAll { $0 <= at }
      breaks.insert(at, at: 0)
      put(Snapshot(index: at, state: state), isWanted: at < tokens.count || isDue(at))
    }
    return max(taken, 1)
  }

  /// Compares with the snapshot at `at`, if the chain that it belongs to goes on there, and replaces it otherwise.
  ///
  /// - Returns: whether the state is the old one, so that what follows up to the next break holds.
  private mutating func arrive(_ at: Int, _ state: RecurrentState) -> Bool {
    let next = breaks.count > 1 ? breaks[1] : breaks[0]
    if breaks.count > 1 && at >= next {
      // Ran into the next edit: from here on it is the first break.
      breaks.removeFirst()
    } else if breaks.count > 1 {
      let place = snapshots.partitioningIndex { $0.index >= at }
      if place < snapshots.count, snapshots[place].index == at,
        state.relativeDistance(to: snapshots[place].state) <= settings.tolerance
      {
        breaks.removeFirst()
        return true
      }
    }
    put(Snapshot(index: at, state: state), isWanted: isDue(at))
    return false
  }

  private mutating func store(_ pending: inout PendingScores, endingAt end: Int) {
    let values = pending.take(model)
    scores.replaceSubrange(end - values.count..<end, with: values)
  }

  // MARK: Snapshots

  private var sparseSpacing: Int {
    let bytes = max(model.stateCount, 1) * MemoryLayout<Float>.stride
    // Half of the budget for the whole document, the rest for what is dense.
    return max(settings.sparseSpacing, tokens.count * bytes / max(settings.byteBudget / 2, 1))
  }

  private func spacing(at index: Int) -> Int {
    abs(index - focus) <= settings.denseRadius ? settings.denseSpacing : sparseSpacing
  }

  private func isDue(_ index: Int) -> Bool {
    let place = snapshots.partitioningIndex { $0.index >= index }
    return place == 0 || index - snapshots[place - 1].index >= spacing(at: index)
  }

  /// Replaces the snapshot at the same index, or adds one if it is wanted.
  private mutating func put(_ snapshot: Snapshot, isWanted: Bool) {
    let place = snapshots.partitioningIndex { $0.index >= snapshot.index }
    if place < snapshots.count && snapshots[place].index == snapshot.index {
      snapshots[place] = snapshot
    } else if isWanted {
      snapshots.insert(snapshot, at: place)
      thinOut()
    }
  }

  /// Drops snapshots that stand closer than their place needs, once they take more than the budget.
  private mutating func thinOut() {
    guard snapshotByteCount > settings.byteBudget else { return }
    var kept = [snapshots[0]]
    for snapshot in snapshots.dropFirst() {
      if snapshot.index - kept[kept.count - 1].index >= spacing(at: snapshot.index) { kept.append(snapshot) }
    }
    snapshots = kept
  }
}

/// Tokens whose probabilities are computed together, so that the output weights are read once for all of them.
private struct PendingScores {
  private static let capacity = 32
  private var targets: [TokenID] = []
  private var features: [Float]

  init(model: RecurrentModel) {
    features = [Float](repeating: 0, count: Self.capacity * model.featureCount)
  }

  var isFull: Bool { targets.count == Self.capacity }

  mutating func add(_ token: TokenID, _ state: RecurrentState, _ model: RecurrentModel) {
    model.copyFeatures(of: state, to: &features, at: targets.count)
    targets.append(token)
  }

  mutating func take(_ model: RecurrentModel) -> [Float] {
    var result = SequenceScores()
    model.score(targets, features: features, into: &result)
    targets.removeAll(keepingCapacity: true)
    return result.logProbabilities
  }
}

extension Array {
  /// The first index whose element satisfies `predicate`, given that all elements after it do too.
  fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
