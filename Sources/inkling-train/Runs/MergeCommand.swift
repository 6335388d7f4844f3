import ArgumentParser
import Console
import ModelBuilding
import NeuralTraining

/// Adds runs up.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Add up runs of the count command into one.",
    discussion: """
      In any order and any number: equal sums are equal files, byte for byte. The runs are read once and stay as they \
      are; the sum is put in its place when it is whole.

      Example: inkling-train merge part-*.run --output all.run
      Example: inkling-train merge part-*.run --range 2/4 --output range-2.run
      """)

  @Argument(help: "The runs.", completion: .file()) var runs: [String]

  @Option(help: "The run to write.", completion: .file()) var output: String

  @Option(
    help: """
      Only one of several ranges of all n-grams, 1/4 to 4/4, to add up in several processes; the estimate command takes the \
      runs of all ranges.
      """)
  var range: PartOfSeveral?

  @OptionGroup var memory: MemoryArguments

  @Flag(help: "Print one JSON object an event (docs/json-output.md).") var json = false

  func validate() throws { try memory.check() }

  func run() throws {
    Interruption.install()
    try MPIProcessGroup.refuseSeveral("a sum of runs")
    var merge = RunMerge(runs, output: output, report: Reporter(json: json).report)
    merge.range = range.flatMap { RunMerge.Range(index: $0.index, count: $0.count) }
    merge.memoryByteCount = memory.byteCount
    try merge.run()
  }
}
