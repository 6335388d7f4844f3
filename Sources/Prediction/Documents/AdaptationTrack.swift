import Platform

/// What the text before a place has said of the experts (`WeightAdaptation`), kept up with a document's edits.
///
/// Biases change at the ends of blocks of `blockCount` tokens. Those at a place are a function of the text before it alone,
/// whatever edits and questions came before: from `beginning(for:)` on, each token is predicted from what stands there
/// before it, and then learned. What was learned further back has e^−4 of its weight left by then, e^−1 with a network.
/// A state is kept behind every block, and an edit takes back those behind it; the counts that tokens are predicted with
/// are made again, which takes a part of what a block does, and are let go once all is learned.
struct AdaptationTrack {
  /// What is known behind some tokens.
  private struct State {
    var adaptation = WeightAdaptation()
    /// What they say of the layers.
    var evidence = LayerEvidence()
  }

  /// What is at hand while tokens are learned.
  private struct Pass {
    /// Of the tokens from the beginning to `countedEnd`.
    let counts = DocumentCounts()
    var countedEnd: Int
    /// Where the network has read to.
    var memo: RecurrentTrack.Memo?
  }

  /// From so far before a place its text is learned, at least, where it goes so far back.
  let window: Int
  static let standardWindow = 4096
  /// Of a document with a network, of whose distribution a part is computed for each token.
  static let windowWithNetwork = 1024
  static let blockCount = 16
  /// Tokens that are counted again in the time in which one is learned, about.
  private static let recountedCount = 128
  /// A key may change the word at the cursor and the tokens around it: they are not learned, so that a place has the same
  /// answer at every key.
  private static let unsettledCount = 2

  private var start = 0
  /// The tokens `start` ..< `end` are learned.
  private var end = 0
  /// Behind `start`, `start + blockCount`, …
  private var states = [State()]
  /// Behind `end`.
  private var last = State()
  private var pass: Pass?
  /// Tokens whose text the answers are about stand before this.
  private var focus = 0
  /// What all before the focus had led to when it was last learned whole.
  private var settled = WeightAdaptation()

  /// - Parameter window: a multiple of two blocks.
  init(window: Int = standardWindow) {
    precondition(window % (2 * Self.blockCount) == 0)
    self.window = window
  }

  /// Memory held, in bytes.
  var byteCount: Int { (pass?.counts.byteCount ?? 0) + states.capacity * MemoryLayout<State>.stride }

  /// The tokens that are learned.
  var learned: Range<Int> { start..<end }

  /// Says where the cursor is, in tokens: nothing behind it is learned.
  mutating func setFocus(_ index: Int) { focus = max(index, 0) }

  /// Where what is learned for the focus ends.
  private func target(_ count: Int) -> Int {
    max(0, min(focus - Self.unsettledCount, count)) / Self.blockCount * Self.blockCount
  }

  /// A multiple of half a window, so that few places ask for another.
  private func beginning(for target: Int) -> Int {
    let spacing = window / 2
    return max(0, target - window) / spacing * spacing
  }

  /// What the tokens before the cursor have led to; until that is learned, what was known last.
  ///
  /// - Parameter count: tokens behind these are not learned.
  func current(count: Int) -> WeightAdaptation {
    let target = target(count)
    guard start == beginning(for: target), target <= end else { return settled }
    return states[(target - start) / Self.blockCount].adaptation
  }

  /// Forgets everything.
  mutating func removeAll() {
    begin(at: 0)
    settled = WeightAdaptation()
  }

  private mutating func begin(at index: Int) {
    (start, end) = (index, index)
    states = [State()]
    last = State()
    pass = nil
  }

  /// Takes back what was learned from the tokens from `index` on, which are about to change.
  mutating func rewind(to index: Int) {
    guard index < end else { return }
    let place = max(index - start, 0) / Self.blockCount
    states.removeSubrange((place + 1)...)
    last = states[place]
    end = start + place * Self.blockCount
    pass = nil
  }

