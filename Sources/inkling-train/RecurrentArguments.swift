import ArgumentParser
import ModelBuilding
import Neural
import NeuralTraining
import Platform

/// The network: what it is made of and how it learns. Those that say which network, or how long it learns, ask for one;
/// the others need one of those, so that none is ignored in silence and none starts hours of work unasked.
struct RecurrentArguments: ParsableArguments {
  @Option(help: "Train a network of these cells: rnn, gru, lstm, window or bag (default with --time: lstm).")
  var cell: RecurrentArchitecture.Cell?

  @Option(
    help: """
      forward (the default): foretell each word from those before it; both: learn too what each word is, given those \
      before and behind it.
      """)
  var direction: ReadingDirection?

  @Option(help: "Train the best network that fits this time, such as 90s, 10m or 2h (default: 10m).")
  var time: Duration?

  @Option(help: "Pass this often over the text, in place of a time.") var epochs: Int?

  @Option(help: "Units of each hidden layer; chosen for the text and the time by default.") var hidden: Int?
  @Option(help: "Layers; chosen by default.") var layers: Int?
  @Option(help: "Size of the embeddings; that of the hidden layers by default.") var embedding: Int?

  @Flag(inversion: .prefixedNo, help: "Use the embeddings as the output layer's matrix; chosen by default.")
  var tied: Bool?

  @Flag(inversion: .prefixedNo, help: "Use an adaptive softmax: cheap where the vocabulary is large.")
  var adaptive: Bool?

  @Option(help: "Ranks of frequency where the adaptive softmax is cut, such as 2000,10000.")
  var cutoffs: String?

  @Option(help: "Tokens back that the window and bag cells see (default: 8).") var window: Int?

  @Option(help: "Types that the network knows, the most frequent ones; the others are <unk> to it.")
  var networkVocabulary: Int?

  @Option(help: "Texts side by side (default: 20; 32 with --time and products in bfloat16).")
  var batch: Int?
  @Option(help: "Steps of each that gradients reach back through (default: 35, of characters 64).")
  var bptt: Int?

  @Option(help: "How weights are moved: adam (the default), sgd or asgd (averaged).")
  var optimizer: OptimizerName?
  @Option(help: "Of sgd (default: 0.9).") var momentum: Double?
  @Option(help: "The learning rate; chosen by default.") var rate: Double?

  @Option(help: "How the rate falls: constant, plateau, cosine or linear; chosen by default.")
  var schedule: ScheduleName?

  @Option(help: "Of the plateau schedule: what the rate is multiplied by (default: 0.4).") var decay: Double?
  @Option(help: "The longest gradient; 0 for no limit (default: 0.5).") var clipNorm: Double?
  @Option(help: "The largest element of a gradient; 0 for no limit (the default).") var clipValue: Double?
  @Option(help: "The factor of a penalty on the squares of all weights (default: 0).")
  var weightDecay: Double?

  @Option(help: "The part of embeddings and hidden vectors that is dropped in training; chosen by default.")
  var dropout: Double?

  @Flag(help: "Drop the same elements at all steps of a segment.") var variational = false
  @Option(help: "The part of the types whose embeddings are dropped (default: 0).")
  var embeddingDropout: Double?
  @Option(help: "The part of the recurrent matrices that is dropped (default: 0).") var weightDrop: Double?

  @Option(help: "Train against samples instead of the whole vocabulary: nce or blackout.")
  var sampled: SampledTraining.Objective?

  @Option(help: "With --sampled: samples a segment (default: 500).") var samples: Int?

  @Option(help: "The chance that a word that occurs once is read as <unk> in training (default: 0.5).")
  var unk: Double?

  @Flag(
    inversion: .prefixedNo,
    help: "Predict such a word as <unk> too, so that new words get probability (the default).")
  var predictUnk: Bool?

  @Flag(inversion: .prefixedNo, help: "Cut the text at other places in each pass (the default).")
  var rotate: Bool?

  @Option(help: "Stop after so many measurements without gain.") var patience: Int?
  @Option(help: "What the forget gates of an LSTM start from (default: 1).") var forgetBias: Double?
  @Option(help: "Threads; all processors by default.") var threads: Int?

