import JSON
import Platform
import Testing

@testable import Neural

/// Layers that read an embedding keep what their weights make of its vectors; read through a sum with zeros, which is no
/// embedding, they compute everything anew.
@Suite struct TypeProductsTests {
  private static let typeCount = 3000

  private static let consumers: [JSON] = [
    ["kind": "convolution1D", "filters": 5, "width": 3, "padding": "full", "activation": "relu"],
    [
      "kind": "convolution1D", "filters": 9, "width": 4, "padding": "same", "stride": 2,
      "activation": "identity",
    ],
    ["kind": "convolution1D", "filters": 3, "width": 2, "padding": "valid", "activation": "tanh"],
    // So many filters that a slot serves several types.
    ["kind": "convolution1D", "filters": 700, "width": 3, "padding": "full", "activation": "relu"],
    ["kind": "recurrent", "cell": "lstm", "size": 6], ["kind": "recurrent", "cell": "gru", "size": 7],
    ["kind": "recurrent", "cell": "rnn", "size": 4, "direction": "backward"],
    ["kind": "bidirectional", "cell": "lstm", "size": 5],
  ]

  private func description(_ consumer: JSON, isEmbedding: Bool) throws -> NetworkDescription {
    guard case .object(var layer) = consumer else { preconditionFailure("a layer is an object") }
    layer["name"] = "consumer"
    layer["inputs"] = [isEmbedding ? "dropped" : "sum"]
    return try NetworkDescription(
      JSONDecoding(
        [
          "inputs": [["name": "words", "levels": ["words"]]],
          "layers": [
            [
              "kind": "embedding", "name": "embedding", "inputs": ["words"], "count": JSON(Self.typeCount),
              "size": 8,
            ],
            ["kind": "dropout", "name": "dropped", "inputs": ["embedding"], "rate": 0.5],
            [
              "kind": "embedding", "name": "zeros", "inputs": ["words"], "count": JSON(Self.typeCount),
              "size": 8,
            ],
            ["kind": "combining", "name": "sum", "inputs": ["dropped", "zeros"], "rule": "sum"],
            .object(layer),
          ],
          "outputs": ["consumer"],
        ], name: "network"))
  }

  /// First states that are vectors of types are numbers like others.
  @Test(arguments: ["gru", "lstm", "rnn"]) func statesBeginAsVectorsOfTypes(cell: String) throws {
    func outputs(_ beginning: String) throws -> LayerValues {
      let cells: [JSON] = cell == "lstm" ? [.string(beginning)] : []
      let description = try NetworkDescription(
        JSONDecoding(
          [
            "inputs": [
              ["name": "words", "levels": ["words"]], ["name": "letters", "levels": ["words", "letters"]],
            ],
            "layers": [
              ["kind": "embedding", "name": "embedding", "inputs": ["words"], "count": 9, "size": 5],
              ["kind": "dropout", "name": "dropped", "inputs": ["embedding"], "rate": 0.5],
              ["kind": "embedding", "name": "zeros", "inputs": ["words"], "count": 9, "size": 5],
              ["kind": "combining", "name": "sum", "inputs": ["dropped", "zeros"], "rule": "sum"],
              ["kind": "embedding", "name": "spelling", "inputs": ["letters"], "count": 9, "size": 4],
              [
                "kind": "recurrent", "name": "encoder",
                "inputs": .array(["spelling", .string(beginning)] + cells),
                "cell": .string(cell), "size": 5,
              ],
            ],
            "outputs": ["encoder.last"],
          ], name: "network"))
      var values: [String: [Float]] = [:]
      var generator = SplitMix64(seed: 3)
      for parameter in description.parameters {
        values[parameter.name] = (0..<parameter.count).map { _ in
          parameter.name.hasPrefix("zeros") ? 0 : Float.random(in: -1...1, using: &generator)
        }
      }
      let network = try LayeredNetwork(
        description, source: WeightDictionary(name: "test", values: values), precision: .float32)
      let inputs = [
        "words": LayerValues(ids: [[3, -1, 8], [1]]),
        "letters": LayerValues(ids: [[[1, 2], [], [3, 4, 5]], [[6]]]),
      ]
      return try network.outputs(inputs)["encoder.last"]!
    }
    let (known, summed) = (try outputs("dropped"), try outputs("sum"))
    #expect(known.values.count == 20 && known.values == summed.values)
  }

  @Test(arguments: 0..<consumers.count, [WeightPrecision.float32, .int8])
  func knownProductsAreThoseOfTheVectors(consumer: Int, precision: WeightPrecision) throws {
    var generator = SplitMix64(seed: UInt64(consumer))
    var values: [String: [Float]] = [:]
    let known = try description(Self.consumers[consumer], isEmbedding: true)
    for parameter in known.parameters {
      values[parameter.name] = (0..<parameter.count).map { _ in
        parameter.name.hasPrefix("zeros") ? 0 : Float.random(in: -1...1, using: &generator)
      }
    }
    let source = WeightDictionary(name: "test", values: values)
    let network = try LayeredNetwork(known, source: source, precision: precision)
    let anew = try LayeredNetwork(
      description(Self.consumers[consumer], isEmbedding: false), source: source, precision: precision)
    for round in 0..<40 {
      // Few types that come often, and some that take their places.
      let texts = (0..<3).map { _ in
        (0..<Int.random(in: 0...12, using: &generator)).map { _ -> Int32 in
          if round % 4 == 3, Bool.random(using: &generator) { return -1 }
          // Neighbours in a text that want one slot, where there are the 1985 that fit the widest layer.
          if Int.random(in: 0..<3, using: &generator) == 0 {
            return Bool.random(using: &generator) ? 7 : 1992
          }
          let limit = Bool.random(using: &generator) ? 6 : Self.typeCount
          return Int32.random(in: 0..<Int32(limit), using: &generator)
        }
      }
      let input = ["words": LayerValues(ids: texts)]
      let (found, expected) = (try network.outputs(input)["consumer"]!, try anew.outputs(input)["consumer"]!)
      #expect(found.lengths == expected.lengths)
      for (a, b) in zip(found.values, expected.values) { #expect(abs(a - b) < 1e-4 * max(1, abs(b))) }
    }
  }
}
