import JSON
import Neural
import NeuralTraining
import Platform

/// The networks that encoders are, as data: from words to a logit a label.
struct EncoderDescription {
  let options: ClassifierBuildingOptions
  let labelCount: Int
  let typeCount: Int

  private static let inputName = "words"
  /// The parameter of the vectors that are tuned, or the only ones.
  static let vectorsName = "embedding.weight"
  /// The parameter of the vectors that stay, where there are both.
  static let staticVectorsName = "static.weight"

  /// Words of a part, for the encoders that read parts.
  static let partLength = 12

  /// How texts enter the network.
  var input: SequenceInput {
    var input = SequenceInput(maximumLength: options.maximumLength ?? 1_000)
    if readsParts { input.partLength = Self.partLength }
    return input
  }

  private var readsParts: Bool { options.encoder == .timeDistributedCNNLSTM || options.encoder == .convLSTM }

  /// Numbers of a word's vector.
  var embeddingSize: Int {
    if let size = options.embeddingSize { return size }
    switch options.encoder {
    case .cnn, .multiCNN: return 300
    // That of Socher's vectors.
    case .rae: return 100
    default: return 128
    }
  }
  private var dropout: Double { options.dropout ?? 0.5 }
  /// The sizes of Keras' examples for the encoders that it has.
  private var hiddenSize: Int { options.hiddenSize ?? (options.encoder == .bilstm ? 100 : 70) }
  private var filters: Int {
    options.filterCount ?? (options.encoder == .cnn ? 300 : options.encoder == .multiCNN ? 100 : 64)
  }

  /// - Throws: `Failure` for sizes that no network may have.
  func description() throws(Failure) -> NetworkDescription {
    var layers = embedding
    let encoded: String
    switch options.encoder {
    case .bag, .auto: preconditionFailure("names no network")
    case .rnn, .gru, .lstm: encoded = recurrent(&layers, options.encoder.rawValue, reading: "vectors")
    case .bilstm: encoded = bidirectional(&layers)
    case .cnn: encoded = convolutions(&layers, widths: [options.filterWidth ?? 3])
    case .multiCNN: encoded = convolutions(&layers, widths: [3, 4, 5])
    case .cnnLSTM: encoded = convolutionalRecurrent(&layers)
    case .timeDistributedCNNLSTM: encoded = timeDistributed(&layers)
    case .convLSTM: encoded = convolutionalLSTM(&layers)
    case .rae: encoded = phrases(&layers)
    }
    layers.append(["kind": "dropout", "name": "dropped", "inputs": [.string(encoded)], "rate": JSON(dropout)])
    layers.append(["kind": "linear", "name": "output", "inputs": ["dropped"], "size": JSON(labelCount)])
    let levels: JSON = readsParts ? ["parts", "words"] : ["words"]
    let json: JSON = [
      "inputs": [["name": .string(Self.inputName), "levels": levels]], "layers": .array(layers),
      "outputs": ["output"],
    ]
    do throws(JSONError) { return try NetworkDescription(JSONDecoding(json, name: "network")) } catch {
      throw Failure("the network", why: "\(error)", remedy: "choose other sizes")
    }
  }

  /// A vector a word, as the layer `vectors`.
  private var embedding: [JSON] {
    func table(_ name: String, isFixed: Bool) -> JSON {
      [
        "kind": "embedding", "name": .string(name), "inputs": [.string(Self.inputName)],
        "count": JSON(typeCount),
        "size": JSON(embeddingSize), "isFixed": .bool(isFixed),
        "typeDropout": JSON(options.encoder == .rae ? Self.phraseTypeDropout : 0),
      ]
    }
    let readsAll = [.cnn, .multiCNN, .rae].contains(options.encoder)
    var layers = [table("embedding", isFixed: options.channels == .static)]
    var name = "embedding"
    if options.channels == .both {
      layers.append(table("static", isFixed: true))
      // A filter over both channels answers with the sum of its answers to each, which is its answer to their sum.
      layers.append([
        "kind": "combining", "name": "channels", "inputs": ["embedding", "static"], "rule": "sum",
      ])
      name = "channels"
    }
    layers.append([
      "kind": "dropout", "name": "vectors", "inputs": [.string(name)],
      // Kim drops what the filters answer alone, and Socher nothing; what recurs is steadied by dropping of what it reads
      // too.
      "rate": JSON(readsAll ? 0 : dropout / 2),
    ])
    return layers
  }

  private func convolution(_ name: String, width: Int, reading input: String) -> JSONObject {
    [
      "kind": "convolution1D", "name": .string(name), "inputs": [.string(input)], "filters": JSON(filters),
      "width": JSON(width), "padding": "full", "activation": "relu",
    ]
  }

