import LanguageModeling
import Neural

/// A network's hidden states along one document, kept up with its edits.
///
/// The states are held as runs: stretches within which each state follows from the one before, so that any of them can
/// be had again from the snapshot before it. Snapshots are dense near the focus and sparse away from it. The first run
/// begins with the document and is exact. An edit ends the run that it falls into and leaves what follows as a run of
/// its own; the run before, going on, takes it back as soon as its state comes within `tolerance` of a snapshot there,
/// for from then on the network has forgotten the edit. So an edit costs what the network remembers, not what the
/// document holds.
///
/// Because it forgets, a state is also good enough for a completion `memoryCount` tokens behind the start of any run,
/// one left over from before an edit or one begun anew in text that nothing has read yet. That is how the
/// neighbourhood of the cursor comes first; the first run reaches it later and makes it exact.
struct RecurrentTrack: Sendable {
  struct Settings: Hashable, Sendable {
    /// Relative distance of two states below which they count as one. At the default every token's surprisal stays
    /// within 0.01 bit of a run from scratch, or 0.02 in networks of a few dozen numbers, each of which counts
    /// (RecurrentTrackTests).
    var tolerance: Float = 5e-4
    /// Tokens after which what came before is taken for forgotten where an answer cannot wait. An LSTM of 256 on novels
    /// had surprisals that differed by more than 0.01 bit for 29 tokens at the median and 128 at most.
    var memoryCount = 128
    /// Bytes that snapshots may take.
    var byteBudget = 5 << 20
    /// Tokens between snapshots near the focus, and how near that is.
    var denseSpacing = 8
    var denseRadius = 128
    /// Tokens between snapshots elsewhere, at least.
    var sparseSpacing = 48
  }

  /// The state before the token at `index`.
  private struct Snapshot: Sendable {
    var index: Int
    var state: RecurrentState
  }

  /// The states before the tokens `start` … `end`, both included. There is a snapshot at `start`.
  private struct Run: Sendable {
    var start: Int
    var end: Int
  }

  /// A state at hand, and what the network expects after it once that was asked.
  struct Memo: Sendable {
    fileprivate var index: Int
    fileprivate var state: RecurrentState
    /// Whether it is of the first run.
    fileprivate var isExact: Bool
    fileprivate var view: RecurrentView?
  }

  let component: RecurrentComponent
  let settings: Settings
  private(set) var tokens: [TokenID]
  /// Ascending; no two touch. The first begins at 0.
  private var runs = [Run(start: 0, end: 0)]
  /// By index; each within a run.
  private var snapshots: [Snapshot]
  private var focus = 0
  /// Whoever looks at other places meanwhile can put it back, as long as nothing is edited.
  var memo: Memo?
  /// The state at the end of the run that was extended last.
  private var tip: Snapshot?
  /// Steps taken so far.
  private(set) var stepCount = 0

  private var model: RecurrentModel { component.network }

  init(component: RecurrentComponent, tokens: [TokenID] = [], settings: Settings = Settings()) {
    self.component = component
    self.settings = settings
    self.tokens = tokens
    snapshots = [Snapshot(index: 0, state: component.startState)]
  }

  /// The states before the tokens up to this one are exact.
  var exactCount: Int { runs[0].end }
  var isComplete: Bool { runs[0].end == tokens.count }
  var snapshotCount: Int { snapshots.count }
  /// What the snapshots take of memory.
  var snapshotByteCount: Int { snapshots.count * snapshotSize }
  /// Tokens and snapshots together.
  var byteCount: Int { snapshotByteCount + tokens.capacity * MemoryLayout<TokenID>.stride }

  private var snapshotSize: Int { max(model.stateCount, 1) * MemoryLayout<Float>.stride + 48 }

  // MARK: Edits

  /// Takes note of an edit: the tokens of `range` are now `replacement`.
  mutating func replace(_ range: Range<Int>, with replacement: [TokenID]) {
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
    tokens.replaceSubrange(low..<high, with: new)
    if let known = memo, known.index > low { memo = nil }
    if let known = tip, known.index > low { tip = nil }
    move(low, high, by: new.count - (high - low))
  }

