import ArgumentParser
import Console
import ModelBuilding
import Neural
import NeuralTraining
import Platform
import Transduction

/// Trains what turns texts into others.
struct PairsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pairs", abstract: "Train a model that turns one text into another, from pairs of texts.",
    discussion: """
      FILE has a source, a tab and its target a line, or is JSON lines with both (.jsonl). A bidirectional LSTM reads \
      the source, another writes the target, attending to the source and copying from it; `inkling transform` answers. \
      docs/sequence-models.md says how it works.

      Example: inkling-train pairs dates.tsv --test more-dates.tsv --output dates
      Example: inkling-train pairs titles.tsv --units word --epochs 30
      """)

  @Argument(help: "Pairs of texts; pipes too, and - for standard input.", completion: .file())
  var files: [String]

  @Option(help: "What texts are sequences of: character or word.") var units = TextUnits.character

  @Option(
    help: "Where the model goes. (default: \(TransducerBuilder.defaultOutput))", completion: .directory)
  var output: String?

  @Option(
    help: """
      Pairs that are never learned from, to choose by and to measure; may be repeated (default: every twentieth of 200 \
      pairs or more).
      """,
    completion: .file())
  var valid: [String] = []

  @Option(help: "Pairs to measure the finished model on; may be repeated.", completion: .file())
  var test: [String] = []

  @OptionGroup var network: TransducerArguments
  @Option(help: "What everything random starts from.") var seed: UInt64 = 1
  @Option(help: "Threads; all processors by default.") var threads: Int?
  @Flag(help: "Go on from the checkpoint that a stopped run left beside the output.") var resume = false
  @Flag(help: "Print one JSON object an event (docs/json-output.md).") var json = false

  func validate() throws {
    do throws(Failure) { try options().check() } catch {
      throw ValidationError("\(error.what) \(error.why): \(error.remedy)")
    }
  }

  func run() throws {
    Interruption.install()
    try MPIProcessGroup.refuseSeveral("a model of pairs")
    let stop = StopRequests()
    let reporter = Reporter(json: json) { stop.listen() }
    defer { Interruption.setHandler(nil) }
    _ = try TransducerBuilder(
      files, output: output, options: options(), report: reporter.report, shouldStop: { stop.isStopped }
    ).build()
  }

  private func options() -> TransducerBuildingOptions {
    var options = TransducerBuildingOptions()
    options.units = units
    options.validationPaths = valid
    options.testPaths = test
    options.training.seed = seed
    options.training.threadCount = threads
    options.resumes = resume
    network.set(&options)
    return options
  }
}

/// What a transducer is made of and how it learns.
struct TransducerArguments: ParsableArguments {
  @Option(help: "Size of the vectors of units (default: 64).") var embedding: Int?
  @Option(help: "Units of the decoder, and of the encoder in each direction (default: 128).") var hidden: Int?
  @Option(help: "The part that is dropped in training between layers (default: 0.2).") var dropout: Double?
  @Option(help: "Units of a side at the most; longer pairs are left out (default: 256).") var length: Int?
  @Option(help: "Units that the model has vectors of, the most frequent ones (default: 8000).")
  var vocabulary: Int?
  @Option(help: "Passes over the pairs (default: as many as suit their number).") var epochs: Int?
  @Option(help: "Learn for this time, such as 90s or 10m, in place of passes.") var time:
    RecurrentArguments.Duration?
  @Option(help: "Pairs before the weights move (default: 32).") var batch: Int?
  @Option(help: "The learning rate (default: 0.002).") var rate: Double?
  @Option(
    help: """
      The share of units that the decoder reads as it would have written them, 0 to 1, reached over five passes (default: \
      0, which is teacher forcing alone).
      """)
  var scheduledSampling: Double?
  @Option(help: "Stop after so many measurements without gain (default: never).") var patience: Int?
  @Option(help: "Hypotheses at each step where the model is measured, 1 to 64 (default: 5).") var beam: Int?
  @Option(help: "How often to write what a killed run goes on from, such as 30s or 5m (default: 2m).")
  var checkpointInterval: RecurrentArguments.Duration?

  func set(_ options: inout TransducerBuildingOptions) {
    if let embedding { options.sizes.embedding = embedding }
    if let hidden { options.sizes.hidden = hidden }
    if let dropout { options.sizes.dropout = dropout }
    if let length { options.maximumLength = length }
    if let vocabulary { options.vocabularyLimit = vocabulary }
    options.epochs = epochs
    options.seconds = time?.seconds
    if let batch { options.training.batchSize = batch }
    if let rate { options.training.rate = rate }
    if let scheduledSampling { options.training.scheduledSampling = scheduledSampling }
    options.training.patience = patience
    if let beam { options.beamWidth = beam }
    if let checkpointInterval { options.training.secondsBetweenCheckpoints = checkpointInterval.seconds }
  }
}

extension TextUnits: ExpressibleByArgument {}
