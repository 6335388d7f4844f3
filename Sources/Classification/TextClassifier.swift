import JSON
import LanguageModeling
import Neural
import Platform
import Privacy

/// Says which label a text has, out of a model directory. Immutable.
///
///     let classifier = try TextClassifier(ModelDirectory("reviews"))
///     let best = try classifier.classify(Array("a joy from start to end".utf8)).best
public final class TextClassifier: Sendable {
  public let labels: [String]
  let encoder: Encoder
  private let types: TypeReader

  enum Encoder: Sendable {
    case bag(BagModel)
    case network(SequenceClassifier, Vocabulary)
  }

  private static let labelCounts = 2...16_384

  /// - Throws: `Failure` if the model is no classifier, or damaged.
  public convenience init(_ directory: ModelDirectory) throws(Failure) {
    let types = TypeReader(forgotten: try ForgottenList.read(besideModel: directory.path).lastingWords)
    guard try directory.kind() == .classifier else {
      throw Failure(
        directory.path, why: "is no classifier", remedy: "name a model that inkling-train classify made")
    }
    guard let file = directory.file(BagModel.fileName) else {
      let network = try SequenceClassifier(directory)
      self.init(network: network, vocabulary: try directory.vocabulary(), types: types)
      return
    }
    let labels: [String]
    let features: BagFeatures
    do throws(JSONError) {
      labels = try JSONDecoding(directory["labels"], name: "labels").strings()
      features = try BagFeatures(JSONDecoding(directory["bag"], name: "bag")["features"])
    } catch {
      throw Failure(
        directory.path + "/" + ModelDirectory.descriptionName, why: "\(error)",
        remedy: "train the model again")
    }
    guard Self.labelCounts.contains(labels.count) else {
      throw Failure(directory.path, why: "has \(labels.count) labels", remedy: "train the model again")
    }
    let bag = try BagModel(features: features, file: file, labelCount: labels.count)
    self.init(bag: bag, labels: labels, types: types)
  }

  package init(bag: BagModel, labels: [String], types: TypeReader = TypeReader()) {
    self.labels = labels
    encoder = .bag(bag)
    self.types = types
  }

  package init(network: SequenceClassifier, vocabulary: Vocabulary, types: TypeReader = TypeReader()) {
    labels = network.labels
    encoder = .network(network, vocabulary)
    self.types = types
  }

  /// Reads the model at a path.
  public static func open(_ path: String) throws(Failure) -> TextClassifier {
    try TextClassifier(ModelDirectory(path))
  }

  /// - Parameter text: in UTF-8; what is not is no error.
  public func classify(_ text: [UInt8]) throws(Failure) -> ClassifiedText {
    try classify(words(text))
  }

  package func words(_ text: [UInt8]) -> ClassifierWords { ClassifierWords(text, types: types) }

  package func classify(_ words: ClassifierWords) throws(Failure) -> ClassifiedText {
    let probabilities =
      switch encoder {
      case .bag(let bag): SequenceClassifier.probabilities(bag.logits(words))
      case .network(let network, let vocabulary):
        try network.probabilities(
          vocabulary.classifierIDs(words, limit: network.input.maximumLength))
      }
    return ClassifiedText(labels: labels, probabilities: probabilities)
  }
}

/// What a classifier says of a text.
public struct ClassifiedText: Hashable, Sendable {
  public let labels: [String]
  /// Of each label, in their order; they sum to 1.
  public let probabilities: [Float]

  package init(labels: [String], probabilities: [Float]) {
    self.labels = labels
    self.probabilities = probabilities
  }

  /// The number of the most probable label; of equal ones the first.
  public var bestIndex: Int {
    probabilities.indices.reduce(0) { probabilities[$1] > probabilities[$0] ? $1 : $0 }
  }
  public var best: (label: String, probability: Float) { (labels[bestIndex], probabilities[bestIndex]) }

  /// The most probable labels, the best first.
  public func ranked(_ limit: Int) -> [(label: String, probability: Float)] {
    probabilities.indices.sorted { (-probabilities[$0], $0) < (-probabilities[$1], $1) }.prefix(limit)
      .map { (labels[$0], probabilities[$0]) }
  }
}

extension Vocabulary {
  /// The ids of a text's words: −1 for one that is withheld, that of `<unk>` for one that is not known.
  package func classifierIDs(_ words: ClassifierWords, limit: Int = .max) -> [Int32] {
    (0..<min(words.count, limit)).map { word in
      words.isWithheld(word)
        ? -1 : Int32(bitPattern: (id(of: words[word]) ?? .unknown).rawValue)
    }
  }
}
