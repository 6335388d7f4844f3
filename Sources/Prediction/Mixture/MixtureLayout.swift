/// The components of the mixture, and the numbers of their experts and features.
enum MixtureLayout {
  /// Every component. Their order is that of the numbers in `mixture.bin` and that in which probabilities are summed up:
  /// a change of it, or of what a component counts, is a new version of the file.
  static let components: [any MixtureComponent.Type] = [
    NGramExpert.self,
    SpellingExpert.self,
    TrainedContextExperts.self,
    DocumentExperts.self,
    NeighbourExperts.self,
    RecencyExperts.self,
    NetworkExpert.self,
  ]

  /// Where each of them stands.
  static let placements: [ComponentPlacement] = {
    var experts = 0
    var features = 0
    var flags = 0
    let flagBase = components.reduce(0) { $0 + $1.featureCount } + 2
    return components.map { component in
      defer {
        experts += component.expertCount
        features += component.featureCount
        flags += component.hasFlag ? 1 : 0
      }
      return ComponentPlacement(
        experts: experts..<experts + component.expertCount,
        features: features..<features + component.featureCount,
        flag: component.hasFlag ? flagBase + flags : nil)
    }
  }()

  static let expertCount = {
    let count = placements.last?.experts.upperBound ?? 0
    precondition(count <= UInt64.bitWidth, "sets of experts are of \(UInt64.bitWidth) bits")
    return count
  }()

  /// How far into its document a position is; behind the features of all components.
  static let positionFeature = placements.last?.features.upperBound ?? 0
  /// Whether there is a model.
  static let modelFeature = positionFeature + 1
  /// The components' flags follow.
  static let featureCount = modelFeature + 1 + components.count { $0.hasFlag }

  /// Experts that give probability to words by their numbers. A bit each.
  static let wordExperts: UInt64 = zip(components, placements).reduce(0) {
    $1.0.knowsWords ? $0 | $1.1.mask : $0
  }

  /// The components by their names, in the order in which the names come first: their places, and behind them the diff's.
  static let groups: [(name: Component, members: [Int])] = {
    var groups: [(name: Component, members: [Int])] = []
    for (index, component) in (components + [DiffExpert.self]).enumerated() {
      if let group = groups.firstIndex(where: { $0.name == component.name }) {
        groups[group].members.append(index)
      } else {
        groups.append((component.name, [index]))
      }
    }
    return groups
  }()

  static func placement(of component: any MixtureComponent.Type) -> ComponentPlacement {
    placements[components.firstIndex { $0 == component }!]
  }

  /// All of them, ready for positions.
  static func makeComponents(_ setting: MixtureSetting) -> [any MixtureComponent] {
    var made: [any MixtureComponent] = []
    for (component, placement) in zip(components, placements) {
      made.append(component.init(placement, setting, earlier: made))
    }
    return made
  }
}
