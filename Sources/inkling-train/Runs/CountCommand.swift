import ArgumentParser
import Console
import Corpora
import ModelBuilding
import NeuralTraining

/// Counts the n-grams of a part of a text.
struct CountCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count",
    abstract: "Count the n-grams of some files, to estimate a model of many such parts.",
    discussion: """
      Reads the paths as training does and writes a run: a sorted file of n-grams with the documents that they are of. \
      The merge command adds runs up, the estimate command makes of them the model that one process would make of all \
      files. Every file is to have the same path in every process: name the same folders and cut them with --shard, or \
      name different ones.

      Example: inkling-train count ~/Projects --shard 3/16 --output 3.run
      """)

  @OptionGroup var input: PieceInputArguments

  @Option(help: "The run to write.", completion: .file()) var output: String

  @Option(
    help: """
      Only the files of one part of several, each file being in one of them by its path: 1/16 to 16/16. Folders are \
      walked in all processes.
      """)
  var shard: PartOfSeveral?

  @OptionGroup(title: "N-grams") var order: OrderArguments
  @OptionGroup(title: "N-grams") var memory: MemoryArguments
  @OptionGroup(title: "Corpus") var text: TextArguments

  @Flag(help: "Print one JSON object an event (docs/json-output.md).") var json = false

  func validate() throws {
    try order.check()
    try memory.check()
    try text.check()
    try text.check(paths: input.paths)
  }

  func run() throws {
    Interruption.install()
    try MPIProcessGroup.refuseSeveral("a run")
    var options = ModelBuildingOptions()
    options.text = text.options
    options.ngrams.order = order.order
    options.ngrams.memoryByteCount = memory.byteCount
    var counting = RunCounting(
      input.named, output: output, options: options, report: Reporter(json: json).report)
    counting.model = input.model
    counting.shard = shard.flatMap { CorpusShard(index: $0.index, count: $0.count) }
    try counting.run()
  }
}

/// One of several parts, as in `3/16`.
struct PartOfSeveral: ExpressibleByArgument {
  /// From 0.
  let index: Int
  let count: Int

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int(parts[0]), let count = Int(parts[1]),
      (1...(1 << 20)).contains(count),
      (1...count).contains(number)
    else { return nil }
    index = number - 1
    self.count = count
  }
}
