import JSON
import Neural
import Platform
import Testing

@testable import NeuralTraining

/// Described networks, between them of every kind of layer.
struct DescribedCase: Sendable, CustomTestStringConvertible {
  var name: String
  var inputs: JSON = [["name": "words", "levels": ["words"]]]
  var layers: JSON
  var outputs: [String]
  var testDescription: String { name }

  func description() throws -> NetworkDescription {
    try NetworkDescription(
      JSONDecoding(["inputs": inputs, "layers": layers, "outputs": .array(outputs.map { .string($0) })]))
  }

  private static let words: JSON = [
    "kind": "embedding", "name": "embedding", "inputs": ["words"], "count": 9, "size": 5,
  ]
  private static let letters: JSON = [["name": "letters", "levels": ["words", "letters"]]]
  private static let spelling: JSON = [
    "kind": "embedding", "name": "spelling", "inputs": ["letters"], "count": 9, "size": 4,
  ]

  static let all: [DescribedCase] =
    RecurrentCell.allCases.flatMap { cell -> [DescribedCase] in
      [
        DescribedCase(
          name: "two layers of \(cell), the second backwards",
          layers: [
            words,
            [
              "kind": "recurrent", "name": "first", "inputs": ["embedding"], "cell": .string(cell.rawValue),
              "size": 6, "module": "rnn",
            ],
            [
              "kind": "recurrent", "name": "second", "inputs": ["first"], "cell": .string(cell.rawValue),
              "size": 7, "module": "rnn", "layer": 1, "direction": "backward",
            ],
          ], outputs: ["first", "second", "second.last"]),
        DescribedCase(
          name: "\(cell) in both directions",
          layers: [
            words,
            [
              "kind": "bidirectional", "name": "encoder", "inputs": ["embedding"],
              "cell": .string(cell.rawValue), "size": 6,
            ],
          ], outputs: ["encoder", "encoder.last"]),
      ]
    } + [
      DescribedCase(
        name: "an encoder, and a decoder that attends to it",
        inputs: [["name": "words", "levels": ["words"]], ["name": "targets", "levels": ["targets"]]],
        layers: [
          words, ["kind": "embedding", "name": "given", "inputs": ["targets"], "count": 7, "size": 3],
          ["kind": "recurrent", "name": "encoder", "inputs": ["embedding"], "cell": "lstm", "size": 6],
          [
            "kind": "recurrent", "name": "decoder", "inputs": ["given", "encoder.last", "encoder.lastCells"],
            "cell": "lstm", "size": 6,
          ],
          [
            "kind": "attention", "name": "context", "inputs": ["decoder", "encoder", "encoder"], "scale": 0.4,
          ],
          [
            "kind": "combining", "name": "both", "inputs": ["decoder", "context"], "rule": "concatenation",
          ],
          ["kind": "linear", "name": "output", "inputs": ["both"], "size": 7, "hasBias": false],
        ], outputs: ["output", "context"]),
      DescribedCase(
        name: "filters of several widths over two channels",
        layers: [
          words,
          [
            "kind": "embedding", "name": "static", "inputs": ["words"], "count": 9, "size": 5,
            "isFixed": true,
            "typeDropout": 0.2,
          ],
          ["kind": "combining", "name": "channels", "inputs": ["embedding", "static"], "rule": "sum"],
          [
            "kind": "convolution1D", "name": "pairs", "inputs": ["channels"], "filters": 6, "width": 2,
            "padding": "same",
          ],
          [
            "kind": "convolution1D", "name": "threes", "inputs": ["channels"], "filters": 4, "width": 3,
            "padding": "full", "activation": "tanh",
          ],
          [
            "kind": "convolution1D", "name": "fours", "inputs": ["channels"], "filters": 4, "width": 4,
            "padding": "valid", "activation": "sigmoid",
          ],
          [
            "kind": "pooling", "name": "best", "inputs": ["pairs"], "reduction": "maximum",
            "window": "sequence",
          ],
          [
            "kind": "pooling", "name": "mean", "inputs": ["threes"], "reduction": "average",
            "window": "sequence",
          ],
          ["kind": "pooling", "name": "pooled", "inputs": ["fours"], "reduction": "maximum", "window": 2],
          ["kind": "combining", "name": "all", "inputs": ["best", "mean"], "rule": "concatenation"],
          ["kind": "dropout", "name": "dropped", "inputs": ["all"], "rate": 0.5],
          ["kind": "linear", "name": "output", "inputs": ["dropped"], "size": 3],
        ], outputs: ["output", "pooled", "threes"]),
      DescribedCase(
        name: "attention to words that are made of letters", inputs: letters,
        layers: [
          spelling,
          [
            "kind": "timeDistributed", "name": "spelled", "inputs": ["spelling"],
            "layer": [
              "kind": "convolution1D", "filters": 5, "width": 3, "padding": "same", "activation": "relu",
            ],
          ],
          [
            "kind": "timeDistributed", "name": "word", "inputs": ["spelled"],
            "layer": ["kind": "pooling", "reduction": "maximum", "window": "sequence"],
          ],
          ["kind": "bidirectional", "name": "encoder", "inputs": ["word"], "cell": "gru", "size": 3],
          ["kind": "linear", "name": "key", "inputs": ["encoder"], "size": 4, "activation": "tanh"],
          ["kind": "attentionPooling", "name": "sentence", "inputs": ["key", "encoder"]],
          ["kind": "activation", "name": "output", "inputs": ["sentence"], "function": "sigmoid"],
        ], outputs: ["output", "word"]),
      DescribedCase(
        name: "frames of places", inputs: letters,
        layers: [
          spelling,
          ["kind": "convolutionalLSTM", "name": "frames", "inputs": ["spelling"], "size": 3, "width": 3],
          [
            "kind": "pooling", "name": "frame", "inputs": ["frames"], "reduction": "average",
            "window": "sequence",
          ],
        ], outputs: ["frames", "frame"]),
    ]

