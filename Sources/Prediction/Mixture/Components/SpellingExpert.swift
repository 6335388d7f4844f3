/// The spelling of words: what gives every word probability, those that nobody has seen included.
final class SpellingExpert: MixtureComponent {
  static let name = Component.spelling
  static let expertCount = 1
  static let featureCount = 0
  static let knowsWords = false
  static let spellsWords = true

  let placement: ComponentPlacement

  static func group(ofExpertAt place: Int) -> ExpertGroup { .spelling }

  init(_ placement: ComponentPlacement, _ setting: MixtureSetting, earlier: [any MixtureComponent]) {
    self.placement = placement
  }

  static func standardLogit(_ place: Int, _ input: borrowing GateInput, firstFeature: Int) -> Float { -1.5 }

  func prepare(_ position: borrowing MixturePosition, _ input: inout GateInput) {
    input.isActive[placement.experts.lowerBound] = true
  }

  func probability(of token: UInt32, byExpertAt place: Int) -> Float { 0 }

  func spelledShare(ofExpertAt place: Int) -> Float { 1 }
}