  /// The token to be learned next; nil where all before the place are.
  mutating func next(count: Int) -> Int? {
    let target = target(count)
    let first = beginning(for: target)
    if first != start { begin(at: first) }
    if end < target { return end }
    pass = nil
    settled = states[(target - start) / Self.blockCount].adaptation
    return nil
  }

  /// Counts anew what the next token is predicted with, if that is to be done.
  ///
  /// - Parameter budget: tokens that may be learned; what is done is taken off.
  /// - Returns: whether all is counted.
  mutating func recount(_ sequence: TokenSequence, _ budget: inout Int) -> Bool {
    var pass = self.pass ?? Pass(countedEnd: start)
    if pass.countedEnd < end {
      let countedEnd = min(end, pass.countedEnd + min(budget, window) * Self.recountedCount)
      pass.counts.add(sequence, pass.countedEnd..<countedEnd)
      budget -= (countedEnd - pass.countedEnd + Self.recountedCount - 1) / Self.recountedCount
      pass.countedEnd = countedEnd
    }
    self.pass = pass
    return pass.countedEnd == end
  }

  /// What the next token is predicted with, but for the network.
  func addSources(to sources: inout MixtureSources) {
    sources.document = pass?.counts
    sources.evidence = last.evidence
    sources.adaptation = last.adaptation
  }

  /// Learns from the next token.
  ///
  /// - Parameters:
  ///   - layers: those below the model.
  ///   - engine: prepared for the token's place.
  mutating func learn(_ sequence: TokenSequence, layers: LayerStack?, _ engine: MixtureEngine) {
    engine.teach(&last.adaptation, sequence.id(at: end))
    pass?.counts.add(sequence, end..<end + 1)
    layers?.count(sequence, end..<end + 1, into: &last.evidence)
    end += 1
    pass?.countedEnd = end
    if (end - start) % Self.blockCount == 0 { states.append(last) }
  }

  /// Has a network go on from where it was when the last token was learned, and then go back to where it was.
  mutating func exchangeMemo(with track: inout RecurrentTrack) {
    guard pass != nil else { return }
    swap(&pass!.memo, &track.memo)
  }
}

extension DocumentState {
  /// How far to trust experts at the place that was asked about last.
  var adapted: WeightAdaptation { adaptation.current(count: countedCount) }

  /// Learns from some more tokens before the place that was asked about last.
  ///
  /// - Parameter mayGoOn: asked before each token, and every few steps of the network.
  /// - Returns: whether there is nothing left to learn.
  mutating func adapt(maximumTokenCount: Int, while mayGoOn: () -> Bool) -> Bool {
    var budget = maximumTokenCount
    while let index = adaptation.next(count: countedCount) {
      guard budget > 0, mayGoOn() else { return false }
      guard adaptation.recount(sequence, &budget) else { continue }
      guard learn(before: index, while: mayGoOn) else { return false }
      budget -= 1
    }
    return true
  }

  /// Learns the next token.
  ///
  /// Of the network, where it has not read the text yet, a run that began shortly before is good enough (`RecurrentTrack`).
  ///
  /// - Returns: whether it was learned; not where the network may not read on to it.
  private mutating func learn(before index: Int, while mayGoOn: () -> Bool) -> Bool {
    var sources = MixtureSources()
    adaptation.addSources(to: &sources)
    if track != nil {
      // What it expects at the cursor will be asked for again.
      adaptation.exchangeMemo(with: &track!)
      let isReady = track!.prepare(before: index, while: mayGoOn)
      // Which words it finds the most probable nobody asks here.
      if isReady, let state = track!.state(before: index) {
        sources.recurrent = track!.component.partialView(after: state)
      }
      adaptation.exchangeMemo(with: &track!)
      guard isReady else { return false }
    }
    engines.withEngine { engine in
      engine.prepare(sequence, at: index, sources)
      adaptation.learn(sequence, layers: lexicon.layers, engine)
    }
    return true
  }
}
