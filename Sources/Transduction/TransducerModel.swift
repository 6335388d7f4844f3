import JSON
import LanguageModeling
import Neural
import Platform

/// What turns a text into another: a network of a model directory, its vocabulary, and what texts are sequences of.
public final class TransducerModel: Sendable {
  public let units: TextUnits
  /// The directory, as it was named.
  public let path: String
  /// Units of a source that are read at the most.
  public let sourceLimit: Int
  /// Units of a target that are written at the most.
  public let targetLimit: Int
  private let transducer: SequenceTransducer
  private let vocabulary: Vocabulary

  /// Texts with more units are no sources.
  public static let unitLimits = 1...10_000

  /// A text that another may become.
  public struct Output: Hashable, Sendable {
    public var text: [UInt8]
    /// Natural.
    public var logProbability: Double
    /// What outputs are ranked by (`BeamSearch`).
    public var score: Double
  }

  /// What a text may become, the best first.
  public struct Answer: Hashable, Sendable {
    public var outputs: [Output]
    /// Whether the text has more units than the model reads: those behind were not read.
    public var isCut: Bool
  }

  /// - Parameter precision: how the weights are held.
  /// - Throws: `Failure` if the model is no transducer, or damaged.
  public convenience init(
    _ directory: ModelDirectory, precision: WeightPrecision = .float32
  ) throws(Failure) {
    guard try directory.kind() == .transducer, let weights = directory.file(ModelDirectory.networkName) else {
      throw Failure(
        directory.path, why: "does not turn texts into others",
        remedy: "name a model that `inkling-train pairs` has made")
    }
    let path = directory.path + "/" + ModelDirectory.descriptionName
    let description: NetworkDescription
    let (units, limits): (TextUnits, (Int, Int))
    do throws(JSONError) {
      description = try NetworkDescription(JSONDecoding(directory["network"], name: "network"))
      let place = JSONDecoding(directory["transducer"], name: "transducer")
      units = try place["units"].oneOf(TextUnits.self)
      limits = (
        try place["maximumSource"].integer(in: Self.unitLimits),
        try place["maximumTarget"].integer(in: Self.unitLimits)
      )
    } catch { throw Failure(path, why: "\(error)", remedy: "train the model again") }
    let network = try LayeredNetwork(
      description, weights: Safetensors(file: weights), precision: precision)
    try self.init(
      network, vocabulary: directory.vocabulary(), units: units, sourceLimit: limits.0,
      targetLimit: limits.1, path: directory.path)
  }

  /// - Throws: `Failure` if the network and the vocabulary do not fit each other.
  public init(
    _ network: LayeredNetwork, vocabulary: Vocabulary, units: TextUnits, sourceLimit: Int, targetLimit: Int,
    path: String
  ) throws(Failure) {
    transducer = try SequenceTransducer(network)
    guard transducer.typeCount == vocabulary.count else {
      throw Failure(
        path, why: "its network writes \(transducer.typeCount) units, its vocabulary has \(vocabulary.count)",
        remedy: "train the model again")
    }
    self.vocabulary = vocabulary
    self.units = units
    self.sourceLimit = sourceLimit
    self.targetLimit = targetLimit
    self.path = path
  }

  /// What a text becomes.
  ///
  /// - Parameters:
  ///   - beamWidth: hypotheses that are kept at each step.
  ///   - limit: outputs at the most, no more than the beam is wide.
  public func transform(
    _ text: [UInt8], beamWidth: Int = BeamSearch.standardWidth, limit: Int = 1
  ) throws(Failure) -> Answer {
    let (source, known, isCut) = read(text)
    let found = try transducer.hypotheses(
      source, BeamSearch(width: max(beamWidth, limit), maximumLength: targetLimit))
    return Answer(
      outputs: found.prefix(limit).map { hypothesis in
        Output(
          text: units.join(hypothesis.ids.map(known.bytes)), logProbability: hypothesis.logProbability,
          score: hypothesis.score)
      }, isCut: isCut)
  }

  /// The natural log-probability that a text becomes another; −∞ for one with a unit that is neither in the vocabulary nor
  /// in the text.
  public func logProbability(of target: [UInt8], from text: [UInt8]) throws(Failure) -> Double {
    let (source, known, _) = read(text)
    let numbers = units.split(target).map(known.number(ofTarget:))
    guard !numbers.contains(Int32(TokenID.unknown.index)) else { return -.infinity }
    return try transducer.logProbability(numbers, of: source)
  }

  private func read(_ text: [UInt8]) -> (source: [Int32], known: ExtendedVocabulary, isCut: Bool) {
    var known = ExtendedVocabulary(vocabulary)
    let all = units.split(text)
    return (all.prefix(sourceLimit).map { known.number(ofSource: $0) }, known, all.count > sourceLimit)
  }
}
