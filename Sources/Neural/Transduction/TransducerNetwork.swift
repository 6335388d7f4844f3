import JSON
import LanguageModeling
import Platform

/// Sizes of a network that turns one sequence into another.
public struct TransducerSizes: Hashable, Sendable {
  /// Of a unit's vector.
  public var embedding = 64
  /// Of the decoder's state; the encoder has as much in each direction.
  public var hidden = 128
  public var dropout = 0.2

  public init() {}
}

/// What the parts of such a network are called in its description.
public enum TransducerNetwork {
  public static let sourceName = "source"
  /// The units written so far, `<s>` before the first.
  public static let targetName = "target"
  /// targets × types: logits of what is written.
  package static let outputName = "output"
  /// targets × 1: the logit of writing from the vocabulary; the rest is copied.
  package static let gateName = "gate"
  /// targets × hidden: what the source's keys are held against.
  package static let queriesName = "decoder"
  /// sources × hidden.
  package static let keysName = "keys"
  /// sources × 2 · hidden: what attention reads.
  package static let memoryName = "encoder"
  /// One row of `hidden` an example: what the decoder begins with.
  package static let stateNames = ["bridge", "bridgeCells"]
  /// The same behind each step.
  package static let nextStateNames = ["decoder.last", "decoder.lastCells"]
}

extension NetworkDescription {
  /// A bidirectional LSTM reads the source; an LSTM that begins where it has ended writes the target, attending to the source
  /// (Luong, Pham and Manning 2015, "general" score and equation 5) and copying from it with the same weights (See, Liu
  /// and Manning 2017, equations 8 and 9, whose gate reads the state, the context and the unit before).
  ///
  /// - Parameter typeCount: of the vocabulary, which both sides share.
  public static func transducer(
    _ sizes: TransducerSizes, typeCount: Int
  ) throws(Failure) -> NetworkDescription {
    func layer(_ kind: String, _ name: String, _ inputs: [JSON], _ options: JSONObject) -> JSON {
      var object: JSONObject = ["kind": .string(kind), "name": .string(name), "inputs": .array(inputs)]
      for (key, value) in options { object[key] = value }
      return .object(object)
    }
    let hidden = JSON(sizes.hidden)
    let table: JSONObject = ["count": JSON(typeCount), "size": JSON(sizes.embedding)]
    let dropout: JSONObject = ["rate": JSON(sizes.dropout)]
    let json: JSON = [
      "inputs": [
        ["name": "source", "levels": ["source"]], ["name": "target", "levels": ["target"]],
      ],
      "layers": [
        layer("embedding", "sourceEmbedding", ["source"], table),
        layer("dropout", "sourceDropped", ["sourceEmbedding"], dropout),
        layer("bidirectional", "encoder", ["sourceDropped"], ["cell": "lstm", "size": hidden]),
        layer("linear", "bridge", ["encoder.last"], ["size": hidden, "activation": "tanh"]),
        layer("linear", "bridgeCells", ["encoder.lastCells"], ["size": hidden]),
        layer("linear", "keys", ["encoder"], ["size": hidden, "hasBias": false]),
        layer("embedding", "targetEmbedding", ["target"], table),
        layer("dropout", "targetDropped", ["targetEmbedding"], dropout),
        layer(
          "recurrent", "decoder", ["targetDropped", "bridge", "bridgeCells"],
          ["cell": "lstm", "size": hidden]),
        layer("attention", "context", ["decoder", "keys", "encoder"], [:]),
        layer("combining", "read", ["decoder", "context"], ["rule": "concatenation"]),
        layer("linear", "attentional", ["read"], ["size": hidden, "activation": "tanh"]),
        layer("dropout", "attentionalDropped", ["attentional"], dropout),
        layer("linear", "output", ["attentionalDropped"], ["size": JSON(typeCount)]),
        layer("combining", "known", ["decoder", "context", "targetDropped"], ["rule": "concatenation"]),
        layer("linear", "gate", ["known"], ["size": 1]),
      ], "outputs": ["output", "gate", "decoder", "keys"],
    ]
    do throws(JSONError) { return try NetworkDescription(JSONDecoding(json, name: "network")) } catch {
      throw Failure("network", why: "\(error)", remedy: "choose other sizes")
    }
  }

  /// The number of types that a network of this kind writes; nil where it is of another kind.
  package var transducerTypeCount: Int? {
    typealias Names = TransducerNetwork
    let (source, target) = ([Names.sourceName], [Names.targetName])
    let references = [Names.outputName, Names.gateName, Names.queriesName, Names.keysName]
    guard inputs.count == 2, inputs.contains(.init(name: Names.sourceName, levels: source)),
      inputs.contains(.init(name: Names.targetName, levels: target)), outputs.sorted() == references.sorted(),
      let output = shape(of: Names.outputName), output.levels == target, output.size > 2,
      shape(of: Names.gateName) == LayerShape(size: 1, levels: target),
      let queries = shape(of: Names.queriesName), queries.levels == target,
      shape(of: Names.keysName) == LayerShape(size: queries.size, levels: source),
      shape(of: Names.memoryName)?.levels == source,
      (Names.stateNames + Names.nextStateNames).allSatisfy({
        shape(of: $0) == LayerShape(size: queries.size, levels: [])
      })
    else { return nil }
    return output.size
  }
}
