import LanguageModeling
import NGrams
import Platform

/// The mixture at one position after the other: prepared for a position, it gives the probability of any word there and
/// the most probable words.
///
/// P(w) = Σ weightₑ · Pₑ(w) over the experts; the weights come from the gate and depend on the position only. Every
/// expert is a distribution over the open vocabulary (the spelling model reaches every word), so the mixture is one.
///
/// Holds scratch memory; whoever owns it serialises access.
final class MixtureEngine: @unchecked Sendable {
  let lexicon: Lexicon
  let model: Model?
  let spelling: SpellingModel
  var switchedOff: Set<Component> = []

  private(set) var input = Gate.Input()
  /// Of the position; only those of active experts are valid.
  private(set) var views = [ExpertView](repeating: ExpertView(), count: Expert.count)
  let window = RecencyWindow()
  private(set) var ngramState = NGramContext()
  private(set) var recurrent: RecurrentView?
  private(set) var document: DocumentCounts?
  private var neighbours: DocumentCounts?
  private var neighboursIncludeDocument = false
  private var leftOut: UInt32 = .max
  private let hidden: UnsafeMutablePointer<Float>
  let weights: UnsafeMutablePointer<Float>
  let candidates = CandidateScores()
  /// Experts whose candidates are complete: what they do not name has nothing from them. A bit each.
  var completeExperts: UInt64 = 0
  /// Experts that have a weight. A bit each.
  private(set) var activeExperts: UInt64 = 0
  var heapScratch: [Int] = []
  let rankScratch: UnsafeMutablePointer<Float>
  let offers: OfferedWords

  init(lexicon: Lexicon, model: Model?) {
    self.lexicon = lexicon
    self.model = model
    spelling = SpellingModel(contexts: model?.contexts)
    hidden = .allocate(capacity: Gate.hiddenCount)
    hidden.initialize(repeating: 0, count: Gate.hiddenCount)
    weights = .allocate(capacity: Gate.expertStride)
    weights.initialize(repeating: 0, count: Gate.expertStride)
    rankScratch = .allocate(capacity: Self.maximumRank)
    offers = OfferedWords(lexicon: lexicon)
  }

  deinit {
    hidden.deallocate()
    weights.deallocate()
    rankScratch.deallocate()
  }

  /// What else is known at a position.
  struct Sources {
    /// Counts of the document itself.
    var document: DocumentCounts?
    /// Counts of other documents.
    var neighbours: DocumentCounts?
    /// Whether the document's own counts are part of the neighbours', to be taken off.
    var neighboursIncludeDocument = false
    /// Whether the token that stands at the position is part of the document's counts, to be taken off.
    var leavesOutToken = false
    /// What the network expects at the position, where there is one and it is ready.
    var recurrent: RecurrentView?
  }

  // MARK: Preparing

  /// Looks at the position before the token at `index`.
  func prepare(_ sequence: TokenSequence, at index: Int, _ sources: Sources) {
    precondition(index >= 0 && index <= sequence.count)
    document = sources.document
    neighbours = sources.neighbours
    neighboursIncludeDocument = sources.neighboursIncludeDocument && document != nil
    leftOut = sources.leavesOutToken && index < sequence.count ? sequence.id(at: index) : .max
    recurrent = sources.recurrent
    for feature in 0..<Feature.count { input.features[feature] = 0 }
    for expert in 0..<Expert.count { input.isActive[expert] = false }
    let keys = sequence.ids.withUnsafeBufferPointer { ids in
      sequence.classes.withUnsafeBufferPointer { classes in
        ContextKeys(
          ids: ids.baseAddress! + index + TokenSequence.reach,
          classes: classes.baseAddress! + index + TokenSequence.reach)
      }
    }
    input.rows = (
      sequence.tokenClass(at: index - 1).gateRow, sequence.tokenClass(at: index - 2).gateRow,
      sequence.tokenClass(at: index - 3).gateRow
    )
    input.isActive[Expert.spelling] = true
    prepareTrained(sequence, index, keys)
    prepareDocument(sequence, index, keys)
    prepareNeighbours(keys)
    prepareRecurrent()
    input.features[Feature.position] = min(1, Float(index) / 2000)
    weigh()
  }

  /// Lets go of what the position was asked with, and of scratch memory that a large document has made large.
  func finish() {
    document = nil
    neighbours = nil
    recurrent = nil
    candidates.giveBack()
    window.giveBack()
    if heapScratch.capacity > 1 << 16 { heapScratch = [] }
  }

