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
  /// At least one of both.
  package let bag: BagModel?
  package let network: Network?
  /// What the bag's say is worth beside the network's: 1 where there is none, 0 where there is no bag.
  let bagShare: Float
  private let types: TypeReader

  package struct Network: Sendable {
    package var network: SequenceClassifier
    /// Of the ids that enter it.
    package var vocabulary: Vocabulary

    package init(_ network: SequenceClassifier, _ vocabulary: Vocabulary) {
      self.network = network
      self.vocabulary = vocabulary
    }

    func ids(_ words: ClassifierWords) -> [Int32] {
      vocabulary.classifierIDs(words, limit: network.input.maximumLength)
    }
  }

  private static let labelCounts = 2...16_384

  /// - Parameter precision: of a network's weights; `.float32` answers as training measured.
  /// - Throws: `Failure` if the model is no classifier, or damaged.
  public convenience init(
    _ directory: ModelDirectory, precision: WeightPrecision = .float32
  ) throws(Failure) {
    let types = TypeReader(forgotten: try ForgottenList.read(besideModel: directory.path).lastingWords)
    guard try directory.kind() == .classifier else {
      throw Failure(
        directory.path, why: "is no classifier", remedy: "name a model that inkling-train classify made")
    }
    let network =
      directory.file(ModelDirectory.networkName) == nil
      ? nil : Network(try SequenceClassifier(directory, precision: precision), try directory.vocabulary())
    let labels: [String]
    var bag: BagModel?
    var share = network == nil ? 1.0 : 0
    do throws(JSONError) {
      labels = try JSONDecoding(directory["labels"], name: "labels").strings()
      guard Self.labelCounts.contains(labels.count) else {
        throw JSONError.mismatch(path: "labels", expected: "two or more", found: "\(labels.count)")
      }
      if let file = directory.file(BagModel.fileName) {
        let place = JSONDecoding(directory["bag"], name: "bag")
        let features = try BagFeatures(place["features"])
        if network != nil { share = try place["share"].double(in: 0...1) }
        bag = try Self.bag(features, file, labelCount: labels.count)
      }
    } catch {
      throw Failure(
        directory.path + "/" + ModelDirectory.descriptionName, why: "\(error)",
        remedy: "train the model again")
    }
    guard bag != nil || network != nil else {
      throw Failure(directory.path, why: "has neither a bag nor a network", remedy: "train the model again")
    }
    self.init(labels: labels, bag: bag, network: network, bagShare: Float(share), types: types)
  }

  private static func bag(
    _ features: BagFeatures, _ file: MappedFile, labelCount: Int
  ) throws(JSONError) -> BagModel {
    do throws(Failure) { return try BagModel(features: features, file: file, labelCount: labelCount) } catch {
      throw .mismatch(path: BagModel.fileName, expected: "a bag of \(labelCount) labels", found: error.why)
    }
  }

  /// - Parameter bagShare: between 0 and 1 where there are both.
  package init(
    labels: [String], bag: BagModel?, network: Network?, bagShare: Float? = nil,
    types: TypeReader = TypeReader()
  ) {
    precondition(bag != nil || network != nil)
    self.labels = labels
    self.bag = bag
    self.network = network
    self.bagShare = bag == nil ? 0 : network == nil ? 1 : bagShare ?? 0.5
    self.types = types
  }

  /// Reads the model at a path.
  public static func open(
    _ path: String, precision: WeightPrecision = .float32
  ) throws(Failure) -> TextClassifier {
    try TextClassifier(ModelDirectory(path), precision: precision)
  }

  /// - Parameter text: in UTF-8; what is not is no error.
  public func classify(_ text: [UInt8]) throws(Failure) -> ClassifiedText {
    try classify(words(text))
  }

  package func words(_ text: [UInt8]) -> ClassifierWords { ClassifierWords(text, types: types) }

  package func classify(_ words: ClassifierWords) throws(Failure) -> ClassifiedText {
    let logits = try logits(words)
    return ClassifiedText(labels: labels, probabilities: SequenceClassifier.probabilities(logits))
  }

  /// What both say, each to the power of its share (Hinton 2002, "products of experts").
  private func logits(_ words: ClassifierWords) throws(Failure) -> [Float] {
    let ofNetwork = try network.map { network throws(Failure) in
      try network.network.probabilities(network.ids(words)).map { logf(max($0, 1e-30)) }
    }
    guard let bag else { return ofNetwork! }
    let ofBag = bag.logits(words)
    guard let ofNetwork else { return ofBag }
    return labels.indices.map { bagShare * ofBag[$0] + (1 - bagShare) * ofNetwork[$0] }
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
    words.bytes.withUnsafeBytes { bytes in
      let ids = ids(ofTypes: min(words.count, limit)) {
        UnsafeRawBufferPointer(rebasing: bytes[words.range($0)])
      }
      return ids.enumerated().map { word, id in
        words.isWithheld(word) ? -1 : Int32(bitPattern: (id ?? .unknown).rawValue)
      }
    }
  }
}