  /// Ends at `low` the run that goes over it; what was behind `high` goes on by itself, `shift` tokens farther.
  private mutating func move(_ low: Int, _ high: Int, by shift: Int) {
    let first = place(ofSnapshotFrom: low + 1)
    // A snapshot that would land on the edit's start knows the tokens that went.
    var kept = max(first, place(ofSnapshotFrom: high))
    if kept < snapshots.count, snapshots[kept].index + shift == low { kept += 1 }
    snapshots.removeSubrange(first..<kept)
    for place in first..<snapshots.count { snapshots[place].index += shift }
    var moved: [Run] = []
    for run in runs {
      if run.start <= low {
        moved.append(Run(start: run.start, end: min(run.end, low)))
        if run.end <= low { continue }
      }
      // The rest of it, from the first snapshot that is left.
      guard run.end + shift > low, run.end >= high, first < snapshots.count else { continue }
      let wanted = max(run.start + shift, low + 1)
      let place = place(ofSnapshotFrom: wanted)
      guard place < snapshots.count, snapshots[place].index <= run.end + shift else { continue }
      moved.append(Run(start: snapshots[place].index, end: run.end + shift))
    }
    runs = moved
  }

  /// Says where the cursor is, in tokens: snapshots are dense around it, and its states come first.
  mutating func setFocus(_ index: Int) { focus = min(max(index, 0), tokens.count) }

  // MARK: Reading

  /// Whether the state before the token at `index` is at hand: exact, or so far from the start of its run that it
  /// makes no difference.
  func isReady(before index: Int) -> Bool {
    guard let run = runs.last(where: { $0.start <= index }), index <= run.end else { return false }
    return run.start == 0 || index - run.start >= settings.memoryCount
  }

  /// What the network expects in the place of the token at `index` (the count of tokens: after the last one).
  ///
  /// - Returns: nil if its state is not ready. It takes at most the spacing of snapshots in steps.
  mutating func view(before index: Int) -> RecurrentView? {
    guard isReady(before: index) else { return nil }
    materialize(index)
    if memo!.view == nil { memo!.view = component.view(after: memo!.state) }
    return memo!.view
  }

  /// The state before the token at `index`; nil if it is not ready.
  mutating func state(before index: Int) -> RecurrentState? {
    guard isReady(before: index) else { return nil }
    materialize(index)
    return memo!.state
  }

  /// Brings the memo to `index`, from the nearest state before.
  private mutating func materialize(_ index: Int) {
    let run = runs.last { $0.start <= index }!
    let isExact = run.start == 0
    if let memo, memo.index == index, memo.isExact || !isExact { return }
    var nearest = snapshots[place(ofSnapshotFrom: index + 1) - 1]
    if let tip, nearest.index < tip.index, tip.index <= index { nearest = tip }
    if let memo, memo.isExact == isExact, nearest.index < memo.index, memo.index <= index {
      nearest = Snapshot(index: memo.index, state: memo.state)
    }
    var (at, state) = (nearest.index, nearest.state)
    memo = nil
    while at < index {
      step(&state, at)
      at += 1
      put(Snapshot(index: at, state: state), isWanted: at < index && isNearFocus(at) && isDue(at))
    }
    memo = Memo(index: index, state: state, isExact: isExact)
  }

  private mutating func step(_ state: inout RecurrentState, _ at: Int) {
    model.step(tokens[at], &state)
    stepCount += 1
  }

  // MARK: Running

  /// Computes states until that before the token at `index` is ready.
  ///
  /// - Parameters:
  ///   - limit: `stepCount` at which it ends before.
  ///   - mayGoOn: asked every few steps; false ends it before.
  /// - Returns: whether it is ready.
  mutating func prepare(before index: Int, stepLimit limit: Int = .max, while mayGoOn: () -> Bool) -> Bool {
    let index = min(max(index, 0), tokens.count)
    while !isReady(before: index) {
      guard stepCount < limit, mayGoOn() else { return false }
      let begin = index - settings.memoryCount
      var place = runs.lastIndex { $0.start == 0 || $0.start <= begin }!
      if index - runs[place].end > 2 * settings.memoryCount {
        place += 1
        runs.insert(Run(start: begin, end: begin), at: place)
        put(Snapshot(index: begin, state: component.startState), isWanted: true)
      }
      extend(place, to: min(index, runs[place].end + Self.strideCount))
    }
    return true
  }

