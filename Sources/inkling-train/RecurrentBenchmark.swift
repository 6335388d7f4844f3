import ArgumentParser
import Console
import JSON
import Neural
import NeuralTraining

/// Measures how fast this machine trains a network of given sizes.
struct RecurrentBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark", abstract: "Measure how fast networks of given sizes train on this machine.",
    discussion: """
      Runs whole steps (forward, backward, clipping, Adam) on random tokens and prints one JSON object. \
      Benchmarks/training_speed.py runs it beside PyTorch.

      Example: inkling-train benchmark --vocabulary 10000 --embedding 256 --hidden 512 --batch 32
      """)

  @Option(help: "rnn, gru, lstm, window or bag.") var cell = RecurrentArchitecture.Cell.lstm
  @Option(help: "Types.") var vocabulary = 10_000
  @Option(help: "Size of the embeddings.") var embedding = 256
  @Option(help: "Units of each hidden layer.") var hidden = 512
  @Option(help: "Hidden layers.") var layers = 1
  @Option(help: "Texts side by side.") var batch = 32
  @Option(help: "Steps of each.") var bptt = 35
  @Option(help: "Threads; all processors by default.") var threads: Int?
  @Option(help: "Steps to run; the median of all but two counts.") var segments = 12
  @Flag(help: "Use an adaptive softmax.") var adaptive = false
  @Option(help: "Of products, float32 or bfloat16; the faster one by default.")
  var precision: ProductPrecision?
  @Flag(inversion: .prefixedNo, help: "In float32, use oneDNN where it is installed.") var onednn = true

  func validate() throws {
    for (name, value, limit) in [
      ("vocabulary", vocabulary, 1 << 24), ("embedding", embedding, 8_192), ("hidden", hidden, 8_192),
      ("layers", layers, 8), ("batch", batch, 4_096), ("bptt", bptt, 4_096), ("segments", segments, 100_000),
      ("threads", threads ?? 1, 256),
    ] where !(1...limit).contains(value) {
      throw ValidationError("--\(name) is \(value), not 1 to \(limit)")
    }
    if let precision { try precision.check() }
  }

  func run() throws {
    let output: RecurrentArchitecture.Output =
      adaptive ? .adaptive(cutoffs: TrainingBenchmark.cutoffs(vocabularyCount: vocabulary)) : .full
    let architecture = try RecurrentArchitecture(
      cell: cell, layerCount: layers, embeddingSize: embedding, hiddenSize: hidden,
      vocabularyCount: vocabulary,
      output: output, windowLength: cell.isRecurrent ? 0 : 8)
    var benchmark = TrainingBenchmark(
      architecture, streamCount: batch, stepCount: bptt, threadCount: threads)
    benchmark.usesOneDNN = onednn
    benchmark.precision = precision ?? .fastest
    let result = benchmark.run(segmentCount: segments)
    try EventPrinter().print(
      "benchmark",
      [
        "cell": JSON(cell.rawValue), "vocabulary": JSON(vocabulary), "embedding": JSON(embedding),
        "hidden": JSON(hidden), "layers": JSON(layers), "batch": JSON(batch), "bptt": JSON(bptt),
        "adaptive": JSON(adaptive), "threads": JSON(benchmark.threadCount),
        "tokensPerSecond": JSON(result.tokensPerSecond),
        "gigaflopsPerSecond": JSON(result.gigaflopsPerSecond),
        "matrixProducts": JSON(result.matrixProducts),
      ])
  }
}
