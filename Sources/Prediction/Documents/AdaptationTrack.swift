import Platform

/// What the text before a place has said of the experts (`WeightAdaptation`), kept up with a document's edits.
///
/// Tokens are learned in their order, each predicted from what stands before it alone: the counts here are those of the
/// tokens that were learned, and grow with them. States are kept every `spacing` tokens. An edit takes everything back
/// from the last state before it on, which is exact, for counts are whole numbers; so what is held is always a function of
/// the text before `end`, whatever edits made it. Where learning begins depends on the first place that was asked about:
/// some `window` tokens before it, of which so little is left at the place (0.999⁴⁰⁹⁶ = 0.017) that biases differ by less
/// than `tolerance` from those of any earlier beginning.
struct AdaptationTrack {
  /// What is known behind some tokens.
  private struct State {
    var adaptation = WeightAdaptation()
    /// What they say of the layers.
    var evidence = LayerEvidence()
  }

  /// So far before the place learning begins, at least, where the text goes so far back.
  static let window = 4096
  /// Beginnings are multiples of this, and the first state is that of no token.
  private static let alignment = 2048
  /// Learning begins anew once so many tokens are counted: a document's memory is bounded, however long it is.
  private static let longest = 3 * window
  private static let spacing = 8
  /// Biases of the same text are within this of each other, in nats, whatever was asked about first.
  static let tolerance: Float = 0.05

  /// Of the tokens `start` ..< `end`.
  private var counts = DocumentCounts()
  private var start = 0
  private var end = 0
  /// Behind `start`, `start + spacing`, …
  private var states = [State()]
  /// Behind `end`.
  private var last = State()
  private var focus = 0

  /// Memory held, in bytes.
  var byteCount: Int { counts.byteCount + states.capacity * MemoryLayout<State>.stride }

  /// The tokens that are learned.
  var learnedCount: Int { end - start }

  /// Says where the cursor is, in tokens: nothing behind it is learned.
  mutating func setFocus(_ index: Int) { focus = max(index, 0) }

  /// What the tokens before the cursor have led to, as far as they are learned.
  ///
  /// Not the last few: those are what is being typed, and a place then has the same answer at every key.
  var current: WeightAdaptation {
    let place = (max(focus - Self.unsettledCount, start) - start) / Self.spacing
    return states[min(place, states.count - 1)].adaptation
  }

  /// A key may change the word at the cursor and the tokens around it.
  private static let unsettledCount = 2

  /// Forgets everything.
  mutating func removeAll() { begin(at: 0) }

  private mutating func begin(at index: Int) {
    counts = DocumentCounts()
    (start, end) = (index, index)
    states = [State()]
    last = State()
  }

  /// Takes back what was learned from the tokens from `index` on, which are about to change.
  mutating func rewind(to index: Int, _ sequence: TokenSequence) {
    guard index < end else { return }
    guard index > start else { return begin(at: 0) }
    let place = (index - start) / Self.spacing
    let kept = start + place * Self.spacing
    counts.subtract(sequence, kept..<end)
    states.removeSubrange((place + 1)...)
    last = states[place]
    end = kept
  }

  /// The token to be learned next; nil where all before the place are.
  ///
  /// - Parameter count: tokens behind these are not learned.
  mutating func next(_ sequence: TokenSequence, count: Int) -> Int? {
    let target = min(focus, count)
    let beginning = max(0, target - Self.window) / Self.alignment * Self.alignment
    if target < start || end < beginning || end - start > Self.longest { begin(at: beginning) }
    return end < target ? end : nil
  }

  /// What the next token is predicted with.
  func addSources(to sources: inout MixtureSources) {
    sources.document = counts
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
    counts.add(sequence, end..<end + 1)
    layers?.count(sequence, end..<end + 1, into: &last.evidence)
    end += 1
    if (end - start) % Self.spacing == 0 { states.append(last) }
  }
}

extension DocumentState {
  /// Learns from some more tokens before the place that was asked about last.
  ///
  /// - Returns: whether there is nothing left to learn.
  mutating func adapt(maximumTokenCount: Int) -> Bool {
    // What the network expects at the cursor will be asked for again.
    let atCursor = track?.memo
    defer { if let atCursor { track?.memo = atCursor } }
    for _ in 0..<maximumTokenCount {
      guard let index = adaptation.next(sequence, count: countedCount) else { return true }
      var sources = MixtureSources()
      adaptation.addSources(to: &sources)
      if track != nil {
        guard let view = exactNetworkView(before: index) else { return true }
        sources.recurrent = view
      }
      engines.withEngine { engine in
        engine.prepare(sequence, at: index, sources)
        adaptation.learn(sequence, layers: lexicon.layers, engine)
      }
    }
    return adaptation.next(sequence, count: countedCount) == nil
  }
}
