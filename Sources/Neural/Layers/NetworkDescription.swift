import JSON
import Platform

/// A network as data: what enters it, its layers in the order in which they depend on each other, and what comes out.
///
///     {"inputs": [{"name": "words", "levels": ["words"]}],
///      "layers": [
///        {"kind": "embedding", "name": "embedding", "inputs": ["words"], "count": 20000, "size": 100},
///        {"kind": "bidirectional", "name": "encoder", "inputs": ["embedding"], "cell": "lstm", "size": 64},
///        {"kind": "linear", "name": "output", "inputs": ["encoder.last"], "size": 2}],
///      "outputs": ["output"]}
///
/// It comes from files and is untrusted: sizes, references and shapes are checked here, and what is wrong is named with its
/// place. docs/model-directory.md lists the kinds and their options; `layerKinds` is the table of them.
public struct NetworkDescription: Sendable {
  /// Ids that enter the network.
  public struct Input: Hashable, Sendable {
    public var name: String
    /// Names of the sequences that the ids are steps of, the outermost first. Inputs that share a name share its lengths.
    public var levels: [String]
  }

  package struct Layer: Sendable {
    package let name: String
    package let inputs: [String]
    package let kind: any LayerKind

    /// The name of a parameter of the kind in a file.
    package func parameterName(_ name: String) -> String { "\(kind.module ?? self.name).\(name)" }
    /// What references call the layer's outputs.
    package var outputNames: [String] {
      kind.outputs.map { output in output.suffix.map { "\(name).\($0)" } ?? name }
    }
  }

  public let inputs: [Input]
  package let layers: [Layer]
  /// References to what comes out.
  public let outputs: [String]
  private let shapes: [String: LayerShape]

  /// More are taken for a damaged file.
  private enum Limit {
    static let inputs = 16
    static let layers = 512
    static let levels = 1...4
    static let nameLength = 64
    /// Elements of one parameter, and of all together.
    static let elements = 1 << 33
  }

  /// - Throws: `JSONError` with the path to what is wrong.
  package init(_ json: JSONDecoding) throws(JSONError) {
    var shapes: [String: LayerShape] = [:]
    var inputs: [Input] = []
    for place in try Self.elements(json["inputs"], 1...Limit.inputs) {
      let name = try Self.name(place["name"], taken: shapes)
      var levels: [String] = []
      for level in try Self.elements(place["levels"], Limit.levels) { levels.append(try Self.name(level)) }
      shapes[name] = LayerShape(size: 0, levels: levels)
      inputs.append(Input(name: name, levels: levels))
    }
    var layers: [Layer] = []
    for place in try Self.elements(json["layers"], 1...Limit.layers) {
      let layer = try Self.layer(place, shapes)
      for (name, output) in zip(layer.outputNames, layer.kind.outputs) { shapes[name] = output.shape }
      layers.append(layer)
    }
    var outputs: [String] = []
    for place in try Self.elements(json["outputs"], 1...Limit.inputs) {
      guard try Self.shape(place, shapes).size > 0 else {
        throw place.mismatch(expected: "the name of a layer")
      }
      outputs.append(try place.string())
    }
    self.inputs = inputs
    self.layers = layers
    self.outputs = outputs
    self.shapes = shapes
    try checkParameters(json)
  }

  private static func elements(_ place: JSONDecoding, _ range: ClosedRange<Int>) throws(JSONError)
    -> [JSONDecoding]
  {
    let elements = try place.elements()
    guard range.contains(elements.count) else {
      throw .mismatch(
        path: place.path, expected: "\(range.lowerBound) to \(range.upperBound) elements",
        found: "\(elements.count)")
    }
    return elements
  }

  /// A name of letters, digits, `-` and `_`, which is nobody's yet.
  private static func name(_ place: JSONDecoding, taken: [String: LayerShape] = [:]) throws(JSONError)
    -> String
  {
    let name = try place.string()
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard isPlain, (1...Limit.nameLength).contains(name.utf8.count) else {
      throw place.mismatch(expected: "a name of letters, digits, - and _")
    }
    guard taken[name] == nil else { throw place.mismatch(expected: "a name that is not used before") }
    return name
  }

  private static func shape(_ place: JSONDecoding, _ shapes: [String: LayerShape]) throws(JSONError)
    -> LayerShape
  {
    guard let shape = shapes[try place.string()] else {
      throw place.mismatch(expected: "the name of an input or of a layer before")
    }
    return shape
  }

  private static func layer(_ place: JSONDecoding, _ shapes: [String: LayerShape]) throws(JSONError) -> Layer
  {
    let name = try name(place["name"], taken: shapes)
    var names: [String] = []
    var inputs: [LayerShape] = []
    for input in try elements(place["inputs"], 1...64) {
      inputs.append(try shape(input, shapes))
      names.append(try input.string())
    }
    let kind = try kind(place, LayerInputs(inputs, place: place["inputs"]), others: ["name", "inputs"])
    return Layer(name: name, inputs: names, kind: kind)
  }

  /// Reads an object that names a kind and has its options, and no others.
  ///
  /// - Parameter others: members of the object that are no options.
  package static func kind(
    _ place: JSONDecoding, _ inputs: LayerInputs, others: Set<String> = []
  ) throws(JSONError) -> any LayerKind {
    let name = try place["kind"].string()
    guard let type = layerKinds.first(where: { $0.name == name }) else {
      throw place["kind"].mismatch(
        expected: "a kind of layer known here (\(layerKinds.map { $0.name }.joined(separator: ", ")))")
    }
    let kind = try type.init(place, inputs: inputs)
    let known = others.union(kind.options.keys).union(["kind"])
    for key in try place.object().keys where !known.contains(key) {
      throw place[key].mismatch(
        expected: "an option of \(name) (\(kind.options.keys.sorted().joined(separator: ", ")))")
    }
    return kind
  }

  private func checkParameters(_ json: JSONDecoding) throws(JSONError) {
    var names: Set<String> = []
    var sum = 0
    for (index, layer) in layers.enumerated() {
      for parameter in layer.kind.parameters {
        sum += parameter.count
        guard names.insert(layer.parameterName(parameter.name)).inserted else {
          throw json["layers"][index].mismatch(expected: "parameters that no other layer has")
        }
        guard parameter.count <= Limit.elements, sum <= Limit.elements else {
          throw json["layers"][index].mismatch(expected: "at most \(Limit.elements) parameters")
        }
      }
    }
  }

  /// The shape of an input or of a layer's output; nil where there is none of that name.
  public func shape(of reference: String) -> LayerShape? { shapes[reference] }

  /// All tensors that a file must hold, in the order of the layers.
  public var parameters: [RecurrentArchitecture.Parameter] {
    layers.flatMap { layer in
      layer.kind.parameters.map { .init(name: layer.parameterName($0.name), shape: $0.shape) }
    }
  }

  /// What `init` reads, with every option.
  package var json: JSON {
    [
      "inputs": .array(
        inputs.map { ["name": .string($0.name), "levels": .array($0.levels.map { .string($0) })] }),
      "layers": .array(
        layers.map { layer in
          var object: JSONObject = [
            "kind": .string(type(of: layer.kind).name), "name": .string(layer.name),
            "inputs": .array(layer.inputs.map { .string($0) }),
          ]
          for (key, value) in layer.kind.options { object[key] = value }
          return .object(object)
        }),
      "outputs": .array(outputs.map { .string($0) }),
    ]
  }
}

extension NetworkDescription: Hashable {
  public static func == (a: NetworkDescription, b: NetworkDescription) -> Bool { a.json == b.json }
  public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}
