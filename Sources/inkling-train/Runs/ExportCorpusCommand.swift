import ArgumentParser
import Console
import ModelBuilding
import NeuralTraining

/// Writes what a network learns from for programs elsewhere.
struct ExportCorpusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export-corpus",
    abstract: "Write what a network learns from for PyTorch, on machines with more or other processors.",
    discussion: """
      Reads the paths as training does and writes a folder: the text as numbers to be mapped into memory, the vocabulary, \
      the weights that a run begins with, and how the network learns. scripts/torch/train.py trains on it, under torchrun \
      in as many processes as there are, and the import command takes what it has learned into a model of the same files. What would say how long the network \
      learns here (--time, --threads, --checkpoint-interval, --resume, --outer-every), --network and --from are refused.

      Example: inkling-train export-corpus ~/Projects --hidden 1024 --layers 2 --epochs 4 --output corpus
      """)

  @OptionGroup var input: PieceInputArguments

  @Option(help: "The folder to write.", completion: .directory) var output: String

  @OptionGroup(title: "Corpus") var text: TextArguments

  @Option(
    help:
      "The part of the documents that is held out to be measured on, 0 to 0.5 (default: as in training).")
  var heldOut: Double?

  @Option(help: "What the choice of held-out files, and the network, start from.") var seed: UInt64 = 1

  @OptionGroup(title: "Network") var recurrent: RecurrentArguments

  @Flag(help: "Print one JSON object an event (docs/json-output.md).") var json = false

  func validate() throws {
    try text.check()
    try recurrent.check(isAsked: true)
    try text.check(heldOut: heldOut)
    try text.check(paths: input.paths)
    for (option, isGiven, why) in [
      ("time", recurrent.time != nil, "how fast other machines are is not known here; say --epochs"),
      ("threads", recurrent.threads != nil, "nothing is trained here"),
      ("checkpoint-interval", recurrent.checkpointInterval != nil, "it is train.py's: --checkpoint-every"),
      ("resume", recurrent.resume, "it is train.py's"),
      ("outer-every", recurrent.outerEvery != nil, "torchrun's processes average every step"),
      ("network", recurrent.network != nil, "it takes a network that has been trained"),
      ("from", recurrent.from != nil, "its network begins from nothing"),
    ] where isGiven { throw ValidationError("--\(option) is not for export-corpus: \(why)") }
  }

  func run() throws {
    Interruption.install()
    try MPIProcessGroup.refuseSeveral("a corpus to export")
    var options = ModelBuildingOptions()
    options.text = text.options
    options.text.heldOutShare = heldOut
    options.seed = seed
    options.network = .trained(
      try recurrent.options(isCharacters: text.units == .character), resumes: false)
    var export = CorpusExport(
      input.named, output: output, options: options, report: Reporter(json: json).report)
    export.model = input.model
    try export.run()
  }
}
