import LanguageModeling
import Neural
import Platform

/// Weights that were trained elsewhere, under the names of common PyTorch language models, made into a network.
///
/// What the network is made of is read from the file's metadata where this program wrote it, else from the names and
/// shapes of its tensors. Docs: docs/training.md.
public struct ImportedWeights: Sendable {
  public let architecture: RecurrentArchitecture
  /// Names in the file, by ours.
  private let sources: [String: String]
  private let file: Safetensors

  /// Prefixes that language models give to the parts that we call embedding, rnn and output.
  private static let aliases: [(part: String, others: [String])] = [
    ("embedding.", ["encoder.", "emb.", "embed.", "embeddings."]),
    ("rnn.", ["lstm.", "gru."]),
    ("output.", ["decoder.", "out.", "fc.", "linear.", "head."]),
  ]

  /// - Parameter cell: what a file cannot tell: nil guesses from the shapes (one gate is an RNN, three a GRU, four an LSTM).
  public init(_ path: String, units: RecurrentArchitecture.Units = .word) throws(Failure) {
    let file = try Safetensors(path)
    self.file = file
    let sources = Self.ourNames(file)
    self.sources = sources
    if file.metadata["inkling.format"] != nil {
      architecture = try RecurrentArchitecture(metadata: file.metadata)
    } else {
      architecture = try Self.infer(file, sources, units: units)
    }
    for parameter in architecture.parameters {
      guard let name = sources[parameter.name] else {
        throw Failure(
          path, why: "holds no tensor for \(parameter.name) (\(parameter.shape))",
          remedy: "save the module's state_dict under the names that docs/weights.md lists")
      }
      _ = try file.tensor(name, shape: parameter.shape)
    }
  }

  private static func ourNames(_ file: Safetensors) -> [String: String] {
    var result: [String: String] = [:]
    for name in file.tensors.keys.sorted() {
      // A module saved from inside another one, or by a wrapper, has a prefix more.
      var trimmed = name
      for prefix in ["module.", "model."] where trimmed.hasPrefix(prefix) {
        trimmed.removeFirst(prefix.count)
      }
      var ours = trimmed
      for (part, others) in aliases {
        if let other = others.first(where: { trimmed.hasPrefix($0) }) {
          ours = part + trimmed.dropFirst(other.count)
        }
      }
      if result[ours] == nil || name == ours { result[ours] = name }
    }
    return result
  }

  private static func infer(
    _ file: Safetensors, _ sources: [String: String], units: RecurrentArchitecture.Units
  ) throws(Failure) -> RecurrentArchitecture {
    func shape(_ name: String) -> [Int]? { sources[name].flatMap { file.tensors[$0]?.shape } }
    guard let embedding = shape("embedding.weight"), embedding.count == 2,
      let recurrent = shape("rnn.weight_hh_l0"), recurrent.count == 2, recurrent[1] > 0
    else {
      throw Failure(
        file.path,
        why: "holds no embedding.weight and rnn.weight_hh_l0, so it is no language model known here",
        remedy: "rename its tensors as docs/weights.md lists them")
    }
    let cell: RecurrentArchitecture.Cell
    switch recurrent[0] / recurrent[1] {
    case 1: cell = .rnn
    case 3: cell = .gru
    case 4: cell = .lstm
    default:
      throw Failure(
        file.path, why: "rnn.weight_hh_l0 has the shape \(recurrent), of no RNN, GRU or LSTM",
        remedy: "projections and other cells are not supported")
    }
    var layers = 1
    while layers < 16, shape("rnn.weight_hh_l\(layers)") != nil { layers += 1 }
    var output = RecurrentArchitecture.Output.full
    var isTied = shape("output.weight") == nil
    if let head = shape("output.head.weight"), head.count == 2 {
      isTied = false
      output = try adaptive(
        file, shape, head: head[0], hidden: recurrent[1], hasBias: shape("output.head.bias") != nil)
    } else if let weight = sources["output.weight"], embedding == shape("output.weight") {
      // A tied model's matrix is often saved twice.
      isTied =
        try file.floats(weight) == file.floats(sources["embedding.weight"]!)
    }
    return try RecurrentArchitecture(
      cell: cell, layerCount: layers, embeddingSize: embedding[1], hiddenSize: recurrent[1],
      vocabularyCount: embedding[0], isTied: isTied, output: output, units: units)
  }

  private static func adaptive(
    _ file: Safetensors, _ shape: (String) -> [Int]?, head: Int, hidden: Int, hasBias: Bool
  ) throws(Failure) -> RecurrentArchitecture.Output {
    var sizes: [Int] = []
    while sizes.count < 16, let tail = shape("output.tail.\(sizes.count).1.weight"), tail.count == 2 {
      sizes.append(tail[0])
    }
    guard !sizes.isEmpty, head > sizes.count, let first = shape("output.tail.0.0.weight"), first.count == 2,
      first[0] > 0
    else {
      throw Failure(
        file.path, why: "its adaptive softmax has no clusters", remedy: "save the whole module's state_dict")
    }
    var cutoffs = [head - sizes.count]
    for size in sizes.dropLast() { cutoffs.append(cutoffs.last! + size) }
    return .adaptive(cutoffs: cutoffs, divisor: max(1, hidden / first[0]), hasHeadBias: hasBias)
  }

  /// Writes `recurrent.safetensors`.
  ///
  /// - Parameters:
  ///   - tokens: for each row of the network its id in the model's vocabulary; nil when they are the same.
  ///   - vocabularyCount: of the model, which must be the network's then.
  /// - Throws: `Failure` when rows and vocabulary do not fit, or a value is not finite.
  public func write(to path: String, tokens: [UInt32]?, vocabularyCount: Int) throws(Failure) {
    let rowCount = architecture.vocabularyCount
    guard tokens?.count ?? vocabularyCount == rowCount else {
      throw Failure(
        file.path, why: "has \(rowCount) types, where the vocabulary has \(tokens?.count ?? vocabularyCount)",
        remedy: "name the network's own vocabulary, a type a line in the order of its rows")
    }
    var metadata = architecture.metadata
    metadata["training.imported-from"] = file.path
    var writer = SafetensorsWriter(metadata: metadata)
    for parameter in architecture.parameters {
      let values = try file.floats(sources[parameter.name]!, shape: parameter.shape)
      guard values.allSatisfy({ $0.isFinite }) else {
        throw Failure(
          file.path, why: "\(parameter.name) holds values that are not finite", remedy: "train it again")
      }
      writer.add(parameter.name, shape: parameter.shape, values)
    }
    if let tokens {
      guard tokens.contains(0) else {
        throw Failure(file.path, why: "its vocabulary has no <unk>", remedy: "add a row for unknown words")
      }
      guard Set(tokens).count == tokens.count else {
        throw Failure(file.path, why: "two rows stand for one type", remedy: "check the vocabulary's lines")
      }
      writer.add(NetworkVocabulary.tensorName, shape: [rowCount], tokens.map { Int32($0) })
    } else if file.tensors[NetworkVocabulary.tensorName] != nil {
      let ids = try file.integers(NetworkVocabulary.tensorName, shape: [rowCount])
      writer.add(NetworkVocabulary.tensorName, shape: [rowCount], ids)
    }
    try writer.write(to: path)
  }
}
