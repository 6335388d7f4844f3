import Platform

/// A described network with its weights, for inference. Immutable.
///
///     let network = try LayeredNetwork(description, weights: Safetensors("model/network.safetensors"))
///     let logits = try network.outputs(["words": LayerValues(ids: [[5, 9, 2]])])["output"]!
public final class LayeredNetwork: Sendable {
  public let description: NetworkDescription
  private let layers: [any InferenceLayer]
  /// Of each input, how many ids its embeddings know.
  private let typeCounts: [String: Int]
  /// Where the values of every reference are kept while the network is computed.
  private let places: [String: Int]
  /// The same of what each layer reads and gives.
  private let layerPlaces: [(inputs: [Int], outputs: [Int])]
  /// Of the first input and the first output.
  private let onlyPlaces: (input: Int, output: Int)
  private let onlyTypeCount: Int?

  /// - Parameter precision: `.float32` gives what training measured within 1e-5.
  /// - Throws: `Failure` naming the tensor that is missing, of another shape, or not finite.
  public convenience init(
    _ description: NetworkDescription, weights: Safetensors, precision: WeightPrecision = .float32
  ) throws(Failure) {
    // Before memory is taken for any.
    for parameter in description.parameters { _ = try weights.tensor(parameter.name, shape: parameter.shape) }
    try self.init(description, source: weights, precision: precision)
  }

  /// - Parameter source: holds all parameters in their shapes.
  public init(
    _ description: NetworkDescription, source: any WeightSource, precision: WeightPrecision = .float32
  ) throws(Failure) {
    self.description = description
    var layers: [any InferenceLayer] = []
    var typeCounts: [String: Int] = [:]
    for layer in description.layers {
      layers.append(
        try layer.kind.layer(
          LayerWeights(source: source, layer: layer, precision: precision, kernels: .best)))
      guard let embedding = layer.kind as? EmbeddingKind else { continue }
      typeCounts[layer.inputs[0]] = min(embedding.count, typeCounts[layer.inputs[0]] ?? .max)
    }
    self.layers = layers
    self.typeCounts = typeCounts
    let references = description.inputs.map(\.name) + description.layers.flatMap(\.outputNames)
    let places = Dictionary(zip(references, 0...), uniquingKeysWith: { $1 })
    self.places = places
    onlyPlaces = (places[description.inputs[0].name]!, places[description.outputs[0]]!)
    onlyTypeCount = typeCounts[description.inputs[0].name]
    layerPlaces = description.layers.map { layer in
      (layer.inputs.map { places[$0]! }, layer.outputNames.map { places[$0]! })
    }
  }

  /// What comes out for a batch of examples, by reference.
  ///
  /// - Parameter inputs: ids for every input of the description, of equally many examples; −1 for nothing.
  /// - Throws: `Failure` if an input is missing, has other levels, or holds an id that no vector stands for.
  public func outputs(_ inputs: [String: LayerValues]) throws(Failure) -> [String: LayerValues] {
    let values = try computed(inputs)
    var outputs: [String: LayerValues] = [:]
    for name in description.outputs { outputs[name] = values[places[name]!]!.written() }
    return outputs
  }

  /// The same of a network with one input and one output, without looking up names.
  package func output(_ input: LayerValues) throws(Failure) -> LayerValues {
    precondition(description.inputs.count == 1 && description.outputs.count == 1)
    let described = description.inputs[0]
    guard input.size == 0, input.lengths.count == described.levels.count else {
      throw Self.failure(described.name, "is not by \(described.levels.joined(separator: " and "))")
    }
    try checkIDs(input, described.name, below: onlyTypeCount)
    var values = [LayerValues?](repeating: nil, count: places.count)
    values[onlyPlaces.input] = input
    for index in layers.indices { forward(layer: index, &values) }
    return values[onlyPlaces.output]!.written()
  }

  /// What every layer gives for a batch of examples, and what enters, by reference.
  package func activations(_ inputs: [String: LayerValues]) throws(Failure) -> [String: LayerValues] {
    let values = try computed(inputs)
    return places.compactMapValues { values[$0]?.written() }
  }

