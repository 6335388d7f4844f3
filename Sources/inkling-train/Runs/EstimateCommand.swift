import ArgumentParser
import Console
import ModelBuilding
import NeuralTraining

/// Makes a model of runs.
struct EstimateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate", abstract: "Make a model of runs of the count and merge commands.",
    discussion: """
      The model is that which training would make of all the files at once: n-grams, vocabulary and contexts are the same \
      byte for byte, in whatever pieces they were counted.

      Example: inkling-train estimate part-*.run --output model
      """)

  @Argument(help: "The runs: all ranges of all parts.", completion: .file()) var runs: [String]

  @Option(help: "Where the model goes. (default: \(ModelBuilder.defaultOutput))", completion: .directory)
  var output: String?

  @OptionGroup(title: "N-grams") var smoothing: SmoothingArguments
  @OptionGroup(title: "N-grams") var memory: MemoryArguments
  @OptionGroup(title: "Corpus") var fitting: FittingArguments

  @Option(
    help:
      "A file or folder that was left out of the runs, to fit the mixture and measure; may be repeated.",
    completion: .file())
  var valid: [String] = []

  @Option(help: "A file or folder to measure the finished model on; may be repeated.", completion: .file())
  var test: [String] = []

  @Option(help: "Also write the n-gram model as an ARPA file.", completion: .file())
  var arpa: String?

  @Flag(help: "Print one JSON object an event (docs/json-output.md).") var json = false

  func validate() throws {
    try smoothing.check()
    try memory.check()
    try fitting.check(hasValidationFiles: !valid.isEmpty)
  }

  func run() throws {
    Interruption.install()
    try MPIProcessGroup.refuseSeveral("a model of runs")
    var options = ModelBuildingOptions()
    options.ngrams.order = try RunMerge.order(of: runs[0])
    options.ngrams.memoryByteCount = memory.byteCount
    try smoothing.set(&options.ngrams)
    options.text.heldOutShare = fitting.heldOut
    options.text.validationPaths = valid
    options.text.testPaths = test
    options.fitsMixture = !fitting.noMixture
    options.seed = fitting.seed
    options.arpaPath = arpa
    _ = try ModelBuilder(runs: runs, output: output, options: options, report: Reporter(json: json).report)
      .build()
  }
}
