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

  private(set) var input = GateInput()
  /// In the order of `MixtureLayout.components`, and behind them the diff's.
  let components: [any MixtureComponent]
  /// Of the layers below the model, in their order.
  private let layers: [LayerExperts]
  /// Those that have a share at the position.
  private var activeLayers: [LayerExperts] = []
  /// In the order of the components, the experts of each.
  private let masks: UnsafeMutablePointer<UInt64>
  private let diff: DiffExpert
  /// The place of the layer whose network is asked; nil where that is the model's own, or there is none.
  private let networkLayer: Int?
  private let hasOwnNetwork: Bool
  /// What the network expects at the position.
  private var networkView: RecurrentView?
  private static let networkPlacement = MixtureLayout.placement(of: NetworkExpert.self)
  private let groups: ExpertGroups
  /// Experts of the components, the layers and the diff together.
  private let weightCount: Int
  /// Those that spell words.
  private let spellingComponents: [any MixtureComponent]
  private let hidden: UnsafeMutablePointer<Float>
  let weights: UnsafeMutablePointer<Float>
  let nominations: Nominations
  var candidates: CandidateScores { nominations.candidates }
  /// Experts that have something to say. A bit each.
  private(set) var activeExperts: UInt64 = 0
  /// Those of them that have a weight and give probability to words by their numbers. A bit each.
  private(set) var weightedExperts: UInt64 = 0
  private let places = WordPlaces()
  let offers: OfferedWords
  let indexedWords = IndexedWords()

  init(lexicon: Lexicon, model: Model?) {
    self.lexicon = lexicon
    self.model = model
    spelling = SpellingModel(contexts: model?.contexts)
    let setting = MixtureSetting(
      lexicon: lexicon, ngrams: model?.ngrams, contexts: model?.contexts, spelling: spelling,
      diffWeights: model?.diffWeights ?? .standard)
    layers = Self.makeLayers(lexicon.layers, model)
    networkLayer = layers.isEmpty ? nil : model?.networkLayer
    hasOwnNetwork = networkLayer == nil && model?.hasNetwork == true
    groups = ExpertGroups(layerCount: layers.count)
    // Behind the experts of the layers.
    let first = Gate.expertStride + layers.count * LayerExperts.expertCount
    weightCount = first + DiffExpert.expertCount
    precondition(weightCount <= UInt64.bitWidth, "sets of experts are of \(UInt64.bitWidth) bits")
    let none = MixtureLayout.positionFeature
    let placement = ComponentPlacement(experts: first..<weightCount, features: none..<none, flag: nil)
    diff = DiffExpert(placement, setting, earlier: [])
    components = MixtureLayout.makeComponents(setting) + [diff]
    spellingComponents = components.filter { type(of: $0).spellsWords }
    masks = .allocate(capacity: components.count)
    for (index, component) in components.enumerated() {
      (masks + index).initialize(to: component.placement.mask)
    }
    hidden = .allocate(capacity: Gate.hiddenCount)
    hidden.initialize(repeating: 0, count: Gate.hiddenCount)
    weights = .allocate(capacity: weightCount)
    weights.initialize(repeating: 0, count: weightCount)
    nominations = Nominations(weights: weights)
    offers = OfferedWords(lexicon: lexicon)
  }

  private static func makeLayers(_ stack: LayerStack?, _ model: Model?) -> [LayerExperts] {
    guard let stack, let model else { return [] }
    return model.layers.enumerated().map { index, layer in
      LayerExperts(
        layer, stack: stack, index: index, firstExpert: Gate.expertStride + index * LayerExperts.expertCount)
    }
  }

  deinit {
    masks.deallocate()
    hidden.deallocate()
    weights.deallocate()
  }

  // MARK: Preparing

  /// Looks at the position before the token at `index`.
  func prepare(_ sequence: TokenSequence, at index: Int, _ sources: MixtureSources) {
    let position = MixturePosition(sequence, at: index, sources)
    fetchContexts(of: position)
    for feature in 0..<MixtureLayout.featureCount { input.features[feature] = 0 }
    for expert in 0..<MixtureLayout.expertCount { input.isActive[expert] = false }
    input.rows = (
      sequence.tokenClass(at: index - 1).gateRow, sequence.tokenClass(at: index - 2).gateRow,
      sequence.tokenClass(at: index - 3).gateRow
    )
    if model != nil { input.features[MixtureLayout.modelFeature] = 1 }
    for component in components where isOn(component) { component.prepare(position, &input) }
    input.features[MixtureLayout.positionFeature] = min(1, Float(index) / 2000)
    for layer in layers { layer.prepare(position) }
    networkView = switchedOff.contains(.recurrent) ? nil : sources.recurrent
    let shown = hideNetworkOfLayer()
    weigh(shown)
    if !layers.isEmpty { weighLayers(position, shown) }
    if !sources.adaptation.isNeutral { groups.apply(sources.adaptation, to: weights) }
    addDiff()
  }

  /// What the components look up one by one is brought from memory together.
  private func fetchContexts(of position: borrowing MixturePosition) {
    let (sources, keys) = (position.sources, position.keys)
    sources.neighbours?.fetch(keys)
    sources.document?.fetch(keys)
    let trained = model?.contexts
    for kind in ContextKind.trained { trained?.fetch(.slot, kind, keys[kind]) }
    sources.neighbours?.fetchBlocks(keys)
    sources.document?.fetchBlocks(keys)
    for kind in ContextKind.trained { trained?.fetch(.block, kind, keys[kind]) }
  }

  private func isOn(_ component: any MixtureComponent) -> Bool {
    if switchedOff.isEmpty { return true }
    let type = type(of: component)
    return !type.knowsWords || !switchedOff.contains(type.name)
  }

  /// Lets go of what the position was asked with, and of scratch memory that a large document has made large.
  func finish() {
    for component in components { component.finish() }
    activeLayers.removeAll(keepingCapacity: true)
    networkView = nil
    nominations.giveBack()
    places.giveBack()
  }

  /// Takes a layer's network out of what the model's own gate sees: that was fitted without it.
  ///
  /// - Returns: what the layer's gate sees in its place; nil where the network is the model's own, or there is none.
  private func hideNetworkOfLayer() -> GateInput? {
    guard networkLayer != nil, input.isActive[Self.networkPlacement.experts.lowerBound] else { return nil }
    let shown = input
    input.hide(Self.networkPlacement)
    return shown
  }

  /// - Parameter shown: what the position shows the layer whose network is asked; nil for none.
  private func weigh(_ shown: GateInput?) {
    if let gate = model?.weights?.gate {
      gate.forward(input, hidden: hidden, weights: weights)
    } else if let layer = layers.first(where: { $0.gate != nil && (!hasOwnNetwork || $0.knowsNetworks) }) {
      // Fitted to the text of another model, it knows more than constants do.
      layer.weigh(layer.index == networkLayer ? shown ?? input : input, asOwn: weights)
    } else {
      StandardGate.weigh(input, weights: weights)
    }
    activeExperts = 0
    weightedExperts = 0
    for expert in 0..<MixtureLayout.expertCount {
      if input.isActive[expert] { activeExperts |= 1 << UInt64(expert) }
      if weights[expert] > 0 { weightedExperts |= 1 << UInt64(expert) }
    }
    weightedExperts &= MixtureLayout.wordExperts
    weights[diff.placement.experts.lowerBound] = 0
  }

  /// Gives the diff its part of the weight, and the others what is left of theirs.
  private func addDiff() {
    let (expert, share) = (diff.placement.experts.lowerBound, diff.share)
    weights[expert] = share
    guard share > 0 else { return }
    for other in 0..<expert { weights[other] *= 1 - share }
    activeExperts |= diff.placement.mask
    weightedExperts |= diff.placement.mask
  }

  /// Mixes the layers' gates with the model's own, and activates the layers' experts.
  ///
  /// - Parameter shown: what the position shows the layer whose network is asked; nil for none.
  private func weighLayers(_ position: borrowing MixturePosition, _ shown: GateInput?) {
    var matched = SIMD8<Int32>()
    let ngramFeatures = MixtureLayout.placement(of: NGramExpert.self).features
    let known = ngramFeatures.last { input.features[$0] != 0 }
    matched[0] = Int32((known ?? ngramFeatures.lowerBound) - ngramFeatures.lowerBound)
    for layer in layers { matched[layer.index + 1] = Int32(layer.matchedCount) }
    var isOn = SIMD8<Int32>(repeating: 1)
    for layer in layers where switchedOff.contains(layer.layer.kind.component) { isOn[layer.index + 1] = 0 }
    let shares = LayerShares.shares(
      position.sources.evidence, matchedCounts: matched, isOn: isOn, layerCount: layers.count)
    for expert in 0..<Gate.expertStride { weights[expert] *= shares[0] }
    activeLayers.removeAll(keepingCapacity: true)
    for layer in layers {
      let share = shares[layer.index + 1]
      let network = layer.index == networkLayer ? shown : nil
      if share > 0 { layer.weigh(network ?? input, withNetwork: network != nil) }
      layer.addWeights(weights, share: share, withNetwork: network != nil)
      guard share > 0 else { continue }
      activeLayers.append(layer)
      activeExperts |= layer.mask
    }
    if weights[Self.networkPlacement.experts.lowerBound] > 0 { activeExperts |= Self.networkPlacement.mask }
    for expert in 0..<weightCount where weights[expert] > 0 { weightedExperts |= 1 << UInt64(expert) }
    weightedExperts &= MixtureLayout.wordExperts | ~(1 << UInt64(Gate.expertStride) - 1)
  }

  /// Gathers in `candidates` the words that the layers expect.
  ///
  /// - Parameter prefix: how they begin; nil for any.
  func nameLayerWords(beginningWith prefix: [UInt8]?, where accepts: (UInt32) -> Bool) {
    for layer in activeLayers {
      if let prefix {
        layer.name(
          nominations, beginningWith: prefix, view: layer.index == networkLayer ? networkView : nil,
          where: accepts)
      } else {
        layer.name(nominations, where: accepts)
      }
    }
  }

  // MARK: Probabilities

  /// Adds Σ weightₑ · Pₑ(token) to the sum of each word over the experts that are missing there, in the order of their
  /// numbers. A component is called once for all words.
  func addShares(to words: UnsafeMutableBufferPointer<PartialProbability>) {
    var missing: UInt64 = 0
    for word in words { missing |= word.missing }
    let hasPlaces = words.count >= WordPlaces.leastCount && places.find(words)
    for index in 0..<components.count where masks[index] & missing != 0 {
      if hasPlaces {
        components[index].addShares(to: words, at: places, weights: weights)
      } else {
        components[index].addShares(to: words, weights: weights)
      }
    }
    for layer in activeLayers where layer.mask & missing != 0 { layer.addShares(to: words, weights: weights) }
  }

  /// The same for one word.
  func sum(_ word: PartialProbability) -> Float {
    var word = word
    withUnsafeMutablePointer(to: &word) { addShares(to: UnsafeMutableBufferPointer(start: $0, count: 1)) }
    return word.sum
  }

  /// What the spelling of a word is weighed with: the spelling model's own weight, and of the network's what it gives
  /// to words that it does not know.
  var spellingWeight: Float {
    var sum: Float = 0
    for component in spellingComponents {
      for (place, expert) in component.placement.experts.enumerated() where weights[expert] > 0 {
        sum += weights[expert] * component.spelledShare(ofExpertAt: place)
      }
    }
    return sum
  }

  /// P of a token without what the spelling model adds.
  func countedProbability(of token: UInt32) -> Float {
    sum(PartialProbability(token: token, sum: 0, missing: weightedExperts))
  }

  /// What each component adds to a token's probability.
  func componentProbabilities(of token: UInt32) -> [Component: Float] {
    var sums: [Component: Float] = [:]
    for (name, members) in MixtureLayout.groups { sums[name] = probability(of: token, by: members) }
    for layer in activeLayers {
      sums[layer.layer.kind.component, default: 0] += probability(of: token, by: layer)
    }
    return sums
  }

  /// For each of some tokens the component that gives it most of its probability.
  func mainComponents(of tokens: [UInt32]) -> [Component] {
    var best = [(component: Component, sum: Float)](repeating: (.document, 0), count: tokens.count)
    var words = tokens.map { PartialProbability(token: $0, sum: 0, missing: weightedExperts) }
    words.withUnsafeMutableBufferPointer { words in
      func compare(_ component: Component, _ addShares: () -> Void) {
        for index in words.indices { words[index].sum = 0 }
        addShares()
        for index in words.indices where words[index].sum > best[index].sum {
          best[index] = (component, words[index].sum)
        }
      }
      for (name, members) in MixtureLayout.groups {
        guard members.contains(where: { masks[$0] & weightedExperts != 0 }) else { continue }
        compare(name) {
          for member in members where masks[member] & weightedExperts != 0 {
            components[member].addShares(to: words, weights: weights)
          }
        }
      }
      for layer in activeLayers {
        compare(layer.layer.kind.component) { layer.addShares(to: words, weights: weights) }
      }
    }
    return best.map(\.component)
  }

  /// What each layer adds to a token's probability.
  func layerProbabilities(of token: UInt32) -> [(layer: ModelLayer, probability: Float)] {
    activeLayers.map { ($0.layer, probability(of: token, by: $0)) }
  }

  private func probability(of token: UInt32, by layer: LayerExperts) -> Float {
    sum(PartialProbability(token: token, sum: 0, missing: weightedExperts & layer.mask))
  }

  private func probability(of token: UInt32, by members: [Int]) -> Float {
    let experts = members.reduce(0) { $0 | masks[$1] }
    return sum(PartialProbability(token: token, sum: 0, missing: weightedExperts & experts))
  }

  /// Has an adaptation learn from the token that came at the position.
  func teach(_ adaptation: inout WeightAdaptation, _ token: UInt32) {
    var shares = SIMD16<Float>()
    groups.forEach(among: weightedExperts) { group, experts in
      shares[group.rawValue] = sum(PartialProbability(token: token, sum: 0, missing: experts))
    }
    if shares.sum() < Self.leastCounted {
      let spelled = lexicon.bytes(of: token).withUnsafeBytes { spelling.log2Probability(of: $0) }
      shares[ExpertGroup.spelling.rawValue] += spellingWeight * exp2f(Float(max(spelled, -100)))
    }
    adaptation.learn(weights: groups.sums(weights), shares: shares)
  }

  /// A word that has more is known to something other than the spelling model, which then makes no difference.
  private static let leastCounted: Float = 1e-6

  /// −log2 P of a word, spelling included.
  func surprisalBits(of token: UInt32) -> Double {
    let counted = Double(countedProbability(of: token))
    let weight = Double(spellingWeight)
    if counted > Double(Self.leastCounted) { return -log2(counted) }
    let spelled = lexicon.bytes(of: token).withUnsafeBytes { spelling.log2Probability(of: $0) }
    // log2(counted + weight · 2^spelled), safe where 2^spelled underflows.
    if counted <= 0 { return -(log2(max(weight, 1e-30)) + spelled) }
    return -log2(counted + weight * exp2(spelled))
  }
}