  private func computed(_ inputs: [String: LayerValues]) throws(Failure) -> [LayerValues?] {
    var values = places(of: try checked(inputs, Set(description.inputs.map(\.name))))
    for index in layers.indices { forward(layer: index, &values) }
    return values
  }

  private func places(of given: [String: LayerValues]) -> [LayerValues?] {
    var values = [LayerValues?](repeating: nil, count: places.count)
    for (name, value) in given { if let place = places[name] { values[place] = value } }
    return values
  }

  /// Adds what a layer gives.
  private func forward(layer index: Int, _ values: inout [LayerValues?]) {
    let (places, inference) = (layerPlaces[index], layers[index])
    if !inference.readsTypes {
      for place in places.inputs where values[place]!.table != nil {
        values[place] = values[place]!.written()
      }
    }
    let outputs = inference.forward(places.inputs.map { values[$0]! })
    for (place, output) in zip(places.outputs, outputs) { values[place] = output }
  }

  /// The part of a network that some references need.
  package struct Part: Sendable {
    let layers: [Int]
    /// Names of what has to be known before: inputs of the network, and references that are given.
    package let inputs: Set<String>
  }

  /// What has to be computed for references where others are known already.
  package func part(for references: [String], given: Set<String> = []) -> Part {
    var needed = Set(references)
    var inputs: Set<String> = []
    var layers: [Int] = []
    for (index, layer) in description.layers.enumerated().reversed() {
      let wanted = needed.intersection(layer.outputNames)
      guard !wanted.isEmpty else { continue }
      inputs.formUnion(wanted.intersection(given))
      guard !wanted.isSubset(of: given) else { continue }
      layers.append(index)
      needed.formUnion(layer.inputs)
    }
    inputs.formUnion(needed.intersection(description.inputs.map(\.name)))
    return Part(layers: layers.reversed(), inputs: inputs)
  }

  /// What the layers of a part give, by reference.
  ///
  /// - Parameter values: for every input of the part.
  package func run(_ part: Part, _ values: [String: LayerValues]) throws(Failure) -> [String: LayerValues] {
    var found = places(of: try checked(values, part.inputs))
    for index in part.layers { forward(layer: index, &found) }
    return places.compactMapValues { found[$0]?.written() }
  }

  func inference(ofLayer index: Int) -> any InferenceLayer { layers[index] }

  /// What one layer gives.
  func forward(layer: Int, _ inputs: [LayerValues]) -> [LayerValues] { layers[layer].forward(inputs) }

  /// - Parameter names: of those that are needed.
  private func checked(
    _ inputs: [String: LayerValues], _ names: Set<String>
  ) throws(Failure) -> [String: LayerValues] {
    // What is no input of the network comes out of one of its layers.
    var result = inputs.filter { names.contains($0.key) }
    /// Inputs that share a level share its lengths.
    var lengths: [String: [Int]] = [:]
    var exampleCount: Int?
    for input in description.inputs where names.contains(input.name) {
      guard let given = inputs[input.name], given.size == 0, given.lengths.count == input.levels.count,
        exampleCount ?? given.exampleCount == given.exampleCount
      else {
        throw Self.failure(input.name, "is missing, or not by \(input.levels.joined(separator: " and "))")
      }
      exampleCount = given.exampleCount
      for (level, counts) in zip(input.levels, given.lengths) {
        guard lengths[level] ?? counts == counts else {
          throw Self.failure(input.name, "has other lengths of \(level) than another input")
        }
        lengths[level] = counts
      }
      try checkIDs(given, input.name, below: typeCounts[input.name])
      result[input.name] = given
    }
    return result
  }

  private func checkIDs(
    _ values: LayerValues, _ name: String, below typeCount: Int?
  ) throws(Failure) {
    let limit = Int32(clamping: typeCount ?? Int(Int32.max))
    guard values.ids.allSatisfy({ $0 >= -1 && $0 < limit }) else {
      throw Self.failure(name, "holds an id that is not below \(limit)")
    }
  }

  private static func failure(_ input: String, _ why: String) -> Failure {
    Failure("network input \(input)", why: why, remedy: "give what the network was trained on")
  }
}
