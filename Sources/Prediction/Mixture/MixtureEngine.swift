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
  private(set) var views = [ExpertView](repeating: ExpertView(), count: Expert.count)
  private var window = RecencyWindow()
  private var ngramState = NGramContext()
  private var recurrent: RecurrentView?
  private var document: DocumentCounts?
  private var neighbours: DocumentCounts?
  private var neighboursIncludeDocument = false
  private var leftOut: UInt32 = .max
  private let hidden: UnsafeMutablePointer<Float>
  let weights: UnsafeMutablePointer<Float>
  private var candidates = CandidateScores()
  private var scratch: [Int] = []

  init(lexicon: Lexicon, model: Model?) {
    self.lexicon = lexicon
    self.model = model
    spelling = SpellingModel(contexts: model?.contexts)
    hidden = .allocate(capacity: Gate.hiddenCount)
    hidden.initialize(repeating: 0, count: Gate.hiddenCount)
    weights = .allocate(capacity: Gate.expertStride)
    weights.initialize(repeating: 0, count: Gate.expertStride)
  }

  deinit {
    hidden.deallocate()
    weights.deallocate()
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
    let sums = componentProbabilities(of: token)
    let order = Component.allCases
    return order.max { sums[$0, default: 0] < sums[$1, default: 0] } ?? .document
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

  // MARK: Candidates

  /// The most words of a typed prefix that the n-grams are asked for: those behind them are never among the first ten
  /// unless the document or other contexts name them too, which are asked for all theirs.
  private static let prefixedLimit = 192

  /// Sums up the probabilities of the words that the experts name, `limit` of each.
  ///
  /// A sum lacks what experts give to words that are not among their `limit` best.
  func collect(limit: Int, ids: Range<UInt32>? = nil) -> CandidateScores {
    candidates.removeAll()
    if input.isActive[Expert.ngram], let ngrams = model?.ngrams {
      let weight = weights[Expert.ngram]
      let limit = ids == nil ? limit : min(limit, Self.prefixedLimit)
      ngrams.forEachSuccessor(of: ngramState, limit: limit, ids: ids) { candidates.add($0, weight * $1) }
    }
    for expert in Expert.trained.lowerBound..<Expert.neighbours.upperBound where input.isActive[expert] {
      if expert == Expert.document.lowerBound || expert == Expert.neighbours.lowerBound { continue }
      collect(expert, limit: limit)
    }
    for expert in Expert.recency where input.isActive[expert] {
      let list = window.lists[expert - Expert.recency.lowerBound]
      let weight = weights[expert] / list.sum
      let scores = list.scores
      for index in scores.tokens.indices {
        candidates.add(scores.tokens[index], weight * scores.scores[index])
      }
    }
    if let recurrent, input.isActive[Expert.recurrent] {
      let weight = weights[Expert.recurrent]
      recurrent.forEachBest(limit: min(limit, RecurrentView.listCount), ids: ids) {
        candidates.add($0, weight * $1)
      }
    }
    if lexicon.forgetsWords { candidates.removeAll { lexicon.isForgotten($0) } }
    return candidates
  }

  private func collect(_ expert: Int, limit: Int) {
    let view = views[expert]
    let weight = weights[expert] / view.total
    let isPlain = view.subtracted.isEmpty && view.leftOut == .max
    view.successors.forEachFrequent(limit: limit, scratch: &scratch) { token, count in
      let counted = isPlain ? Int(count) : view.count(of: token)
      if counted > 0 { candidates.add(token, weight * Float(counted)) }
    }
  }

  /// The most probable words, best first, each with its exact probability.
  ///
  /// - Parameter accepts: whether a word may be among them.
  func best(_ limit: Int, where accepts: (UInt32) -> Bool = { _ in true }) -> [(
    token: UInt32, probability: Float
  )] {
    let scores = collect(limit: 48)
    var found: [(token: UInt32, probability: Float)] = []
    for (token, score) in zip(scores.tokens, scores.scores) where accepts(token) {
      found.append((token, score))
    }
    return refine(&found, limit)
  }

  /// The most probable words that begin with what is typed and are longer, best first, each with its exact probability.
  func best(_ limit: Int, continuing typed: [UInt8]) -> [(token: UInt32, probability: Float)] {
    if typed.isEmpty { return best(limit) }
    var scores = collect(limit: 4096, ids: lexicon.vocabulary?.ids(withPrefix: typed))
    // Any word of the document may be meant, whatever its contexts.
    if input.isActive[Expert.document.lowerBound] { document?.forEachToken { scores.add($0, 0) } }
    var found: [(token: UInt32, probability: Float)] = []
    lexicon.withReading { reading in
      for (token, score) in zip(scores.tokens, scores.scores) {
        let continues = reading.withBytes(of: token) { bytes in
          bytes.count > typed.count && bytes.starts(with: typed)
        }
        if continues { found.append((token, score)) }
      }
    }
    return refine(&found, limit)
  }

  /// Ranks by the collected sums, then the best of them by their exact probability.
  func refine(
    _ found: inout [(token: UInt32, probability: Float)], _ limit: Int
  ) -> [(token: UInt32, probability: Float)] {
    found.sort { ($1.probability, $0.token) < ($0.probability, $1.token) }
    if found.count > 2 * limit + 4 { found.removeLast(found.count - 2 * limit - 4) }
    for index in found.indices { found[index].probability = countedProbability(of: found[index].token) }
    found.sort { ($1.probability, $0.token) < ($0.probability, $1.token) }
    return Array(found.prefix(limit))
  }
}
