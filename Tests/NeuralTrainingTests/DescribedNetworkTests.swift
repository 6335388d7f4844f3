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
            "stride": 2, "padding": "valid", "activation": "sigmoid",
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
        name: "trees over words",
        layers: [
          words, ["kind": "recursiveAutoencoder", "name": "phrases", "inputs": ["embedding"]],
          [
            "kind": "pooling", "name": "mean", "inputs": ["phrases"], "reduction": "average",
            "window": "sequence",
          ],
          [
            "kind": "combining", "name": "both", "inputs": ["phrases.root", "mean"], "rule": "concatenation",
          ],
          ["kind": "linear", "name": "labels", "inputs": ["phrases"], "size": 2],
        ], outputs: ["both", "labels", "phrases.errors"]),
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

  /// Whatever a file says: it is refused with a reason, or it is a network that runs, here and there alike.
  @Test(arguments: DescribedCase.all) func damagedDescriptionsAreRefusedOrRun(_ described: DescribedCase)
    throws
  {
    let whole = try described.description().json
    var random = SplitMix64(seed: 77)
    var (refused, run) = (0, 0)
    for _ in 0..<300 {
      var damaged = whole
      for _ in 0...random.next() % 2 { damaged = Self.damaged(damaged, &random) }
      guard let description = try? NetworkDescription(JSONDecoding(damaged)) else {
        refused += 1
        continue
      }
      let count = description.parameters.reduce(0) { $0 + $1.count }
      guard count < 20_000, description.inputs.count < 3,
        description.inputs.allSatisfy({ $0.levels.count < 3 })
      else { continue }
      let values = description.parameters.map { parameter in
        (parameter.name, (0..<parameter.count).map { Float(0.3 * wave($0)) })
      }
      let inference = try LayeredNetwork(
        description, source: WeightDictionary(name: "test", values: Dictionary(uniqueKeysWithValues: values)))
      let inputs = DescribedCase.values(description)
      guard let outputs = try? inference.outputs(inputs) else { continue }
      let network = try DescribedNetwork<Float>(description, team: WorkerTeam(count: 1))
      for entry in network.parameters.entries {
        for index in 0..<entry.count {
          network.parameters.values.pointer[entry.offset + index] = Float(0.3 * wave(index))
        }
      }
      network.read(inputs)
      network.forward(.evaluation)
      for (reference, output) in outputs {
        let trained = network.activation(reference)
        try #require(trained.rowCount == output.rowCount && trained.size == output.size)
        #expect(
          output.values.indices.allSatisfy { abs(output.values[$0] - trained.values[$0]) < 1e-4 },
          "\(reference) of \(damaged)")
      }
      run += 1
    }
    #expect(refused > 50 && run > 5, "\(refused) refused, \(run) run")
  }

  /// The value with one place in it changed.
  private static func damaged(_ value: JSON, _ random: inout SplitMix64) -> JSON {
    let numbers: [Int64] = [-1, 0, 1, 2, 3, 5, 6, 7, 17, 300, 16_385, 1 << 24, .max]
    let words = [
      "words", "letters", "embedding", "encoder", "encoder.last", "first", "second.last", "decoder", "key",
      "sum",
      "maximum", "sequence", "backward", "lstm", "gru", "valid", "relu", "linear", "pooling", "convolution1D",
      "",
    ]
    switch value {
    case .object(var object) where !object.isEmpty:
      let key = object.keys[Int(random.next() % UInt64(object.count))]
      object[key] = random.next() % 12 == 0 ? nil : damaged(object[key]!, &random)
      return .object(object)
    case .array(var array) where !array.isEmpty:
      let index = Int(random.next() % UInt64(array.count))
      switch random.next() % 8 {
      case 0: array.remove(at: index)
      case 1: array.append(array[index])
      case 2: array.swapAt(index, array.count - 1)
      default: array[index] = damaged(array[index], &random)
      }
      return .array(array)
    case .string: return .string(words[Int(random.next() % UInt64(words.count))])
    case .bool(let bool): return .bool(!bool)
    default: return .integer(numbers[Int(random.next() % UInt64(numbers.count))])
    }
  }
}
