import NGrams
import Platform

/// What one layer brings into the mixture: its n-grams, its contexts, and its own gate, which weighs them and the document's
/// experts as it has learned to in its own held-out text.
///
/// The engine mixes gates: expert e has the weight Σₘ λₘ · gₘₑ over the model and its layers m, where an expert that one of
/// them lacks has the weight 0 there. Holds scratch memory of one position; whoever owns it serialises access.
final class LayerExperts {
  let layer: ModelLayer
  /// Its place among the layers, from 0.
  let index: Int
  /// The n-grams' expert; those of the contexts follow.
  private let firstExpert: Int
  let mask: UInt64
  private let stack: LayerStack
  private let ngrams: NGramComponent?
  private let trained: TrainedContexts?
  let gate: Gate?
  /// Whether its gate was fitted with a network, and knows what one is worth.
  let knowsNetworks: Bool
  private let contexts: ContextExperts
  private var context = NGramContext()
  private var input = GateInput()
  private var window = TokenSequence()
  private let hidden: UnsafeMutablePointer<Float>
  /// What its gate gives to the experts of the core, its own n-grams and contexts in the place of the model's.
  private let gateWeights: UnsafeMutablePointer<Float>

  /// So many experts a layer has.
  static let expertCount = 1 + TrainedContextExperts.expertCount
  /// As `NGramExpert` has it.
  private static let prefixedLimit = 192

  private static let ngramPlacement = MixtureLayout.placement(of: NGramExpert.self)
  private static let contextPlacement = MixtureLayout.placement(of: TrainedContextExperts.self)
  private static let networkPlacement = MixtureLayout.placement(of: NetworkExpert.self)
  /// Experts of the core that a layer weighs too: those of the document, of its neighbours, and of spelling.
  private static let sharedExperts: [Int] = (0..<MixtureLayout.expertCount).filter { expert in
    ![ngramPlacement, contextPlacement, networkPlacement].contains { $0.experts.contains(expert) }
  }

  /// - Parameters:
  ///   - index: the layer's place among those of the stack.
  ///   - firstExpert: where the numbers of its experts begin.
  init(_ layer: ModelLayer, stack: LayerStack, index: Int, firstExpert: Int) {
    self.stack = stack
    self.index = index
    self.firstExpert = firstExpert
    self.layer = layer
    mask = (firstExpert..<firstExpert + Self.expertCount).reduce(0) { $0 | 1 << UInt64($1) }
    ngrams = layer.model.ngrams
    trained = layer.model.contexts
    gate = layer.model.weights?.gate
    knowsNetworks = layer.model.hasNetwork
    contexts = ContextExperts(Self.contextPlacement)
    hidden = .allocate(capacity: Gate.hiddenCount)
    hidden.initialize(repeating: 0, count: Gate.hiddenCount)
    gateWeights = .allocate(capacity: Gate.expertStride)
    gateWeights.initialize(repeating: 0, count: Gate.expertStride)
  }

  deinit {
    hidden.deallocate()
    gateWeights.deallocate()
  }

  /// How many of the last tokens its n-grams have seen in a row.
  var matchedCount: Int { context.matchedCount }

  // MARK: Preparing

  /// Looks at the tokens before a position.
  func prepare(_ position: borrowing MixturePosition) {
    readWindow(position)
    context = ngrams?.context(of: window, at: window.count) ?? NGramContext()
  }

  /// Asks its gate what it would give to another model's experts.
  ///
  /// - Parameters:
  ///   - core: what the position shows that model.
  ///   - weights: receives `Gate.expertStride` weights.
  func weigh(_ core: borrowing GateInput, asOwn weights: UnsafeMutablePointer<Float>) {
    guard let gate else { return }
    input.features = core.features
    input.isActive = core.isActive
    readRows()
    gate.forward(input, hidden: hidden, weights: weights)
  }

  /// The structural words before the position as its gate knows them.
  private func readRows() {
    let end = window.count
    input.rows = (
      window.tokenClass(at: end - 1).gateRow, window.tokenClass(at: end - 2).gateRow,
      window.tokenClass(at: end - 3).gateRow
    )
  }

  /// Asks its gate.
  ///
  /// - Parameters:
  ///   - core: what the position shows the model's own.
  ///   - withNetwork: whether the network that is shown is the layer's.
  func weigh(_ core: borrowing GateInput, withNetwork: Bool) {
    input.features = core.features
    input.isActive = core.isActive
    input.hide(Self.ngramPlacement)
    input.hide(Self.contextPlacement)
    if !withNetwork { input.hide(Self.networkPlacement) }
    input.features[MixtureLayout.modelFeature] = 1
    let end = window.count
    readRows()
    if ngrams != nil {
      input.isActive[Self.ngramPlacement.experts.lowerBound] = true
      let matched = min(context.matchedCount, NGramExpert.featureCount - 1)
      input.features[Self.ngramPlacement.features.lowerBound + matched] = 1
    }
    if let trained {
      let keys = MixturePosition(window, at: end, MixtureSources()).keys
      for (place, kind) in ContextKind.trained.enumerated() {
        contexts.activate(place, ExpertView(successors: trained.successors(kind, keys[kind])), &input)
      }
    }
    if let gate {
      gate.forward(input, hidden: hidden, weights: gateWeights)
    } else {
      StandardGate.weigh(input, weights: gateWeights)
    }
  }