  @Option(
    help: """
      Of products in training, float32 or bfloat16; all else is of single precision (default: the faster one, \
      bfloat16 where the processor has AMX).
      """)
  var precision: ProductPrecision?

  @Option(help: "How often to write what a killed run goes on from, such as 30s or 5m (default: 2m).")
  var checkpointInterval: Duration?

  @Option(
    help: """
      Under mpirun: every process learns from streams of its own, and after so many steps their weights are averaged; \
      without it, every step is one of all processes. Both need --epochs.
      """)
  var outerEvery: Int?

  @Flag(help: "Go on from the checkpoint that a stopped run left beside the output.") var resume = false

  @Option(
    help: "Take the network of this model, trained on the same text before, in place of training one.",
    completion: .directory)
  var network: String?

  @Option(
    help: """
      The model that the network and the weights of the mixture begin as, or none (default: the base model of the \
      text's language, where there is one).
      """,
    completion: .directory)
  var from: String?

  /// Whether a network is asked for.
  var isRequested: Bool {
    cell != nil || time != nil || epochs != nil || hidden != nil || layers != nil || embedding != nil
      || tied != nil || adaptive != nil || cutoffs != nil || networkVocabulary != nil || sampled != nil
      || direction != nil || resume
  }

  /// The options given that say how a network learns, but ask for none.
  private var givenDetails: [String] {
    let details: [(String, Bool)] = [
      ("window", window != nil), ("batch", batch != nil), ("bptt", bptt != nil),
      ("optimizer", optimizer != nil),
      ("momentum", momentum != nil), ("rate", rate != nil), ("schedule", schedule != nil),
      ("decay", decay != nil),
      ("clip-norm", clipNorm != nil), ("clip-value", clipValue != nil), ("weight-decay", weightDecay != nil),
      ("dropout", dropout != nil), ("variational", variational),
      ("embedding-dropout", embeddingDropout != nil),
      ("weight-drop", weightDrop != nil), ("samples", samples != nil), ("unk", unk != nil),
      (predictUnk == false ? "no-predict-unk" : "predict-unk", predictUnk != nil),
      (rotate == false ? "no-rotate" : "rotate", rotate != nil), ("patience", patience != nil),
      ("forget-bias", forgetBias != nil), ("threads", threads != nil), ("precision", precision != nil),
      ("checkpoint-interval", checkpointInterval != nil), ("outer-every", outerEvery != nil),
    ]
    return details.filter(\.1).map { "--" + $0.0 }
  }

  /// The options given that say how large a network is, and of what.
  private var givenSizes: [String] {
    let sizes: [(String, Bool)] = [
      ("cell", cell != nil), ("hidden", hidden != nil), ("layers", layers != nil),
      ("embedding", embedding != nil), (tied == false ? "no-tied" : "tied", tied != nil),
      ("adaptive", adaptive == true), ("cutoffs", cutoffs != nil), ("window", window != nil),
    ]
    return sizes.filter(\.1).map { "--" + $0.0 }
  }

  /// What learning begins from.
  var beginning: ModelBuildingOptions.Beginning {
    switch from {
    case nil: .base
    case "none": .nothing
    case let path?: .model(path)
    }
  }

  /// Refuses options that would change nothing.
  ///
  /// - Parameter isAsked: whether a network is asked for by the command itself.
  private func checkEffects(isAsked: Bool) throws {
    if network != nil && (isRequested || !givenDetails.isEmpty) {
      throw ValidationError("--network takes a trained network: it excludes the options that train one")
    }
    if !isRequested && !isAsked, let detail = givenDetails.first {
      throw ValidationError(
        "\(detail) is of a network, and none is asked for: add --time 10m, or --cell lstm")
    }
    if let from, from != "none", let size = givenSizes.first {
      throw ValidationError("--from \(from) gives a network its sizes: it excludes \(size)")
    }
    let cell = cell ?? .lstm
    let needs: [(option: String, isGiven: Bool, isUsed: Bool, need: String)] = [
      ("window", window != nil, !cell.isRecurrent, "--cell window or bag"),
      ("momentum", momentum != nil, optimizer == .sgd, "--optimizer sgd"),
      ("decay", decay != nil, schedule == .plateau, "--schedule plateau"),
      ("samples", samples != nil, sampled != nil, "--sampled"),
      ("forget-bias", forgetBias != nil, cell == .lstm, "--cell lstm"),
      ("direction both", direction == .both, cell.isRecurrent, "--cell rnn, gru or lstm"),
      ("weight-drop", weightDrop ?? 0 > 0, cell.isRecurrent, "--cell rnn, gru or lstm"),
      ("cutoffs", cutoffs != nil, adaptive != false, "--adaptive"),
      ("outer-every", outerEvery != nil, optimizer != .asgd, "--optimizer adam or sgd"),
    ]
    for rule in needs where rule.isGiven && !rule.isUsed {
      throw ValidationError("--\(rule.option) needs \(rule.need)")
    }
    if let precision { try precision.check() }
  }

