import JSON
import LanguageModeling
import Neural
import Platform

/// A recurrent network that scores each word's tags, and where it has one a conditional random field over the scores
/// (Huang, Xu and Yu 2015; Lample et al. 2016).
public final class NetworkTagger: SequenceTagger {
  public let tags: [String]
  public let network: LayeredNetwork
  /// Nil where each word is given its best tag by itself.
  public let chain: TagChain?
  private let input: TaggingInput
  private let looksAhead: Bool
  private let output: String
  /// Nil where letters do not make a row a word by themselves.
  private let spelling: SpellingCache?
  /// From words, and what is known of their letters, to scores.
  private let part: LayeredNetwork.Part

  /// Names of the field's parameters, as PyTorch's implementations have them.
  public static let transitionsName = "crf.transitions"
  public static let startName = "crf.start_transitions"
  public static let endName = "crf.end_transitions"

  /// - Parameter precision: how weights are held.
  /// - Throws: `Failure` if the description and the weights do not fit each other.
  public convenience init(
    _ directory: ModelDirectory, tags: [String], precision: WeightPrecision = .int8
  ) throws(Failure) {
    let path = directory.path + "/" + ModelDirectory.descriptionName
    guard let file = directory.file(ModelDirectory.networkName) else {
      throw Failure(path, why: "describes no network", remedy: "train the tagger again")
    }
    let description: NetworkDescription
    do throws(JSONError) {
      description = try NetworkDescription(JSONDecoding(directory["network"], name: "network"))
    } catch { throw Failure(path, why: "\(error)", remedy: "train the tagger again") }
    do throws(Failure) {
      try self.init(
        description, weights: Safetensors(file: file), vocabulary: directory.vocabulary(), tags: tags,
        precision: precision)
    } catch {
      throw error.what == Self.networkName ? Failure(path, why: error.why, remedy: error.remedy) : error
    }
  }

  private static let networkName = "network"

  /// - Throws: `Failure` if the description, the weights, the vocabulary and the tags do not fit each other.
  public init(
    _ description: NetworkDescription, weights: Safetensors, vocabulary: Vocabulary, tags: [String],
    precision: WeightPrecision = .int8
  ) throws(Failure) {
    let embedded = description.layers.compactMap { ($0.kind as? EmbeddingKind)?.count }
    guard Set(description.inputs.map(\.name)) == [TaggingInput.wordsName, TaggingInput.lettersName],
      description.outputs.count == 1,
      description.shape(of: description.outputs[0])
        == LayerShape(size: tags.count, levels: [TaggingInput.wordsName]),
      embedded.count == 2, embedded[0] >= vocabulary.count, embedded[1] >= TaggingInput.letterCount
    else {
      throw Failure(
        Self.networkName, why: "its network does not go from words to its \(tags.count) tags",
        remedy: "train the tagger again")
    }
    self.tags = tags
    input = TaggingInput(vocabulary: vocabulary)
    output = description.outputs[0]
    looksAhead = description.layers.contains { $0.kind is BidirectionalKind }
    network = try LayeredNetwork(description, weights: weights, precision: precision)
    spelling = SpellingCache(network)
    part = network.part(for: [output], given: Set([spelling?.reference].compactMap { $0 }))
    chain =
      weights.tensors[Self.transitionsName] == nil ? nil : try Self.chain(weights, tagCount: tags.count)
  }

  private static func chain(_ weights: Safetensors, tagCount: Int) throws(Failure) -> TagChain {
    let row = [tagCount]
    return try chain(
      transitions: weights.floats(transitionsName, shape: [tagCount, tagCount]),
      start: weights.floats(startName, shape: row), end: weights.floats(endName, shape: row))
  }

  /// The chain of a field's scores: `transitions` is tags × tags, from and to.
  public static func chain(
    transitions: [Float], start: [Float], end: [Float]
  ) throws(Failure) -> TagChain {
    let count = start.count
    // Scores beyond are as good as certain, and e^score a number.
    func weight(_ score: Float) -> Double { score.isFinite ? exp(Double(min(30, max(-30, score)))) : .nan }
    var weights: [Double] = []
    for from in 0..<count {
      weights += transitions[from * count..<(from + 1) * count].map(weight) + [weight(end[from])]
    }
    weights += start.map(weight) + [1]
    return try TagChain(tagCount: count, order: 1, weights: weights)
  }

  private func evidence(_ words: [[UInt8]]) throws(Failure) -> TagEvidence {
    var evidence = TagEvidence(tagCount: tags.count, stepCount: words.count)
    guard !words.isEmpty else { return evidence }
    var inputs = [TaggingInput.wordsName: LayerValues(ids: [words.map(input.id)])]
    if let spelling {
      inputs[spelling.reference] = try spelling.values(words)
    } else {
      inputs[TaggingInput.lettersName] = LayerValues(ids: [words.map(TaggingInput.letters)])
    }
    let values = try network.run(part, inputs)[output]!.values
    values.withUnsafeBufferPointer { values in
      for word in words.indices {
        evidence.append(
          scores: UnsafeBufferPointer(rebasing: values[word * tags.count..<(word + 1) * tags.count]))
      }
    }
    return evidence
  }

  public func tags(of words: [[UInt8]]) throws(Failure) -> [Int] {
    let evidence = try evidence(words)
    if let chain { return chain.viterbi(evidence) }
    return words.indices.map { word in
      let row = evidence.values[word * tags.count..<(word + 1) * tags.count]
      return row.indices.max { row[$0] < row[$1] }! - row.startIndex
    }
  }

  public func probabilities(of words: [[UInt8]]) throws(Failure) -> [Double] {
    let evidence = try evidence(words)
    if let chain { return chain.smooth(evidence).probabilities }
    var result = evidence.values
    for word in words.indices {
      let range = word * tags.count..<(word + 1) * tags.count
      let sum = result[range].reduce(0, +)
      for index in range { result[index] /= sum }
    }
    return result
  }

  /// A network that reads forwards alone has no other probabilities.
  public func filteredProbabilities(of words: [[UInt8]]) throws(Failure) -> [Double]? {
    looksAhead || chain != nil ? nil : try probabilities(of: words)
  }
}
