import ArgumentParser
import Console
import ModelBuilding
import NeuralTraining
import Platform

/// Trains a classifier of texts.
struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify", abstract: "Train a classifier: which label a text has.",
    discussion: """
      LABELLED is a folder with a folder of texts for each label, or a file: a label, a tab and a text on each line; \
      JSON lines with the members label and text (.jsonl); or comma-separated values whose first line names the columns \
      label and text (.csv). By default a bag of n-grams is trained, and of short texts a network beside it, which stays \
      where held-out texts are told better with it.

      Example: inkling-train classify reviews.tsv --output reviews
      Example: inkling-train classify reviews.tsv --encoder multi-cnn --vectors notes/.inkling/model --folds 10 --output reviews
      """)

  @Argument(help: "Labelled texts; may be a pipe, or - for standard input.", completion: .file())
  var labelled: String

  @Option(help: "Where the model goes.", completion: .directory) var output: String

  @Option(
    help: """
      What turns a text into what is classified: auto, bag, rnn, gru, lstm, bilstm, cnn, multi-cnn, cnn-lstm, \
      time-distributed-cnn-lstm, conv-lstm or rae (default: auto).
      """)
  var encoder: TextEncoder = .auto

  @Option(help: "Labelled texts to choose by, in place of a part of LABELLED.", completion: .file())
  var valid: String?
  @Option(help: "Labelled texts to measure the finished classifier on.", completion: .file()) var test:
    String?

  @Option(
    help:
      "First train this often on all but every so many-th example, and measure on those: cross-validation.")
  var folds: Int?
  @Option(help: "Do only so many of the folds.") var foldLimit: Int?

  @Option(
    help:
      "What counts: accuracy, or macroF1, the mean over the labels of precision's and recall's harmonic mean."
  )
  var metric: ClassificationMetric = .accuracy
  @Option(help: "What a mistake costs: uniform, or balanced, so that all labels weigh the same together.")
  var labelWeights: LabelWeighting = .uniform
  @Option(help: "What everything random starts from.") var seed: UInt64 = 1
  @Option(help: "Threads; all processors by default.") var threads: Int?

  @OptionGroup(title: "The bag") var bag: BagArguments
  @OptionGroup(title: "Networks") var network: ClassifierNetworkArguments

  @Flag(help: "Print one JSON object an event (docs/json-output.md).") var json = false

  func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads is \(threads), not 1 to 256")
    }
    if let folds, !(2...1_000).contains(folds) { throw ValidationError("--folds is \(folds), not 2 to 1000") }
    if let foldLimit {
      guard let folds else { throw ValidationError("--fold-limit needs --folds") }
      guard (1...folds).contains(foldLimit) else {
        throw ValidationError("--fold-limit is \(foldLimit), not 1 to \(folds)")
      }
    }
    try bag.check(isBag: encoder == .bag || encoder == .auto)
    try network.check(isNetwork: encoder != .bag)
    if network.resume && encoder == .auto {
      throw ValidationError("--resume needs an --encoder that is a network")
    }
    if network.resume && folds != nil { throw ValidationError("--resume and --folds exclude each other") }
  }

  func run() throws {
    Interruption.install()
    try MPIProcessGroup.refuseSeveral("a classifier")
    let stop = StopRequests()
    let reporter = Reporter(json: json) { stop.listen() }
    defer { Interruption.setHandler(nil) }
    _ = try ClassifierBuilder(
      labelled, output: output, options: try options(), report: reporter.report,
      shouldStop: { stop.isStopped }
    ).build()
  }

  private func options() throws -> ClassifierBuildingOptions {
    var options = ClassifierBuildingOptions()
    options.encoder = encoder
    options.validationPath = valid
    options.testPath = test
    options.foldCount = folds ?? 0
    options.foldLimit = foldLimit
    options.training.metric = metric
    options.training.weighting = labelWeights
    options.training.seed = seed
    options.training.threadCount = threads
    options.bagOrder = bag.order
    options.bagCharacters = try bag.characterLengths()
    options.bagHasCharacters = bag.characters.map { $0 != "0" }
    network.set(&options)
    return options
  }
}

/// What a bag is made of.
struct BagArguments: ParsableArguments {
  @Option(help: "The longest n-grams of words, 1 to 5 (default: 2).") var order: Int?
  @Option(
    help:
      "The lengths of n-grams of characters, such as 2-5, or 0 for none; chosen by cross-validation by default."
  )
  var characters: String?

  func check(isBag: Bool) throws {
    if !isBag, let name = order != nil ? "order" : characters != nil ? "characters" : nil {
      throw ValidationError("--\(name) needs --encoder bag or auto")
    }
    if let order, !(1...5).contains(order) { throw ValidationError("--order is \(order), not 1 to 5") }
    _ = try characterLengths()
  }

  func characterLengths() throws -> ClosedRange<Int>? {
    guard let characters, characters != "0" else { return nil }
    let parts = characters.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let first = parts[0], let last = parts[1], first >= 1, last >= first, last <= 8
    else {
      throw ValidationError("--characters is \(characters), not lengths from 1 to 8 such as 2-5, or 0")
    }
    return first...last
  }
}