  private func isOn(_ component: Component) -> Bool {
    switchedOff.isEmpty || !switchedOff.contains(component)
  }

  private func prepareTrained(_ sequence: TokenSequence, _ index: Int, _ keys: ContextKeys) {
    guard let model else { return }
    input.features[Feature.hasModel] = 1
    if let ngrams = model.ngrams, isOn(.ngram) {
      ngramState = ngrams.context(of: sequence, at: index)
      input.isActive[Expert.ngram] = true
      input.features[min(ngramState.matchedCount, Feature.matchedOrder.count - 1)] = 1
    }
    guard let contexts = model.contexts, isOn(.contexts) else { return }
    for (place, kind) in ContextKind.trained.enumerated() {
      activate(
        Expert.trained.lowerBound + place, ExpertView(successors: contexts.successors(kind, keys[kind])))
    }
  }

  private func prepareDocument(_ sequence: TokenSequence, _ index: Int, _ keys: ContextKeys) {
    guard let document, isOn(.document) else { return }
    input.features[Feature.hasDocument] = 1
    activateOrder0(
      Expert.document.lowerBound, total: document.tokenCount - (leftOut == .max ? 0 : 1),
      distinct: document.distinctCount)
    for (place, kind) in ContextKind.dynamic.enumerated().dropFirst() {
      activate(
        Expert.document.lowerBound + place,
        ExpertView(successors: document.tables[place].successors(of: keys[kind]), leftOut: leftOut))
    }
    window.read(sequence, before: index)
    for list in 0..<RecencyWindow.listCount {
      let expert = Expert.recency.lowerBound + list
      let values = window.lists[list]
      guard values.sum > 0 else { continue }
      input.isActive[expert] = true
      let offset = Feature.expert(expert)
      input.features[offset] = log2f(Float(1 + values.placeCount)) / 8
      input.features[offset + 1] = values.greatest
      input.features[offset + 2] = log2f(Float(1 + values.distinctCount)) / 8
    }
  }

  private func prepareNeighbours(_ keys: ContextKeys) {
    guard let neighbours, isOn(.neighbours) else { return }
    let own = neighboursIncludeDocument ? document : nil
    input.features[Feature.hasNeighbours] = 1
    activateOrder0(
      Expert.neighbours.lowerBound, total: neighbours.tokenCount - (own?.tokenCount ?? 0),
      distinct: neighbours.distinctCount)
    for (place, kind) in ContextKind.dynamic.enumerated().dropFirst() {
      let key = keys[kind]
      activate(
        Expert.neighbours.lowerBound + place,
        ExpertView(
          successors: neighbours.tables[place].successors(of: key),
          subtracted: own?.tables[place].successors(of: key) ?? Successors()))
    }
  }

  private func prepareRecurrent() {
    guard let recurrent, isOn(.recurrent) else { return }
    input.isActive[Expert.recurrent] = true
    let offset = Feature.expert(Expert.recurrent)
    input.features[offset] = 1
    input.features[offset + 1] = recurrent.greatest[0]
    input.features[offset + 2] = recurrent.unknownProbability
    input.features[Feature.recurrent.lowerBound] = recurrent.greatest[1]
    input.features[Feature.recurrent.lowerBound + 1] = recurrent.greatest.reduce(0, +)
    for (feature, first) in [
      (Feature.documentAgreement, Expert.document.lowerBound),
      (Feature.neighbourAgreement, Expert.neighbours.lowerBound),
    ] {
      let orders = ContextKind.orders.map { first + $0 }
      guard let longest = orders.last(where: { input.isActive[$0] }) else { continue }
      input.features[feature] = views[longest].greatest(ofMostFrequent: recurrent.probability) ?? 0
    }
    let lists = Expert.recency.dropFirst(RecencyWindow.wordListCount).reversed()
    if let last = lists.first(where: { input.isActive[$0] }),
      let token = window.lists[last - Expert.recency.lowerBound].latest
    {
      input.features[Feature.recencyAgreement] = recurrent.probability(of: token)
    }
  }

  /// P that the network gives to words that it does not know.
  var recurrentUnknownProbability: Float {
    input.isActive[Expert.recurrent] ? recurrent?.unknownProbability ?? 0 : 0
  }

  private func activateOrder0(_ expert: Int, total: Int, distinct: Int) {
    guard total > 0 else { return }
    views[expert].total = Float(total)
    input.isActive[expert] = true
    let offset = Feature.expert(expert)
    input.features[offset] = log2f(Float(1 + total)) / 8
    input.features[offset + 2] = log2f(Float(1 + distinct)) / 8
  }