  /// Computes states for about `tokenBudget` tokens: around the focus first, then from the start of the document on.
  ///
  /// - Parameter mayGoOn: asked every few steps.
  /// - Returns: whether all states are exact.
  @discardableResult
  mutating func advance(tokenBudget: Int, while mayGoOn: () -> Bool = { true }) -> Bool {
    let limit = stepCount + tokenBudget
    if prepare(before: focus, stepLimit: limit, while: mayGoOn) {
      while stepCount < limit && !isComplete && mayGoOn() {
        extend(0, to: min(tokens.count, runs[0].end + min(limit - stepCount, Self.strideCount)))
      }
    }
    return isComplete
  }

  /// Computes the exact states of a part of the document.
  mutating func makeExact(through index: Int) {
    while exactCount < min(index, tokens.count) { extend(0, to: min(index, tokens.count)) }
  }

  /// Whoever lets it run is asked every so many steps.
  static let strideCount = 8

  /// Lets a run go on to `limit`, or to where it meets a state that it could as well have come to.
  private mutating func extend(_ place: Int, to limit: Int) {
    var at = runs[place].end
    var state: RecurrentState
    if let tip, tip.index == at {
      state = tip.state
    } else {
      let snapshot = snapshots[self.place(ofSnapshotFrom: at + 1) - 1]
      state = snapshot.state
      for index in snapshot.index..<at { step(&state, index) }
    }
    // What is at hand behind here will be of another run.
    if let known = memo, known.index > at, !known.isExact { memo = nil }
    tip = nil
    while at < limit {
      step(&state, at)
      at += 1
      if arrive(place, at, state) { return }
    }
    tip = Snapshot(index: at, state: state)
  }

  /// Notes the state that a run has come to.
  ///
  /// - Returns: whether it joined the next run.
  private mutating func arrive(_ run: Int, _ at: Int, _ state: RecurrentState) -> Bool {
    runs[run].end = at
    guard run + 1 < runs.count, runs[run + 1].start <= at else {
      put(Snapshot(index: at, state: state), isWanted: isDue(at))
      return false
    }
    let place = place(ofSnapshotFrom: at)
    let next = runs[run + 1]
    if snapshots[place].index == at,
      state.relativeDistance(to: snapshots[place].state) <= settings.tolerance
    {
      runs[run].end = next.end
      runs.remove(at: run + 1)
      return true
    }
    // The next run loses what was computed anew.
    let following = snapshots[place].index == at ? place + 1 : place
    if following < snapshots.count, snapshots[following].index <= next.end {
      runs[run + 1].start = snapshots[following].index
    } else {
      runs.remove(at: run + 1)
    }
    put(Snapshot(index: at, state: state), isWanted: isDue(at))
    return false
  }

  // MARK: Snapshots

  /// The place of the first snapshot at `index` or behind it.
  private func place(ofSnapshotFrom index: Int) -> Int {
    var low = 0
    var high = snapshots.count
    while low < high {
      let middle = (low + high) / 2
      if snapshots[middle].index >= index { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private var sparseSpacing: Int {
    // Half of the budget for the whole document, the rest for what is dense.
    max(settings.sparseSpacing, tokens.count * snapshotSize / max(settings.byteBudget / 2, 1))
  }

  private func isNearFocus(_ index: Int) -> Bool { abs(index - focus) <= settings.denseRadius }

  private func spacing(at index: Int) -> Int {
    isNearFocus(index) ? settings.denseSpacing : sparseSpacing
  }

  private func isDue(_ index: Int) -> Bool {
    let place = place(ofSnapshotFrom: index)
    return place == 0 || index - snapshots[place - 1].index >= spacing(at: index)
  }

  /// Replaces the snapshot at the same index, or adds one if it is wanted.
  private mutating func put(_ snapshot: Snapshot, isWanted: Bool) {
    let place = place(ofSnapshotFrom: snapshot.index)
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
    var starts = runs.map(\.start)[...]
    var kept: [Snapshot] = []
    kept.reserveCapacity(snapshots.count)
    for snapshot in snapshots {
      while let start = starts.first, start < snapshot.index { starts.removeFirst() }
      if starts.first == snapshot.index || kept.isEmpty
        || snapshot.index - kept[kept.count - 1].index >= spacing(at: snapshot.index)
      {
        kept.append(snapshot)
      }
    }
    snapshots = kept
  }
}