/// What a network is made of and how it learns.
struct ClassifierNetworkArguments: ParsableArguments {
  @Option(
    help:
      "Vectors that learn (tuned, the default), stay as they were given (static), or both under the same filters."
  )
  var channels: VectorChannels?
  @Option(
    help: """
      Begin with these vectors: a file as word2vec and GloVe write text, or a model directory with a network, trained \
      on texts without labels.
      """, completion: .file())
  var vectors: String?
  @Option(help: "Size of the vectors (default: 300 of cnn and multi-cnn, 100 of rae, else 128).")
  var embedding: Int?
  @Option(
    help: "Units of a recurrent layer (default: 70, of bilstm 100 a direction, of conv-lstm 64 a place).")
  var hidden: Int?
  @Option(help: "Filters of each bank (default: 300 of cnn, 100 of multi-cnn, else 64).") var filters: Int?
  @Option(help: "Words that a filter sees (default: 3, of cnn-lstm 5; multi-cnn has 3, 4 and 5).") var width:
    Int?
  @Option(help: "The part of what enters the last layer that is dropped in training (default: 0.5).")
  var dropout: Double?
  @Option(help: "Words of a text that are read (default: 1000).") var length: Int?
  @Option(help: "Examples that must have a word for the network to know it; chosen by default.")
  var minimumCount: Int?
  @Option(help: "Passes over the examples (default: 25, or fewer without gain).") var epochs: Int?
  @Option(help: "Learn for this time, such as 90s or 10m, in place of passes.") var time:
    RecurrentArguments.Duration?
  @Option(help: "Examples before the weights move (default: 50).") var batch: Int?
  @Option(help: "The learning rate (default: 0.001).") var rate: Double?
  @Option(help: "The factor of a penalty on the squares of all weights (default: 0).") var weightDecay:
    Double?
  @Option(
    help: """
      Measure and keep an average of the weights, which keeps this part of itself at every step, 0 for none (default: \
      0.995 of rae, else 0).
      """)
  var averaging: Double?
  @Option(help: "Stop after so many measurements without gain (default: 4).") var patience: Int?
  @Option(help: "How often to write what a killed run goes on from, such as 30s or 5m (default: 2m).")
  var checkpointInterval: RecurrentArguments.Duration?
  @Flag(help: "Go on from the checkpoint that a stopped run left beside the output.") var resume = false

  func check(isNetwork: Bool) throws {
    let given: [(String, Bool)] = [
      ("channels", channels != nil), ("vectors", vectors != nil), ("embedding", embedding != nil),
      ("hidden", hidden != nil), ("filters", filters != nil), ("width", width != nil),
      ("dropout", dropout != nil),
      ("length", length != nil), ("minimum-count", minimumCount != nil), ("epochs", epochs != nil),
      ("time", time != nil), ("batch", batch != nil), ("rate", rate != nil),
      ("weight-decay", weightDecay != nil), ("averaging", averaging != nil),
      ("patience", patience != nil), ("checkpoint-interval", checkpointInterval != nil), ("resume", resume),
    ]
    if !isNetwork, let first = given.first(where: \.1) {
      throw ValidationError("--\(first.0) is of networks: choose one with --encoder")
    }
    if time != nil && epochs != nil { throw ValidationError("--time and --epochs exclude each other") }
    if vectors != nil && embedding != nil {
      throw ValidationError("--vectors and --embedding exclude each other: the vectors have their size")
    }
    for (name, value, limit) in [
      ("embedding", embedding, 4_096), ("hidden", hidden, 4_096), ("filters", filters, 4_096),
      ("width", width, 64),
      ("length", length, 1_000_000), ("minimum-count", minimumCount, 1_000_000), ("epochs", epochs, 100_000),
      ("batch", batch, 65_536), ("patience", patience, 100_000),
    ] {
      if let value, !(1...limit).contains(value) {
        throw ValidationError("--\(name) is \(value), not 1 to \(limit)")
      }
    }
    if let dropout, !(dropout >= 0 && dropout < 1) {
      throw ValidationError("--dropout is \(dropout), not 0 to below 1")
    }
    if let averaging, !(averaging >= 0 && averaging < 1) {
      throw ValidationError("--averaging is \(averaging), not 0 to below 1")
    }
    for (name, value) in [("rate", rate), ("weight-decay", weightDecay)] {
      if let value, !(value >= 0 && value.isFinite) {
        throw ValidationError("--\(name) is \(value), not 0 or more")
      }
    }
  }

  func set(_ options: inout ClassifierBuildingOptions) {
    options.channels = channels ?? .tuned
    options.vectorsPath = vectors
    options.embeddingSize = embedding
    options.hiddenSize = hidden
    options.filterCount = filters
    options.filterWidth = width
    options.dropout = dropout
    options.maximumLength = length
    options.minimumCount = minimumCount
    options.training.length = time.map { .seconds($0.seconds) } ?? .epochs(epochs ?? 25)
    options.training.batchSize = batch ?? 50
    options.training.rate = rate ?? 1e-3
    options.training.weightDecay = weightDecay ?? 0
    options.training.averagingDecay = averaging
    options.training.patience = patience ?? 4
    options.training.secondsBetweenCheckpoints = checkpointInterval?.seconds ?? 120
    options.resumes = resume
  }
}

extension TextEncoder: ExpressibleByArgument {}
extension VectorChannels: ExpressibleByArgument {}
extension ClassificationMetric: ExpressibleByArgument {}
extension LabelWeighting: ExpressibleByArgument {}
