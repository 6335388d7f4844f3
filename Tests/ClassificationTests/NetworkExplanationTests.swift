import JSON
import LanguageModeling
import Neural
import Platform
import Testing

@testable import Classification

/// What networks are said to have decided by.
@Suite struct NetworkExplanationTests {
  static let vocabulary = Vocabulary(types: ["a", "bad", "film", "good", "this"].map { Array($0.utf8) })

  static func classifier(_ middle: [JSON], last: String, input: SequenceInput = SequenceInput()) throws
    -> SequenceClassifier
  {
    let levels: JSON = input.levelCount == 1 ? ["words"] : ["parts", "words"]
    let description = try NetworkDescription(
      JSONDecoding([
        "inputs": [["name": "words", "levels": levels]],
        "layers": .array(
          [["kind": "embedding", "name": "embedding", "inputs": ["words"], "count": 8, "size": 4]] + middle
            + [["kind": "linear", "name": "output", "inputs": [.string(last)], "size": 3]]),
        "outputs": ["output"],
      ]))
    var random = SplitMix64(seed: 5)
    var values: [String: [Float]] = [:]
    for parameter in description.parameters {
      values[parameter.name] = (0..<parameter.count).map { _ in Float(2 * random.uniform() - 1) }
    }
    return SequenceClassifier(
      try LayeredNetwork(description, source: WeightDictionary(name: "test", values: values)),
      labels: ["x", "y", "z"], input: input)
  }

  static func bank(_ width: Int) -> [JSON] {
    [
      [
        "kind": "convolution1D", "name": .string("c\(width)"), "inputs": ["embedding"], "filters": 5,
        "width": JSON(width), "padding": "full", "activation": "relu",
      ],
      [
        "kind": "pooling", "name": .string("p\(width)"), "inputs": [.string("c\(width)")],
        "reduction": "maximum",
        "window": "sequence",
      ],
    ]
  }

  @Test func windowsAddUpToTheLogits() throws {
    let network = try Self.classifier(
      Self.bank(2) + Self.bank(3) + [
        ["kind": "combining", "name": "all", "inputs": ["p2", "p3"], "rule": "concatenation"],
        ["kind": "dropout", "name": "dropped", "inputs": ["all"], "rate": 0.5],
      ], last: "dropped")
    let windows = try #require(ConvolutionWindows(network))
    let ids: [Int32] = [3, 5, 4, 6, 7, 3, 3]
    let activations = try network.activations(ids)
    let logits = activations["output"]!.values
    for label in 0..<3 {
      let found = windows.weights(activations, label: label, labelCount: 3)
      // Above the mean of the other labels.
      func margin(_ values: [Float]) -> Float { values[label] - (values.reduce(0, +) - values[label]) / 2 }
      let unseen = margin(network.network.pooledConvolutions!.bias)
      #expect(abs(found.reduce(0) { $0 + $1.weight } + unseen - margin(logits)) < 1e-4)
      #expect(found.allSatisfy { (2...3).contains($0.words.count) && $0.words.upperBound > 0 })
    }
  }

  @Test func otherNetworksAreExplainedWordByWord() throws {
    let network = try Self.classifier(
      [["kind": "recurrent", "name": "encoder", "inputs": ["embedding"], "cell": "gru", "size": 6]],
      last: "encoder.last")
    #expect(ConvolutionWindows(network) == nil)
    let classifier = TextClassifier(
      labels: network.labels, bag: nil, network: .init(network, Self.vocabulary))
    let text = Array("This good FILM".utf8)
    let evidence = try classifier.explain(text, label: 1, limit: 10)
    #expect(
      Set(evidence.map { String(decoding: text[$0.place], as: UTF8.self) }) == ["This", "good", "FILM"])
    #expect(try classifier.explain([], label: 0, limit: 3).isEmpty)
    #expect(try classifier.classify([]).probabilities.count == 3)
  }

  @Test func bothTogetherAreAProductOfPowers() throws {
    let network = try Self.classifier(Self.bank(2), last: "p2")
    let features = BagFeatures(order: 1)
    var keys: [UInt32] = []
    features.forEach(ClassifierWords(Array("good".utf8))) { key, _ in keys.append(key) }
    let bag = BagModel(features: features, keys: keys, weights: [2, -1, 0.5], bias: [0, 0.1, 0.2])
    func classifier(_ bag: BagModel?, _ network: SequenceClassifier?, _ share: Float?) -> TextClassifier {
      TextClassifier(
        labels: ["x", "y", "z"], bag: bag, network: network.map { .init($0, Self.vocabulary) },
        bagShare: share)
    }
    let text = Array("this good film".utf8)
    let first = try classifier(bag, nil, nil).classify(text).probabilities
    let second = try classifier(nil, network, nil).classify(text).probabilities
    let both = try classifier(bag, network, 0.25).classify(text).probabilities
    let powers = zip(first, second).map { powf($0, 0.25) * powf($1, 0.75) }
    let sum = powers.reduce(0, +)
    #expect(zip(both, powers).allSatisfy { abs($0 - $1 / sum) < 1e-5 })
    let evidence = try classifier(bag, network, 0.25).explain(text, label: 0, limit: 20)
    #expect(evidence.contains { String(decoding: text[$0.place], as: UTF8.self) == "good" })
    #expect(Set(evidence.map(\.place)).count == evidence.count)
  }

  @Test func textsAreCutAndDivided() throws {
    let input = SequenceInput(maximumLength: 5, partLength: 2)
    #expect(input.values([[1, 2, 3, 4, 5, 6, 7], [], [9]]).lengths == [[3, 0, 1], [2, 2, 1, 1]])
    #expect(SequenceInput(maximumLength: 2).values([[1, 2, 3]]).ids == [1, 2])
    #expect(try SequenceInput(JSONDecoding(input.json)) == input)
    #expect(throws: JSONError.self) { try SequenceInput(JSONDecoding(["maximumLength": 0])) }
    let network = try Self.classifier(
      [
        ["kind": "convolutionalLSTM", "name": "encoder", "inputs": ["embedding"], "size": 3, "width": 3],
        [
          "kind": "pooling", "name": "places", "inputs": ["encoder"], "reduction": "maximum",
          "window": "sequence",
        ],
        [
          "kind": "pooling", "name": "parts", "inputs": ["places"], "reduction": "average",
          "window": "sequence",
        ],
      ], last: "parts", input: input)
    // What is behind the fifth word is not read.
    #expect(try network.probabilities([3, 4, 5, 6, 7]) == network.probabilities([3, 4, 5, 6, 7, 3, 3]))
    #expect(try network.probabilities([3, 4, 5, 6, 7]) != network.probabilities([3, 4, 5, 6]))
    #expect(try network.probabilities([]).count == 3)
  }
}
