import LanguageModeling
import Neural
import Platform

/// Weights that were trained elsewhere, under the names of common PyTorch language models, made into a network.
///
/// What the network is made of is read from the file's metadata where this program wrote it, else from the names and
/// shapes of its tensors. A tensor that is no part of such a network is refused, for without it the network would be
/// another function; only what training leaves behind is passed over and named. Docs: docs/weights.md.
public struct ImportedWeights: Sendable {
  public let architecture: RecurrentArchitecture
  /// Tensors of the file that change no answer of the network: counters, states of optimisers, second copies.
  public let unusedTensors: [String]
  /// Biases that the file lacks, as modules made with `bias=False` do, under our names. They are zeros.
  public let absentBiases: [String]
  /// Names in the file, by ours.
  private let sources: [String: String]
  private let file: Safetensors

  /// Prefixes that language models give to the parts that we call embedding, rnn and output.
  private static let aliases: [(part: String, others: [String])] = [
    ("embedding.", ["encoder.", "emb.", "embed.", "embeddings."]),
    ("rnn.", ["lstm.", "gru."]),
    ("output.", ["decoder.", "out.", "fc.", "linear.", "head."]),
  ]

  /// The cell follows from the shapes: one gate is an RNN, three a GRU, four an LSTM.
  ///
  /// - Parameter units: what a file cannot tell.
  public init(_ path: String, units: RecurrentArchitecture.Units = .word) throws(Failure) {
    let file = try Safetensors(path)
    self.file = file
    let sources = Self.ourNames(file)
    self.sources = sources
    // Of another kind of module it is said below what it lacks, not all that it has.
    if sources["embedding.weight"] != nil && sources["rnn.weight_hh_l0"] != nil {
      try Self.refuse(
        sources.filter { !Self.isPart($0.key) && !Self.isHarmless($0.value) }.map(\.value), of: file)
    }
    if file.metadata["inkling.format"] != nil {
      architecture = try RecurrentArchitecture(metadata: file.metadata)
    } else {
      architecture = try Self.infer(file, sources, units: units)
    }
    var used: Set<String> = [NetworkVocabulary.tensorName]
    var absent: [String] = []
    for parameter in architecture.parameters {
      if let name = sources[parameter.name] {
        used.insert(name)
      } else if Self.isBias(parameter.name) {
        absent.append(parameter.name)
      } else {
        throw Failure(
          path, why: "holds no tensor for \(parameter.name) (\(parameter.shape))",
          remedy: "save the module's state_dict under the names that docs/weights.md lists")
      }
    }
    absentBiases = absent
    unusedTensors = try Self.unused(file, sources, used: used)
    for parameter in architecture.parameters {
      if let name = sources[parameter.name] { try Self.checkShape(name, parameter, file) }
    }
  }

  private static func checkShape(
    _ name: String, _ parameter: RecurrentArchitecture.Parameter, _ file: Safetensors
  ) throws(Failure) {
    guard let found = file.tensors[name]?.shape, found != parameter.shape else { return }
    throw Failure(
      file.path, why: "expected \(name) in the shape \(parameter.shape), found \(found)",
      remedy: "docs/weights.md lists the shapes")
  }

  private static func isBias(_ name: String) -> Bool { name.hasSuffix(".bias") || name.contains(".bias_") }

  // MARK: What a file may hold

  /// Whether a tensor of this name belongs to some network known here.
  private static func isPart(_ name: String) -> Bool {
    if ["embedding.weight", "output.weight", "output.bias", "output.head.weight", "output.head.bias"]
      .contains(name) || name == NetworkVocabulary.tensorName
    {
      return true
    }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count == 2, parts[0] == "rnn" {
      return ["weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"].contains {
        parts[1].hasPrefix($0) && UInt8(parts[1].dropFirst($0.count)) != nil
      }
    }
    if parts.count == 3, parts[0] == "hidden", UInt8(parts[1]) != nil {
      return parts[2] == "weight" || parts[2] == "bias"
    }
    return parts.count == 5 && parts[0] == "output" && parts[1] == "tail" && UInt8(parts[2]) != nil
      && (parts[3] == "0" || parts[3] == "1") && parts[4] == "weight"
  }

  /// Whether a tensor is what training or a framework leaves beside the weights, and no part of what is computed.
  private static func isHarmless(_ name: String) -> Bool {
    let parts = name.split(separator: ".")
    let folders = ["optimizer", "optim", "optimizer_state", "scheduler", "lr_scheduler"]
    if let first = parts.first, parts.count > 1, folders.contains(String(first)) { return true }
    let leaves = [
      "num_batches_tracked", "position_ids", "exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer",
      "step",
      "global_step", "epoch", "iteration", "rng_state", "cuda_rng_state",
    ]
    return parts.last.map { leaves.contains(String($0)) } ?? false
  }

