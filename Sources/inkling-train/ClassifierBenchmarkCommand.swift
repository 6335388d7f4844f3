import ArgumentParser
import Console
import JSON
import NeuralTraining

/// Measures how fast this machine trains a network that is described, from weights and over batches that are given.
struct ClassifierBenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark-classifier",
    abstract: "Measure how fast a described network trains, beside another program on the same batches.",
    discussion: """
      Runs whole steps (forward, backward, Adam) and prints one JSON object: the loss before each step, and the seconds \
      of each. Benchmarks/classifier_speed.py writes the files and runs it beside PyTorch.

      Example: inkling-train benchmark-classifier network.json examples.safetensors --batch 32
      """)

  @Argument(help: "The network, as docs/model-directory.md describes it.", completion: .file()) var network:
    String
  @Argument(help: "Its parameters, ids (examples × words) and labels, as safetensors.", completion: .file())
  var examples: String
  @Option(help: "Examples a step.") var batch = 32
  @Option(help: "The learning rate.") var rate = 1e-3
  @Option(help: "Threads; all processors by default.") var threads: Int?

  func validate() throws {
    guard (1...65_536).contains(batch) else { throw ValidationError("--batch is \(batch), not 1 to 65536") }
    guard rate >= 0, rate.isFinite else { throw ValidationError("--rate is \(rate), not 0 or more") }
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads is \(threads), not 1 to 256")
    }
  }

  func run() throws {
    let benchmark = try ClassifierBenchmark(
      descriptionPath: network, examplesPath: examples, batchSize: batch, threadCount: threads)
    let steps = benchmark.run(rate: rate)
    try EventPrinter().print(
      "benchmark",
      [
        "threads": JSON(benchmark.threadCount), "losses": .array(steps.map { JSON($0.loss) }),
        "seconds": .array(steps.map { JSON($0.seconds) }),
      ])
  }
}