  private func convolutions(_ layers: inout [JSON], widths: [Int]) -> String {
    for width in widths {
      layers.append(.object(convolution("convolution\(width)", width: width, reading: "vectors")))
      layers.append([
        "kind": "pooling", "name": .string("pool\(width)"), "inputs": [.string("convolution\(width)")],
        "reduction": "maximum", "window": "sequence",
      ])
    }
    guard widths.count > 1 else { return "pool\(widths[0])" }
    layers.append([
      "kind": "combining", "name": "pools", "inputs": .array(widths.map { .string("pool\($0)") }),
      "rule": "concatenation",
    ])
    return "pools"
  }

  private func recurrent(_ layers: inout [JSON], _ cell: String, reading input: String) -> String {
    layers.append([
      "kind": "recurrent", "name": "encoder", "inputs": [.string(input)], "cell": .string(cell),
      "size": JSON(hiddenSize),
    ])
    return "encoder.last"
  }

  private func bidirectional(_ layers: inout [JSON]) -> String {
    layers.append([
      "kind": "bidirectional", "name": "encoder", "inputs": ["vectors"], "cell": "lstm",
      "size": JSON(hiddenSize),
    ])
    layers.append([
      "kind": "pooling", "name": "pool", "inputs": ["encoder"], "reduction": "maximum", "window": "sequence",
    ])
    return "pool"
  }

  private func convolutionalRecurrent(_ layers: inout [JSON]) -> String {
    layers.append(.object(convolution("convolution", width: options.filterWidth ?? 5, reading: "vectors")))
    layers.append([
      "kind": "pooling", "name": "pool", "inputs": ["convolution"], "reduction": "maximum", "window": 4,
    ])
    return recurrent(&layers, "lstm", reading: "pool")
  }

  private func timeDistributed(_ layers: inout [JSON]) -> String {
    var inner = convolution("inner", width: options.filterWidth ?? 3, reading: "vectors")
    for key in ["name", "inputs"] { inner[key] = nil }
    layers.append([
      "kind": "timeDistributed", "name": "convolution", "inputs": ["vectors"], "layer": .object(inner),
    ])
    layers.append([
      "kind": "timeDistributed", "name": "pool", "inputs": ["convolution"],
      "layer": ["kind": "pooling", "reduction": "maximum", "window": "sequence"],
    ])
    return recurrent(&layers, "lstm", reading: "pool")
  }

  /// Socher et al. (2011): a tree's root and the mean of its nodes, and a label at each node.
  private func phrases(_ layers: inout [JSON]) -> String {
    let name = Self.phrasesName
    layers.append(["kind": "recursiveAutoencoder", "name": .string(name), "inputs": ["vectors"]])
    layers.append([
      "kind": "linear", "name": .string(Self.phraseLabelsName), "inputs": [.string(name)],
      "size": JSON(labelCount),
    ])
    layers.append([
      "kind": "pooling", "name": "mean", "inputs": [.string(name)], "reduction": "average",
      "window": "sequence",
    ])
    layers.append([
      "kind": "combining", "name": "both", "inputs": [.string("\(name).root"), "mean"],
      "rule": "concatenation",
    ])
    return "both"
  }

  /// Of the labels of all nodes, and of what is lost at them, beside the label of the text; and the share of words that a
  /// batch goes without, which keeps trees from learning single words by heart. Tried on two folds of MR.
  private static let phraseLabelFactor = 0.5
  private static let reconstructionFactor = 0.05
  private static let phraseTypeDropout = 0.3

  private static let phrasesName = "phrases"
  private static let phraseLabelsName = "phraseLabels"

  /// How much of an average of the weights stays at each step, where nobody says it: about the last pass over a few thousand
  /// texts counts. Trees are chosen anew with every step, and their weights do not settle.
  var averagingDecay: Double? { options.encoder == .rae ? 0.995 : nil }

  /// What the network learns beside the labels of texts.
  var sideLosses: [ClassificationSideLoss] {
    guard options.encoder == .rae else { return [] }
    return [
      ClassificationSideLoss("\(Self.phrasesName).errors", .value, factor: Self.reconstructionFactor),
      ClassificationSideLoss(Self.phraseLabelsName, .labelOfSteps, factor: Self.phraseLabelFactor),
    ]
  }

  private func convolutionalLSTM(_ layers: inout [JSON]) -> String {
    layers.append([
      "kind": "convolutionalLSTM", "name": "encoder", "inputs": ["vectors"],
      "size": JSON(options.hiddenSize ?? 64),
      "width": JSON(options.filterWidth ?? 3),
    ])
    layers.append([
      "kind": "pooling", "name": "places", "inputs": ["encoder"], "reduction": "maximum",
      "window": "sequence",
    ])
    layers.append([
      "kind": "pooling", "name": "parts", "inputs": ["places"], "reduction": "maximum", "window": "sequence",
    ])
    return "parts"
  }
}