  private func activate(_ expert: Int, _ given: ExpertView) {
    guard !given.successors.isEmpty else { return }
    var view = given
    view.total = Float(view.successors.total) - Float(view.subtracted.total)
    if view.leftOut != .max {
      if view.successors.count(of: view.leftOut) > 0 { view.total -= 1 } else { view.leftOut = .max }
    }
    guard view.total >= 1 else { return }
    let share = view.greatestShare
    guard share > 0 else { return }
    views[expert] = view
    input.isActive[expert] = true
    let offset = Feature.expert(expert)
    input.features[offset] = log2f(1 + view.total) / 8
    input.features[offset + 1] = share
    input.features[offset + 2] = log2f(1 + view.distinct) / 8
  }

  private func weigh() {
    if let gate = model?.weights?.gate {
      gate.forward(input, hidden: hidden, weights: weights)
    } else {
      StandardGate.weigh(input, weights: weights)
    }
    activeExperts = 0
    for expert in 0..<Expert.count where weights[expert] > 0 && expert != Expert.spelling {
      activeExperts |= 1 << UInt64(expert)
    }
  }

  // MARK: Probabilities

  /// One expert's probability of a token; the spelling model's is not included.
  @inline(__always)
  func probability(of token: UInt32, expert: Int) -> Float {
    guard input.isActive[expert] else { return 0 }
    switch expert {
    case Expert.ngram:
      return lexicon.isKnown(token) ? model?.ngrams?.probability(of: token, after: ngramState) ?? 0 : 0
    case Expert.spelling: return 0
    case Expert.document.lowerBound:
      guard let document else { return 0 }
      return (Float(document.count(of: token)) - (token == leftOut ? 1 : 0)) / views[expert].total
    case Expert.neighbours.lowerBound:
      guard let neighbours else { return 0 }
      let own = neighboursIncludeDocument ? document?.count(of: token) ?? 0 : 0
      let count = Int(neighbours.count(of: token)) - Int(own)
      return count > 0 ? Float(count) / views[expert].total : 0
    case Expert.recency: return window.lists[expert - Expert.recency.lowerBound].probability(of: token)
    case Expert.recurrent: return recurrent?.probability(of: token) ?? 0
    default: return Float(views[expert].count(of: token)) / views[expert].total
    }
  }

  /// What the spelling of a word is weighed with: the spelling model's own weight, and of the network's what it gives
  /// to words that it does not know.
  var spellingWeight: Float {
    weights[Expert.spelling] + weights[Expert.recurrent] * recurrentUnknownProbability
  }

  /// P of a token without what the spelling model adds.
  func countedProbability(of token: UInt32) -> Float {
    var sum: Float = 0
    for expert in 0..<Expert.count where weights[expert] > 0 {
      sum += weights[expert] * probability(of: token, expert: expert)
    }
    return sum
  }

  /// What each component adds to a token's probability.
  func componentProbabilities(of token: UInt32) -> [Component: Float] {
    var sums: [Component: Float] = [:]
    for expert in 0..<Expert.count where weights[expert] > 0 {
      sums[Expert.component(expert), default: 0] += weights[expert] * probability(of: token, expert: expert)
    }
    return sums
  }

  /// The component that gives a token most of its probability.
  func mainComponent(of token: UInt32) -> Component {
    var best = (component: Component.document, sum: Float(0))
    var expert = 0
    while expert < Expert.count {
      // The experts of a component stand side by side, but for the document's recency, which is asked with its counts.
      let component = Expert.component(expert)
      var sum: Float = 0
      while expert < Expert.count && Expert.component(expert) == component {
        if weights[expert] > 0 { sum += weights[expert] * probability(of: token, expert: expert) }
        expert += 1
      }
      if component == .document && Expert.document.contains(expert - 1) {
        for expert in Expert.recency where weights[expert] > 0 {
          sum += weights[expert] * probability(of: token, expert: expert)
        }
      }
      if sum > best.sum { best = (component, sum) }
    }
    return best.component
  }

  /// −log2 P of a word, spelling included.
  func surprisalBits(of token: UInt32) -> Double {
    let counted = Double(countedProbability(of: token))
    let weight = Double(spellingWeight)
    if counted > 1e-6 { return -log2(counted) }
    let spelled = lexicon.bytes(of: token).withUnsafeBytes { spelling.log2Probability(of: $0) }
    // log2(counted + weight · 2^spelled), safe where 2^spelled underflows.
    if counted <= 0 { return -(log2(max(weight, 1e-30)) + spelled) }
    return -log2(counted + weight * exp2(spelled))
  }
}
