import ArgumentParser
import JSON
import LanguageModeling
import Neural
import Platform

/// Times one step of a network with random weights: what a keystroke costs.
@main
struct StepBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step-benchmark",
    abstract: "Times one step of a recurrent network with the ten best of its full softmax, as JSON.",
    discussion: """
      Example: step-benchmark --vocabulary 10000 --threads 2

      medianMilliseconds and p99Milliseconds are for a step from token to ten best; statesPerSecond is for states \
      alone, surprisalsPerSecond for states and every token's probability, as when a document is opened.
      """)

  @Option(help: "rnn, gru or lstm.") var cell = "lstm"
  @Option(help: "Size of the embedding.") var embedding = 256
  @Option(help: "Size of the hidden vectors.") var hidden = 512
  @Option(help: "Recurrent layers.") var layers = 1
  @Option(help: "Types in the vocabulary.") var vocabulary = 10_000
  @Option(help: "Cutoffs of an adaptive softmax, as 2000,10000; full without.") var cutoffs = ""
  @Option(help: "Threads that share a step.") var threads = 2
  @Option(help: "int8 or float32.") var precision = "int8"
  @Option(help: "Kernels: scalar, avx2, avx512-vnni, neon, neon-dotprod; the fastest without.") var kernels =
    ""
  @Option(help: "Steps that are timed, after a tenth as many that are not.") var steps = 2000
  @Option(help: "Seed of the weights.") var seed: UInt64 = 1

  func run() throws {
    guard let cell = RecurrentArchitecture.Cell(rawValue: cell), cell.isRecurrent else {
      throw ValidationError("--cell is rnn, gru or lstm")
    }
    guard let precision = WeightPrecision(rawValue: precision) else {
      throw ValidationError("--precision is int8 or float32")
    }
    let names = KernelSet.available.map(\.name)
    guard let kernels = kernels.isEmpty ? .best : KernelSet.available.first(where: { $0.name == kernels })
    else {
      throw ValidationError("--kernels here is one of \(names.joined(separator: ", "))")
    }
    guard steps >= 100 else { throw ValidationError("--steps is at least 100") }
    let limits = cutoffs.split(separator: ",").compactMap { Int($0) }
    let architecture = try RecurrentArchitecture(
      cell: cell, layerCount: layers, embeddingSize: embedding, hiddenSize: hidden,
      vocabularyCount: vocabulary,
      output: limits.isEmpty ? .full : .adaptive(cutoffs: limits))
    var generator = SplitMix64(seed: seed)
    let model = try RecurrentModel(
      architecture, weights: WeightDictionary(randomFor: architecture, scale: 0.05, using: &generator),
      precision: precision, threadCount: threads, kernels: kernels)
    print(measure(model, kernels: kernels).serializedString())
  }

  private func measure(_ model: RecurrentModel, kernels: KernelSet) -> JSON {
    let tokens = (0..<steps).map { TokenID($0 * 7919 % vocabulary) }
    var state = model.emptyState
    var sink: Float = 0
    for token in tokens.prefix(steps / 10) {
      sink += model.step(token, &state, topSuccessors: 10)[0].logProbability
    }
    var seconds: [Double] = []
    seconds.reserveCapacity(steps)
    for token in tokens {
      let start = now()
      let best = model.step(token, &state, topSuccessors: 10)
      seconds.append(now() - start)
      sink += best[0].logProbability
    }
    seconds.sort()
    let stepsStart = now()
    for token in tokens { model.step(token, &state) }
    let statesPerSecond = Double(steps) / (now() - stepsStart)
    let scoreStart = now()
    sink += model.score(tokens, after: &state).logProbabilities[0]
    let surprisalsPerSecond = Double(steps) / (now() - scoreStart)
    precondition(!sink.isNaN)
    return [
      "cell": .string(cell), "embedding": .init(embedding), "hidden": .init(hidden), "layers": .init(layers),
      "vocabulary": .init(vocabulary), "cutoffs": .string(cutoffs), "threads": .init(threads),
      "precision": .string(precision), "kernels": .string(kernels.name), "steps": .init(steps),
      "medianMilliseconds": .double(seconds[steps / 2] * 1e3),
      "p99Milliseconds": .double(seconds[min(steps - 1, steps * 99 / 100)] * 1e3),
      "statesPerSecond": .double(statesPerSecond.rounded()),
      "surprisalsPerSecond": .double(surprisalsPerSecond.rounded()),
      "weightBytes": .init(model.weightByteCount),
    ]
  }

  private func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