  /// Refuses what several processes cannot learn together, in each of them.
  func checkProcesses() throws {
    guard outerEvery != nil || MPIProcessGroup.startedCount > 1, isRequested else { return }
    let needs: [(isUsed: Bool, need: String)] = [
      (epochs != nil, "--epochs, for all processes to know the steps"),
      ((cell ?? .lstm).isRecurrent, "--cell rnn, gru or lstm"),
      (from == nil || from == "none", "a network that begins from nothing, without --from"),
    ]
    let option = outerEvery == nil ? "mpirun" : "--outer-every"
    for rule in needs where !rule.isUsed { throw ValidationError("\(option) needs \(rule.need)") }
  }

  /// - Parameter isAsked: whether a network is asked for by the command itself.
  func check(isAsked: Bool = false) throws {
    func check(_ name: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
      if let value, !range.contains(value) {
        throw ValidationError(
          "--\(name) is \(value), not \(range.lowerBound) to \(range.upperBound)")
      }
    }
    func share(_ name: String, _ value: Double?) throws {
      if let value, !(value >= 0 && value < 1) {
        throw ValidationError("--\(name) is \(value), not 0 to below 1")
      }
    }
    func positive(_ name: String, _ value: Double?) throws {
      if let value, !(value >= 0 && value.isFinite) {
        throw ValidationError("--\(name) is \(value), not 0 or more")
      }
    }
    try checkEffects(isAsked: isAsked)
    if time != nil && epochs != nil { throw ValidationError("--time and --epochs exclude each other") }
    try check("epochs", epochs, 1...100_000)
    try check("hidden", hidden, 1...8_192)
    try check("layers", layers, 1...8)
    try check("embedding", embedding, 1...8_192)
    try check("window", window, 1...64)
    try check("network-vocabulary", networkVocabulary, 3...(1 << 24))
    try check("batch", batch, 1...4_096)
    try check("bptt", bptt, 1...4_096)
    try check("samples", samples, 1...100_000)
    try check("patience", patience, 1...100_000)
    try check("threads", threads, 1...256)
    try check("outer-every", outerEvery, 1...1_000_000)
    try share("dropout", dropout)
    try share("embedding-dropout", embeddingDropout)
    try share("weight-drop", weightDrop)
    if let unk, !(unk >= 0 && unk <= 1) { throw ValidationError("--unk is \(unk), not 0 to 1") }
    for (name, value) in [
      ("rate", rate), ("momentum", momentum), ("decay", decay), ("clip-norm", clipNorm),
      ("clip-value", clipValue),
      ("weight-decay", weightDecay),
    ] { try positive(name, value) }
    if let forgetBias, !forgetBias.isFinite {
      throw ValidationError("--forget-bias is \(forgetBias), not a number")
    }
    if sampled != nil && (adaptive == true || cutoffs != nil) {
      throw ValidationError("--sampled trains a full softmax: it excludes --adaptive and --cutoffs")
    }
    if cutoffs != nil { _ = try cutoffList() }
  }

  private func cutoffList() throws -> [Int]? {
    guard let cutoffs else { return nil }
    var list: [Int] = []
    for part in cutoffs.split(separator: ",", omittingEmptySubsequences: false) {
      guard let value = Int(part), value > list.last ?? 0 else {
        throw ValidationError("--cutoffs is \"\(cutoffs)\", not rising ranks such as 2000,10000")
      }
      list.append(value)
    }
    return list
  }