  /// The last tokens as the layer knows them.
  private func readWindow(_ position: borrowing MixturePosition) {
    let reach = TokenSequence.reach
    let start = max(0, position.index - reach)
    window = TokenSequence()
    window.reserveCapacity(reach)
    for place in start..<position.index {
      let number = position.sequence.id(at: place)
      let id = stack.joined.id(of: number, in: index + 1)
      let own = position.sequence.tokenClass(at: place)
      // What the layer does not know is no word of its contexts.
      window.append(
        id: id == 0 ? .max : id,
        tokenClass: stack.tokenClass(of: id, number: number, own: own, inLayer: index))
    }
  }

  /// Adds its part to the weights.
  ///
  /// - Parameters:
  ///   - share: λ, its share of the whole.
  ///   - withNetwork: whether the network that is asked is the layer's.
  func addWeights(_ weights: UnsafeMutablePointer<Float>, share: Float, withNetwork: Bool) {
    for expert in Self.sharedExperts { weights[expert] += share * gateWeights[expert] }
    if withNetwork {
      for expert in Self.networkPlacement.experts { weights[expert] += share * gateWeights[expert] }
    }
    weights[firstExpert] = share * gateWeights[Self.ngramPlacement.experts.lowerBound]
    for place in 0..<TrainedContextExperts.expertCount {
      weights[firstExpert + 1 + place] =
        share * gateWeights[Self.contextPlacement.experts.lowerBound + place]
    }
  }

  // MARK: Asking

  /// As `MixtureComponent.addShares(to:weights:)`.
  func addShares(to words: UnsafeMutableBufferPointer<PartialProbability>, weights: UnsafePointer<Float>) {
    for index in words.indices {
      let missing = words[index].missing & mask
      guard missing != 0 else { continue }
      let id = stack.joined.id(of: words[index].token, in: self.index + 1)
      // `<unk>` is all that the layer lacks, and no word of its own.
      guard id > 2 || words[index].token < 3 else { continue }
      var sum = words[index].sum
      if missing >> UInt64(firstExpert) & 1 != 0, let ngrams {
        sum += weights[firstExpert] * ngrams.probability(of: id, after: context)
      }
      for place in 0..<TrainedContextExperts.expertCount
      where missing >> UInt64(firstExpert + 1 + place) & 1 != 0 {
        sum += weights[firstExpert + 1 + place] * contexts.probability(of: id, byExpertAt: place)
      }
      words[index].sum = sum
    }
  }

  /// Names the words that its n-grams and contexts expect most.
  func name(_ nominations: Nominations, where accepts: (UInt32) -> Bool) {
    nameFollowing(nominations, limit: Nominations.limit, ids: nil, where: accepts)
    nameExpected(nominations, limit: max(Nominations.limit, nominations.rank), ids: nil, where: accepts)
  }

  /// Names those of its words that begin so.
  ///
  /// - Parameter view: what its network expects; nil where another one is asked, or none.
  func name(
    _ nominations: Nominations, beginningWith prefix: [UInt8], view: RecurrentView?,
    where accepts: (UInt32) -> Bool
  ) {
    let ids = layer.model.vocabulary.ids(withPrefix: prefix)
    guard !ids.isEmpty else { return }
    nameFollowing(nominations, limit: .max, ids: ids, where: accepts)
    nameExpected(nominations, limit: Self.prefixedLimit, ids: ids, where: accepts)
    nameNetworks(nominations, view, ids: ids, where: accepts)
  }

  /// Adds what its network gives to those of its words that the network expects most.
  private func nameNetworks(
    _ nominations: Nominations, _ view: RecurrentView?, ids: Range<UInt32>, where accepts: (UInt32) -> Bool
  ) {
    let weight = nominations.weights[Self.networkPlacement.experts.lowerBound]
    guard let view, weight > 0 else { return }
    view.forEachBest(limit: RecurrentView.listCount, tokens: ids) { number, probability in
      nominations.candidates.add(
        number, weight * probability, contributor: Self.networkPlacement.mask, where: accepts)
    }
  }

  /// Adds what the contexts give to the words that followed them most often.
  private func nameFollowing(
    _ nominations: Nominations, limit: Int, ids: Range<UInt32>?, where accepts: (UInt32) -> Bool
  ) {
    let candidates = nominations.candidates
    for place in 0..<TrainedContextExperts.expertCount {
      let expert = firstExpert + 1 + place
      guard nominations.weights[expert] > 0 else { continue }
      let view = contexts[place]
      let scale = nominations.weights[expert] / view.total
      let bit: UInt64 = 1 << UInt64(expert)
      view.successors.forEach(atLeast: 1, after: 0, limit: limit, scratch: &nominations.heapScratch) {
        id, count in
        guard ids?.contains(id) ?? true else { return }
        candidates.add(
          stack.joined.number(of: id, in: index + 1), scale * Float(count), contributor: bit, where: accepts)
      }
    }
  }

  private func nameExpected(
    _ nominations: Nominations, limit: Int, ids: Range<UInt32>?, where accepts: (UInt32) -> Bool
  ) {
    let weight = nominations.weights[firstExpert]
    guard let ngrams, weight > 0 else { return }
    let candidates = nominations.candidates
    let bit: UInt64 = 1 << UInt64(firstExpert)
    var least = ids == nil ? nominations.lastSum * Nominations.sufficientShare : 0
    var named = 0
    ngrams.forEachSuccessor(of: context, limit: limit, ids: ids) { id, probability in
      guard weight * probability >= least else { return false }
      candidates.add(
        stack.joined.number(of: id, in: index + 1), weight * probability, contributor: bit, where: accepts)
      named += 1
      if ids == nil && named % 8 == 0 { least = nominations.lastSum * Nominations.sufficientShare }
      return true
    }
  }
}