  /// The tensors that are not used, all of them harmless.
  ///
  /// - Throws: `Failure` naming those that are not.
  private static func unused(
    _ file: Safetensors, _ sources: [String: String], used: Set<String>
  ) throws(Failure) -> [String] {
    var harmless: [String] = []
    var parts: [String] = []
    for name in file.tensors.keys.sorted() where !used.contains(name) {
      // A wrapped module's tensors are often stored with and without the prefix, and a tied matrix under both names.
      var twin = sources[ourName(name)]
      if twin == name { twin = ourName(name) == "output.weight" ? sources["embedding.weight"] : nil }
      let isCopy = twin.map { holdSame(name, $0, file) } ?? false
      if isCopy || isHarmless(name) { harmless.append(name) } else { parts.append(name) }
    }
    try refuse(parts, of: file)
    return harmless
  }

  private static func holdSame(_ name: String, _ other: String, _ file: Safetensors) -> Bool {
    guard let shape = file.tensors[name]?.shape, shape == file.tensors[other]?.shape else { return false }
    // What holds no floating-point numbers is no copy of what is used.
    guard let values = try? file.floats(name) else { return false }
    return (try? file.floats(other)) == values
  }

  private static func refuse(_ names: [String], of file: Safetensors) throws(Failure) {
    guard !names.isEmpty else { return }
    let sorted = names.sorted()
    let rest = sorted.count > 8 ? " and \(sorted.count - 8) more" : ""
    let isSecondDirection = sorted.contains { $0.hasSuffix("_reverse") }
    throw Failure(
      file.path,
      why: "holds tensors that are no part of a network known here: "
        + sorted.prefix(8).joined(separator: ", ") + rest,
      remedy: isSecondDirection
        ? "a network that reads backwards too cannot foretell what comes next; train one direction"
        : "without them it would be another network; docs/weights.md lists what can be taken")
  }

  private static func ourNames(_ file: Safetensors) -> [String: String] {
    var result: [String: String] = [:]
    for name in file.tensors.keys.sorted() {
      let ours = ourName(name)
      if result[ours] == nil || name == ours { result[ours] = name }
    }
    return result
  }

  private static func ourName(_ name: String) -> String {
    // A module saved from inside another one, or by a wrapper, has a prefix more.
    var trimmed = name
    for prefix in ["module.", "model."] where trimmed.hasPrefix(prefix) {
      trimmed.removeFirst(prefix.count)
    }
    for (part, others) in aliases {
      if let other = others.first(where: { trimmed.hasPrefix($0) }) {
        return part + trimmed.dropFirst(other.count)
      }
    }
    return trimmed
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
    switch recurrent[0].quotientAndRemainder(dividingBy: recurrent[1]) {
    case (1, 0): cell = .rnn
    case (3, 0): cell = .gru
    case (4, 0): cell = .lstm
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
    let own = try tokens == nil ? ownTokens(vocabularyCount: vocabularyCount) : nil
    guard (tokens ?? own)?.count ?? vocabularyCount == rowCount else {
      throw Failure(
        file.path, why: "has \(rowCount) types, where the vocabulary has \(tokens?.count ?? vocabularyCount)",
        remedy: "name the network's own vocabulary, a type a line in the order of its rows")
    }
    var metadata = architecture.metadata
    metadata["training.imported-from"] = file.path
    var writer = SafetensorsWriter(metadata: metadata)
    for parameter in architecture.parameters {
      let values =
        if let name = sources[parameter.name] {
          try file.floats(name, shape: parameter.shape)
        } else { [Float](repeating: 0, count: parameter.count) }
      guard values.allSatisfy({ $0.isFinite }) else {
        throw Failure(
          file.path, why: "\(parameter.name) holds values that are not finite", remedy: "train it again")
      }
      writer.add(parameter.name, shape: parameter.shape, values)
    }
    if let tokens = tokens ?? own {
      guard tokens.contains(0) else {
        throw Failure(file.path, why: "its vocabulary has no <unk>", remedy: "add a row for unknown words")
      }
      guard Set(tokens).count == tokens.count else {
        throw Failure(file.path, why: "two rows stand for one type", remedy: "check the vocabulary's lines")
      }
      writer.add(NetworkVocabulary.tensorName, shape: [rowCount], tokens.map { Int32($0) })
    }
    try writer.write(to: path)
  }

  /// The id of each row in the model's vocabulary as the file itself says; nil where it does not.
  private func ownTokens(vocabularyCount: Int) throws(Failure) -> [UInt32]? {
    guard file.tensors[NetworkVocabulary.tensorName] != nil else { return nil }
    let ids = try file.integers(NetworkVocabulary.tensorName, shape: [architecture.vocabularyCount])
    guard ids.allSatisfy({ 0 <= $0 && $0 < vocabularyCount }) else {
      throw Failure(
        file.path, why: "has rows for types beyond the model's \(vocabularyCount)",
        remedy: "take it into the model of the text that it was trained on")
    }
    return ids.map { UInt32($0) }
  }

  /// The hash of the `vocabulary.txt` that the rows' ids are of; nil where the file does not say.
  package var vocabularyDigest: String? { file.metadata["training.vocabulary"] }
}