  /// The network that is asked for.
  ///
  /// - Parameter isCharacters: whether a token is a character.
  func network(isCharacters: Bool) throws -> ModelBuildingOptions.Network {
    if let network { return .taken(fromModel: network) }
    return isRequested ? .trained(try options(isCharacters: isCharacters), resumes: resume) : .none
  }

  func options(isCharacters: Bool) throws -> RecurrentTrainingOptions {
    var options = RecurrentTrainingOptions()
    options.sizes.cell = cell ?? .lstm
    options.sizes.layerCount = layers
    options.sizes.embeddingSize = embedding
    options.sizes.hiddenSize = hidden
    options.sizes.isTied = tied
    options.sizes.isAdaptive = adaptive
    options.sizes.cutoffs = try cutoffList()
    options.sizes.windowLength = window ?? 8
    options.sizes.vocabularyLimit = networkVocabulary
    options.direction = direction ?? .forward
    if isCharacters && options.direction == .both {
      throw ValidationError("--direction both is of words: nothing asks a network of characters for it")
    }
    options.length = epochs.map { .epochs($0) } ?? .seconds(time?.seconds ?? 600)
    options.streamCount = batch
    options.stepCount = bptt ?? (isCharacters ? 64 : 35)
    options.method =
      switch optimizer ?? .adam {
      case .adam: .defaultAdam
      case .sgd: .sgd(momentum: momentum ?? 0.9)
      case .asgd: .averagedSGD
      }
    options.rate = rate
    options.schedule = schedule.map {
      switch $0 {
      case .constant: .constant
      case .plateau: .plateau(factor: decay ?? 0.4)
      case .cosine: .cosine(warmup: 0.02, floor: 0.02)
      case .linear: .linear(floor: 0.02)
      }
    }
    options.clipping = Clipping(norm: clipNorm ?? 0.5, value: clipValue ?? 0)
    options.weightDecay = weightDecay ?? 0
    if dropout != nil || variational || embeddingDropout ?? 0 > 0 || weightDrop ?? 0 > 0 {
      var regularization = Regularization(dropout: dropout ?? 0.4)
      regularization.isVariational = variational
      regularization.embeddingDropout = embeddingDropout ?? 0
      regularization.weightDrop = weightDrop ?? 0
      options.regularization = regularization
    }
    options.sampled = sampled.map { SampledTraining(objective: $0, sampleCount: samples ?? 500) }
    options.unknownProbability = unk ?? 0.5
    options.predictsUnknown = predictUnk ?? true
    options.rotatesText = rotate ?? true
    options.patience = patience
    options.forgetBias = forgetBias ?? 1
    options.threadCount = threads
    options.precision = precision
    options.secondsBetweenCheckpoints = checkpointInterval?.seconds ?? 120
    return options
  }
}

extension ProductPrecision {
  func check() throws {
    if !isHere {
      throw ValidationError(
        "--precision \(rawValue): this processor has no tile registers (AMX) to multiply in it; use float32")
    }
  }
}

/// What a token is.
enum UnitName: String, CaseIterable, ExpressibleByArgument { case word, character }

enum OptimizerName: String, CaseIterable, ExpressibleByArgument { case adam, sgd, asgd }
enum ScheduleName: String, CaseIterable, ExpressibleByArgument { case constant, plateau, cosine, linear }
extension RecurrentArchitecture.Cell: ExpressibleByArgument {}
extension ReadingDirection: ExpressibleByArgument {}
extension SampledTraining.Objective: ExpressibleByArgument {}
extension ProductPrecision: ExpressibleByArgument {}

extension RecurrentArguments {
  /// A length of time as people write it: 90s, 10m, 1h30m; a number alone is in seconds.
  struct Duration: ExpressibleByArgument, Hashable, Sendable {
    var seconds: Double

    init(seconds: Double) { self.seconds = seconds }

    init?(argument: String) {
      var total = 0.0
      var digits = ""
      var hasUnit = false
      for character in argument {
        if character.isASCII, character.isNumber || character == "." {
          digits.append(character)
          continue
        }
        let factors: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let factor = factors[character], let value = Double(digits) else { return nil }
        total += value * factor
        digits = ""
        hasUnit = true
      }
      if !digits.isEmpty {
        guard !hasUnit, let value = Double(digits) else { return nil }
        total = value
      }
      guard total > 0, total <= 1e8 else { return nil }
      seconds = total
    }
  }
}