  /// Examples of unequal lengths for every input, some empty, some ids nothing.
  static func values(_ description: NetworkDescription) -> [String: LayerValues] {
    var random = SplitMix64(seed: 8)
    func ids(_ count: Int) -> [Int32] { (0..<count).map { _ in Int32(random.next() % 8) - 1 } }
    var result: [String: LayerValues] = [:]
    for (index, input) in description.inputs.enumerated() {
      let lengths = [[4, 1, 0, 6, 3], [2, 5, 3, 1, 4]][index]
      result[input.name] =
        input.levels.count == 1
        ? LayerValues(ids: lengths.map { ids($0) })
        : LayerValues(ids: lengths.map { count in (0..<count).map { ids(($0 * 3 + count) % 5) } })
    }
    return result
  }
}

@Suite struct DescribedNetworkTests {
  /// What `inkling` computes of a file is what training computes.
  @Test(arguments: DescribedCase.all, [1, 2]) func inferenceGivesWhatTrainingGives(
    _ described: DescribedCase, threadCount: Int
  ) throws {
    let description = try described.description()
    let network = try DescribedNetwork<Float>(description, team: WorkerTeam(count: threadCount))
    for index in 0..<network.parameters.count {
      network.parameters.values.pointer[index] = Float(0.6 * wave(index))
    }
    let directory = "/tmp/inkling-described-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    try createDirectories(directory)
    defer { removeTree(directory) }
    var writer = SafetensorsWriter()
    for entry in network.parameters.entries {
      let values = network.parameters.values.array[entry.offset..<entry.offset + entry.count]
      writer.add(entry.name, shape: entry.shape, Array(values))
    }
    try writer.write(to: directory + "/network.safetensors")
    let inference = try LayeredNetwork(
      description, weights: Safetensors(directory + "/network.safetensors"))
    let inputs = DescribedCase.values(description)
    network.read(inputs)
    network.forward(.evaluation)
    let outputs = try inference.outputs(inputs)
    #expect(outputs.count == description.outputs.count)
    for reference in description.outputs {
      let trained = network.activation(reference)
      let output = try #require(outputs[reference])
      try #require(output.rowCount == trained.rowCount && output.size == trained.size)
      #expect(output.size == description.shape(of: reference)?.size)
      for index in output.values.indices {
        #expect(abs(output.values[index] - trained.values[index]) < 1e-5, "\(reference)[\(index)]")
      }
    }
  }

  /// A parameter that a description lists is one that training makes, in the same shape, and the other way round.
  @Test(arguments: DescribedCase.all) func parametersAreThoseOfTheDescription(_ described: DescribedCase)
    throws
  {
    let description = try described.description()
    let network = try DescribedNetwork<Float>(description, team: WorkerTeam(count: 1))
    let made = Dictionary(uniqueKeysWithValues: network.parameters.entries.map { ($0.name, $0.shape) })
    let listed = Dictionary(uniqueKeysWithValues: description.parameters.map { ($0.name, $0.shape) })
    #expect(made == listed)
  }

  @Test func everyKindIsTriedHereAndCanBeTrained() throws {
    var tried: Set<String> = []
    for described in DescribedCase.all {
      for layer in try described.description().layers {
        tried.insert(type(of: layer.kind).name)
        #expect(layer.kind is any TrainableLayerKind)
      }
    }
    #expect(tried == Set(layerKinds.map { $0.name }))
  }

  @Test func idsThatNoVectorStandsForAreRefused() throws {
    let description = try DescribedCase.all[0].description()
    let weights = WeightDictionary(
      name: "test",
      values: Dictionary(
        uniqueKeysWithValues: description.parameters.map {
          ($0.name, [Float](repeating: 0.1, count: $0.count))
        }))
    let network = try LayeredNetwork(description, source: weights)
    _ = try network.outputs(["words": LayerValues(ids: [[8, -1]])])
    for ids: [Int32] in [[9], [-2], [.max]] {
      #expect(throws: Failure.self) { try network.outputs(["words": LayerValues(ids: [ids])]) }
    }
    #expect(throws: Failure.self) { try network.outputs([:]) }
    #expect(throws: Failure.self) { try network.outputs(["words": LayerValues(ids: [[[1, 2]]])]) }
  }
}
