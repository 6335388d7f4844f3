import ArgumentParser
import Console
import ModelBuilding
import NeuralTraining

/// Makes a model of an ARPA file.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a model of an ARPA file, or take a network's weights into a model.",
    discussion: """
      An ARPA file of KenLM, SRILM or Kaldi becomes a model directory. Weights that PyTorch trained \
      (.safetensors, docs/training.md) go into a model that is there. FILE may be a pipe, or - for standard input.

      Example: inkling-train import news.arpa --output news
      Example: inkling-train import <(zcat news.arpa.gz) --output news
      """)

  @Argument(help: "The ARPA file, or weights in a .safetensors file.", completion: .file()) var file: String

  @Option(help: "Where the model goes. (default: \(ModelBuilder.defaultOutput))", completion: .directory)
  var output: String?

  @Flag(
    name: [.customLong("quantize"), .customLong("quantise")],
    help: "Store probabilities and backoff weights in 8 bits: half the file; the loss is reported.")
  var quantize = false

  @Option(
    help:
      "With weights: the type of each row of the network, one a line (default: the model's own vocabulary).",
    completion: .file())
  var vocabulary: String?

  @Flag(help: "Print one JSON object an event (docs/json-output.md).") var json = false

  func run() throws {
    Interruption.install()
    try MPIProcessGroup.refuseSeveral("an import")
    var model = try ModelImport(file, output: output, report: Reporter(json: json).report)
    if model.holdsWeights, quantize {
      throw ValidationError("--quantize is for n-grams: weights are kept as they are")
    }
    if !model.holdsWeights, vocabulary != nil {
      throw ValidationError("--vocabulary belongs to weights; an ARPA file has its own")
    }
    model.isQuantized = quantize
    model.vocabularyPath = vocabulary
    try model.run()
  }
}
