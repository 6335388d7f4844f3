import Platform

/// Experts that are counts of what followed a context, each of another kind of context: what components that count have
/// in common.
struct ContextExperts: ~Copyable {
  private let placement: ComponentPlacement
  /// By place; only those of active experts are valid.
  private let views: UnsafeMutablePointer<ExpertView>

  init(_ placement: ComponentPlacement) {
    self.placement = placement
    views = .allocate(capacity: placement.experts.count)
    views.initialize(repeating: ExpertView(), count: placement.experts.count)
  }

  deinit { views.deallocate() }

  @inline(__always)
  subscript(_ place: Int) -> ExpertView { views[place] }

  /// Activates the expert of no context at all, which the component looks up itself.
  func activate(_ place: Int, total: Int, distinct: Int, _ input: inout GateInput) {
    guard total > 0 else { return }
    views[place].total = Float(total)
    input.isActive[placement.experts.lowerBound + place] = true
    input.describe(
      place, firstFeature: placement.features.lowerBound, countPlusOne: Float(1 + total), greatestShare: 0,
      distinctPlusOne: Float(1 + distinct))
  }

  /// Activates an expert if anything followed its context.
  func activate(_ place: Int, _ given: ExpertView, _ input: inout GateInput) {
    guard !given.successors.isEmpty else { return }
    var view = given
    view.total = Float(view.successors.total) - Float(view.subtracted.total)
    if view.leftOut != .max {
      if view.successors.count(of: view.leftOut) > 0 { view.total -= 1 } else { view.leftOut = .max }
    }
    guard view.total >= 1 else { return }
    let share = view.greatestShare
    guard share > 0 else { return }
    views[place] = view
    input.isActive[placement.experts.lowerBound + place] = true
    input.describe(
      place, firstFeature: placement.features.lowerBound, countPlusOne: 1 + view.total, greatestShare: share,
      distinctPlusOne: 1 + view.distinct)
  }

  @inline(__always)
  func probability(of token: UInt32, byExpertAt place: Int) -> Float {
    Float(views[place].count(of: token)) / views[place].total
  }

  /// Adds what the experts from a place on give to many words, in their order: to all words, or to those that followed, whichever are
  /// fewer.
  ///
  /// - Parameter weights: of all experts, by number.
  func addShares(
    from firstPlace: Int, to words: UnsafeMutableBufferPointer<PartialProbability>, at places: WordPlaces,
    weights: UnsafePointer<Float>
  ) {
    for place in firstPlace..<placement.experts.count {
      let expert = placement.experts.lowerBound + place
      let (bit, weight, view) = (UInt64(1) << UInt64(expert), weights[expert], views[place])
      // Only those of active experts are valid.
      guard words.contains(where: { $0.missing & bit != 0 }) else { continue }
      let count = Int(view.successors.distinct)
      if count > 2 * words.count {
        for index in words.indices where words[index].missing & bit != 0 {
          words[index].sum += weight * (Float(view.count(of: words[index].token)) / view.total)
        }
        continue
      }
      places.forEach(of: count, { view.successors.element(at: $0).token }) { index, place in
        guard words[place].missing & bit != 0 else { return }
        let (token, count) = view.successors.element(at: index)
        words[place].sum += weight * (Float(view.count(of: token, counted: count)) / view.total)
      }
    }
  }

  /// What a distribution gives to the word that followed most often in the last active one of some contexts.
  func agreement(
    with probability: (UInt32) -> Float, among places: Range<Int>, _ input: borrowing GateInput
  ) -> Float {
    let first = placement.experts.lowerBound
    guard let longest = places.last(where: { input.isActive[first + $0] }) else { return 0 }
    return views[longest].greatest(ofMostFrequent: probability) ?? 0
  }

  // MARK: Naming

  func name(
    _ round: NamingRound, from firstPlace: Int, _ nominations: Nominations, where accepts: (UInt32) -> Bool
  ) {
    switch round {
    case .opening:
      for place in firstPlace..<placement.experts.count {
        guard nominations.isActive(placement.experts.lowerBound + place) else { continue }
        name(place, atLeast: 1, after: 0, limit: nominations.openingLimit, nominations, nil, accepts)
      }
    case .completing:
      for place in firstPlace..<placement.experts.count {
        let expert = placement.experts.lowerBound + place
        guard nominations.isActive(expert), !nominations.isComplete(expert) else { continue }
        let view = views[place]
        let needed = max(1, (nominations.least / nominations.weights[expert] * view.total).rounded(.up))
        guard needed <= Float(view.successors.maximum) else { continue }
        name(
          place, atLeast: UInt32(min(needed, 0x1p31)), after: nominations.openingLimit,
          limit: Nominations.limit, nominations, nil, accepts)
      }
    case .lists, .searching: break
    }
  }

  func nameAll(
    _ round: NamingRound, from firstPlace: Int, _ nominations: Nominations, _ filter: TokenFilter,
    where accepts: (UInt32) -> Bool
  ) {
    guard round == .opening else { return }
    for place in firstPlace..<placement.experts.count {
      guard nominations.isActive(placement.experts.lowerBound + place) else { continue }
      name(place, atLeast: 1, after: 0, limit: .max, nominations, filter, accepts)
    }
  }

  /// Adds what an expert gives to its words.
  @inline(__always)
  private func name(
    _ place: Int, atLeast count: UInt32, after passed: Int, limit: Int, _ nominations: Nominations,
    _ filter: TokenFilter?, _ accepts: (UInt32) -> Bool
  ) {
    let expert = placement.experts.lowerBound + place
    let view = views[place]
    let scale = nominations.weights[expert] / view.total
    let bit: UInt64 = 1 << UInt64(expert)
    if count <= 1 && Int(view.successors.distinct) <= limit { nominations.completeExperts |= bit }
    let isPlain = view.subtracted.isEmpty && view.leftOut == .max
    let (candidates, subtracted, leftOut) = (nominations.candidates, view.subtracted, view.leftOut)
    view.successors.forEach(
      atLeast: count, after: passed, limit: limit, scratch: &nominations.heapScratch
    ) { token, count in
      if let filter, !filter.admits(token) { return }
      var counted = count
      if !isPlain {
        let taken = subtracted.count(of: token) + (token == leftOut ? 1 : 0)
        guard counted > taken else { return }
        counted -= taken
      }
      candidates.add(token, scale * Float(counted), contributor: bit, where: accepts)
    }
  }
}

extension GateInput {
  /// Numbers that most experts show the gate.
  static let statisticCount = 3

  /// Shows the gate how well an expert knows the context: the count behind it, the share of the most frequent successor,
  /// the number of different successors.
  ///
  /// - Parameter firstFeature: of the component whose expert stands at `place`; its features begin with these.
  mutating func describe(
    _ place: Int, firstFeature: Int, countPlusOne: Float, greatestShare: Float, distinctPlusOne: Float
  ) {
    let offset = firstFeature + Self.statisticCount * place
    features[offset] = log2f(countPlusOne) / 8
    features[offset + 1] = greatestShare
    features[offset + 2] = log2f(distinctPlusOne) / 8
  }

  /// What such an expert's logit gains where no gate was fitted.
  func confidence(_ place: Int, firstFeature: Int) -> Float {
    let offset = firstFeature + Self.statisticCount * place
    return 1.5 * features[offset + 1] + 0.8 * features[offset]
  }
}
