import ArgumentParser
import Console
import ModelBuilding
import NeuralTraining
import Platform

/// Trains a model on a person's files.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a model on files (the default command).",
    discussion: """
      Walks the paths, leaves out what .gitignore and .inklingignore name, binaries, generated files and \
      duplicates, and writes a model directory. Nothing is sent anywhere. What is at the output stays until the \
      new model is whole.

      Example: inkling-train ~/Projects ~/Documents/notes --output ~/.local/share/inkling/models/default
      """)

  @Argument(
    help:
      "Files and folders to learn from (default: the current folder); pipes too, and - for standard input.",
    completion: .file())
  var paths: [String] = []

  @Option(help: "Where the model goes. (default: \(ModelBuilder.defaultOutput))", completion: .directory)
  var output: String?

  @OptionGroup(title: "N-grams") var ngrams: NGramArguments
  @OptionGroup(title: "Corpus") var corpus: CorpusArguments
  @OptionGroup(title: "Network (trained if one of its kind, size or length is asked for)") var recurrent:
    RecurrentArguments

  @Option(help: "Also write the n-gram model as an ARPA file.", completion: .file())
  var arpa: String?

  @Flag(help: "Print one JSON object an event (docs/json-output.md).") var json = false

  func validate() throws {
    try ngrams.check()
    try corpus.check()
    try recurrent.checkProcesses()
    try recurrent.check()
    if json && isARPAPrinted {
      throw ValidationError("--json and --arpa both want standard output: name a file for one of them")
    }
    try corpus.text.check(paths: paths)
    if let from = recurrent.from, from != "none", corpus.fitting.noMixture, !recurrent.isRequested {
      throw ValidationError(
        "--from gives a network and a mixture their beginning, and neither is learned here")
    }
  }

  func run() throws {
    Interruption.install()
    if getenv(ChildProcess.endsWithInputVariable) != nil { try InputWatcher.start() }
    let stop = StopRequests()
    let sharing = try joinProcesses()
    defer { Interruption.setHandler(nil) }
    if let group = sharing?.group, group.index > 0 {
      // The first process tells how it goes, for all.
      return try builder(sharing, stop) { event in
        if case .stage(.network) = event { stop.listen() }
      }.assist()
    }
    let reporter = Reporter(json: json, printsToError: isARPAPrinted) { stop.listen() }
    _ = try builder(sharing, stop, report: reporter.report).build()
  }

  /// The processes that mpirun has started, where they learn a network together.
  private func joinProcesses() throws(Failure) -> SharedTraining? {
    if let steps = recurrent.outerEvery {
      return .weights(OuterAveraging(try MPIProcessGroup(), stepCount: steps))
    }
    guard recurrent.isRequested else {
      try MPIProcessGroup.refuseSeveral("a model without a network to train")
      return nil
    }
    return MPIProcessGroup.startedCount > 1 ? .gradients(try MPIProcessGroup()) : nil
  }

  private func builder(
    _ sharing: SharedTraining?, _ stop: StopRequests,
    report: @escaping @Sendable (ModelBuildingEvent) -> Void
  ) throws -> ModelBuilder {
    var builder = ModelBuilder(
      paths.isEmpty ? ["."] : paths, output: output, options: try options(), report: report,
      shouldStop: { stop.isStopped })
    builder.sharing = sharing
    return builder
  }

  private func options() throws -> ModelBuildingOptions {
    var options = ModelBuildingOptions()
    options.text = corpus.textOptions
    options.ngrams = try ngrams.options()
    options.network = try recurrent.network(isCharacters: corpus.text.units == .character)
    options.beginning = recurrent.beginning
    options.fitsMixture = !corpus.fitting.noMixture
    options.seed = corpus.fitting.seed
    options.arpaPath = arpa == "-" ? "/dev/stdout" : arpa
    return options
  }

  /// Whether standard output is the ARPA file's, so that nothing else may stand in it.
  private var isARPAPrinted: Bool {
    arpa.map { ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains($0) } ?? false
  }
}
