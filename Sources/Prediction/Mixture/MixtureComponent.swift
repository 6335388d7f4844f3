/// One or several experts of the mixture that have a source in common: distributions over words that are activated,
/// weighed and asked together. `Components/` has a file for each, `MixtureLayout.components` a line.
///
/// An expert is numbered within its component by its place, 0 ..< `expertCount`, and among all by
/// `placement.experts.lowerBound + place`. Sets of experts are bits of a `UInt64` by the latter number.
///
/// Holds scratch memory of one position; whoever owns it serialises access.
protocol MixtureComponent: AnyObject, SendableMetatype {
  /// What answers and options call it.
  static var name: Component { get }
  /// How many distributions it brings.
  static var expertCount: Int { get }
  /// How many numbers it shows the gate.
  static var featureCount: Int { get }
  /// Whether one more feature, behind those of all components, says that the component's source is there.
  static var hasFlag: Bool { get }
  /// Whether it gives probability to words by their numbers. If not, it does by their spelling only: then it names none,
  /// reaches every word, and is never switched off.
  static var knowsWords: Bool { get }
  /// Whether some of its probability, or all, goes to words by their spelling.
  static var spellsWords: Bool { get }
  /// Features, by their places among its own, that say something of an earlier component too and are hidden with it.
  static var sharedFeatures: [(place: Int, with: any MixtureComponent.Type)] { get }

  /// The logit of an active expert where no gate was fitted.
  ///
  /// - Parameter firstFeature: of the component's own among the input's.
  static func standardLogit(_ place: Int, _ input: borrowing GateInput, firstFeature: Int) -> Float

  /// Whether the gate learns to do without it in rows that are read with so little knowledge.
  static func isHidden(_ knowledge: MixtureKnowledge, withNetwork: Bool) -> Bool

  /// What a document trusts it with.
  static func group(ofExpertAt place: Int) -> ExpertGroup

  /// - Parameter earlier: the components before it, in their order.
  init(_ placement: ComponentPlacement, _ setting: MixtureSetting, earlier: [any MixtureComponent])

  var placement: ComponentPlacement { get }

  /// Looks at a position: activates the experts that have something to say there and writes the features, which are 0
  /// before.
  func prepare(_ position: borrowing MixturePosition, _ input: inout GateInput)

  /// Lets go of what the position was asked with, and of memory that few positions need.
  func finish()

  /// P of a token by one expert, which is active.
  func probability(of token: UInt32, byExpertAt place: Int) -> Float

  /// Adds Σ weightₑ · Pₑ(token) to the sum of each word, over those of its experts that are missing there, in their order.
  ///
  /// - Parameter weights: of all experts, by number.
  func addShares(to words: UnsafeMutableBufferPointer<PartialProbability>, weights: UnsafePointer<Float>)

  /// The same for many words.
  ///
  /// - Parameter places: of the words.
  func addShares(
    to words: UnsafeMutableBufferPointer<PartialProbability>, at places: WordPlaces,
    weights: UnsafePointer<Float>)

  /// The part of an active expert's probability that goes to words by their spelling; asked of those that spell words.
  func spelledShare(ofExpertAt place: Int) -> Float

  /// What another distribution gives to the word that the component expects most; 0 where it expects no single one.
  func agreement(with probability: (UInt32) -> Float, _ input: borrowing GateInput) -> Float

  /// Names words that may be among the most probable ones, and adds what its experts give to them.
  func name(_ round: NamingRound, _ nominations: Nominations, where accepts: (UInt32) -> Bool)

  /// Names all words that a filter passes, or as many as may matter where it knows nearly all words.
  ///
  /// - Parameter ids: of the vocabulary's words that begin with what is typed.
  func nameAll(
    _ round: NamingRound, _ nominations: Nominations, _ filter: TokenFilter, ids: Range<UInt32>?,
    where accepts: (UInt32) -> Bool)

  /// Where it knows nearly all words: names those of a range of the vocabulary that may matter.
  func nameKnown(_ nominations: Nominations, ids: Range<UInt32>, where accepts: (UInt32) -> Bool)
}

extension MixtureComponent {
  static var hasFlag: Bool { false }
  static var knowsWords: Bool { true }
  static var spellsWords: Bool { false }
  static var sharedFeatures: [(place: Int, with: any MixtureComponent.Type)] { [] }
  static func isHidden(_ knowledge: MixtureKnowledge, withNetwork: Bool) -> Bool { false }

  func finish() {}
  func spelledShare(ofExpertAt place: Int) -> Float { 0 }
  func agreement(with probability: (UInt32) -> Float, _ input: borrowing GateInput) -> Float { 0 }
  func name(_ round: NamingRound, _ nominations: Nominations, where accepts: (UInt32) -> Bool) {}
  func nameAll(
    _ round: NamingRound, _ nominations: Nominations, _ filter: TokenFilter, ids: Range<UInt32>?,
    where accepts: (UInt32) -> Bool
  ) {}
  func nameKnown(_ nominations: Nominations, ids: Range<UInt32>, where accepts: (UInt32) -> Bool) {}

  func addShares(
    to words: UnsafeMutableBufferPointer<PartialProbability>, at places: WordPlaces,
    weights: UnsafePointer<Float>
  ) {
    addShares(to: words, weights: weights)
  }

  @inline(__always)
  func addShares(to words: UnsafeMutableBufferPointer<PartialProbability>, weights: UnsafePointer<Float>) {
    let (first, mask) = (placement.experts.lowerBound, placement.mask)
    for index in words.indices {
      var rest = words[index].missing & mask
      guard rest != 0 else { continue }
      let token = words[index].token
      var sum = words[index].sum
      while rest != 0 {
        let expert = rest.trailingZeroBitCount
        rest &= rest - 1
        sum += weights[expert] * probability(of: token, byExpertAt: expert - first)
      }
      words[index].sum = sum
    }
  }
}
