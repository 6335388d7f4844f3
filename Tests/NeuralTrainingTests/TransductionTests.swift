import LanguageModeling
import Neural
import Platform
import Testing

@testable import NeuralTraining

/// Networks that turn one sequence into another: their loss, whole runs, and what PyTorch makes of the same numbers
/// (Golden/make_transducer_golden.py).
@Suite struct TransductionTests {
  /// Seven types; 7 and 8 are units that the vocabulary lacks.
  static let pairs = [
    SequencePair(source: [3, 4, 5, 3], target: [5, 3]), SequencePair(source: [6], target: [6, 6, 4]),
    SequencePair(source: [], target: [4]), SequencePair(source: [7, 3, 8, 7], target: [8, 7, 3, 0]),
    SequencePair(source: [5, 6], target: []),
  ]

  static func description(dropout: Double = 0) throws -> NetworkDescription {
    var sizes = TransducerSizes()
    (sizes.embedding, sizes.hidden, sizes.dropout) = (3, 4, dropout)
    return try .transducer(sizes, typeCount: 7)
  }

  struct Built<Scalar: TrainingScalar> {
    let network: DescribedNetwork<Scalar>
    let loss: PointerGeneratorLoss<Scalar>

    init(threadCount: Int) throws {
      network = try DescribedNetwork<Scalar>(
        TransductionTests.description(), team: WorkerTeam(count: threadCount), usesOneDNN: false)
      for index in 0..<network.parameters.count {
        network.parameters.values.pointer[index] = Scalar(0.6 * wave(index))
      }
      loss = PointerGeneratorLoss(network)
    }

    /// The mean loss of `pairs`, teacher-forced.
    func mean(writesGradient: Bool = false) -> Double {
      func known(_ ids: [Int32]) -> [Int32] { ids.map { $0 < 7 ? $0 : 0 } }
      let pairs = TransductionTests.pairs
      network.read([
        "source": LayerValues(ids: pairs.map { known($0.source) }),
        "target": LayerValues(ids: pairs.map { [1] + known($0.target) }),
      ])
      network.forward(TrainingPass(key: nil, needsGradients: writesGradient))
      let (sum, count) = loss.run(
        pairs.flatMap { $0.target + [2] }, sources: pairs.flatMap(\.source), writesGradient: writesGradient)
      if writesGradient { network.backward() }
      return sum / Double(count)
    }
  }

  @Test("the gradient of every parameter is that of the loss", arguments: [1, 2])
  func gradients(threadCount: Int) throws {
    let built = try Built<Double>(threadCount: threadCount)
    _ = built.mean(writesGradient: true)
    let store = built.network.parameters
    let gradients = store.gradients.array
    let largest = gradients.map(abs).max() ?? 0
    for entry in store.entries {
      // Some of every parameter, by turns.
      for index in stride(from: entry.offset, to: entry.offset + entry.count, by: max(1, entry.count / 8)) {
        let (value, step) = (store.values.pointer[index], 1e-3)
        func at(_ offset: Double) -> Double {
          store.values.pointer[index] = value + offset * step
          return built.mean()
        }
        let numeric = (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * step)
        store.values.pointer[index] = value
        let scale = max(abs(numeric), abs(gradients[index]), 1e-3 * largest)
        #expect(abs(numeric - gradients[index]) <= 1e-6 * scale, "\(entry.name)[\(index - entry.offset)]")
      }
    }
  }

  @Test("loss, gradients and log-probabilities are PyTorch's", arguments: [1, 2])
  func golden(threadCount: Int) throws {
    let directory = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    let file = try Safetensors("/\(directory)/Golden/transducer.safetensors")
    let built = try Built<Float>(threadCount: threadCount)
    let expected = try file.floats("loss")[0]
    #expect(abs(built.mean(writesGradient: true) - Double(expected)) < 1e-5)
    let store = built.network.parameters
    for entry in store.entries {
      let golden = try file.floats("gradient/\(entry.name)")
      try #require(golden.count == entry.count)
      let scale = max(1e-3, golden.map(abs).max() ?? 0)
      for (index, value) in golden.enumerated() {
        #expect(
          abs(store.gradients.array[entry.offset + index] - value) <= 1e-4 * scale, "\(entry.name)[\(index)]")
      }
    }
    let transducer = try Self.transducer(built.network)
    for (place, logProbability) in try file.floats("logProbabilities").enumerated() {
      let pair = Self.pairs[place]
      // What is unknown is trained, and never written.
      guard !pair.target.contains(0) else { continue }
      let ours = try transducer.logProbability(pair.target, of: pair.source)
      #expect(abs(ours - Double(logProbability)) < 1e-4, "pair \(place)")
    }
  }

  static func transducer(_ network: DescribedNetwork<Float>) throws -> SequenceTransducer {
    let store = network.parameters
    let weights = WeightDictionary(
      name: "weights",
      values: Dictionary(
        uniqueKeysWithValues: store.entries.map {
          ($0.name, Array(store.values.array[$0.offset..<$0.offset + $0.count]))
        }))
    return try SequenceTransducer(LayeredNetwork(network.description, source: weights))
  }

  @Test("a beam's log-probability is that of the whole sequence, and a wide one finds the best of all")
  func beam() throws {
    let transducer = try Self.transducer(Built<Float>(threadCount: 1).network)
    for source in [[3, 7, 8], [], [5]] as [[Int32]] {
      let found = try transducer.hypotheses(
        source, BeamSearch(width: 64, maximumLength: 2, lengthExponent: 0))
      let units = [3, 4, 5, 6] + source.filter { $0 > 6 }
      var all: [(ids: [Int32], logProbability: Double)] = []
      for ids in [[]] + units.map({ [$0] }) + units.flatMap({ first in units.map { [first, $0] } }) {
        all.append((ids, try transducer.logProbability(ids, of: source)))
      }
      all.sort { $0.logProbability > $1.logProbability }
      #expect(found.count == min(64, all.count))
      for (hypothesis, expected) in zip(found, all) {
        #expect(hypothesis.ids == expected.ids)
        #expect(abs(hypothesis.logProbability - expected.logProbability) < 1e-4)
      }
    }
  }

  // MARK: Runs

  /// Sequences of letters and of units that the vocabulary lacks, to be written backwards without the first.
  static func text() -> PairedText {
    var random = SplitMix64(seed: 4)
    let pairs = (0..<240).map { _ in
      let source = (0..<Int(2 + random.next() % 4)).map { _ in Int32(3 + random.next() % 6) }
      return SequencePair(source: source, target: source.dropFirst().reversed())
    }
    return PairedText(
      training: Array(pairs.dropLast(40)), heldOut: Array(pairs.suffix(40)), typeCount: 7)
  }

  static func trainer(
    epochs: Int, sampling: Double = 0, checkpointPath: String? = nil, resumes: Bool = false
  ) throws -> TransducerTrainer {
    var sizes = TransducerSizes()
    (sizes.embedding, sizes.hidden, sizes.dropout) = (12, 24, 0.05)
    var options = TransductionOptions()
    options.length = .epochs(epochs)
    options.batchSize = 10
    options.rate = 0.015
    options.scheduledSampling = sampling
    options.threadCount = 2
    return try TransducerTrainer(
      text(), description: .transducer(sizes, typeCount: 7), options: options,
      checkpointPath: checkpointPath, resumes: resumes)
  }

  @Test("what is trained is what is computed, and it copies what the vocabulary lacks", arguments: [0, 0.3])
  func runs(sampling: Double) throws {
    let trained = try Self.trainer(epochs: 24, sampling: sampling).run(report: { _ in })
    let path = "/tmp/inkling-transduction-\(getpid())-\(sampling).safetensors"
    defer { unlink(path) }
    try writeFileAtomically(path, trained.serialized)
    let transducer = try SequenceTransducer(LayeredNetwork(trained.description, weights: Safetensors(path)))
    let heldOut = Self.text().heldOut
    var (right, sum, count) = (0, 0.0, 0)
    for pair in heldOut {
      let best = try transducer.hypotheses(pair.source, BeamSearch(width: 3, maximumLength: 10)).first
      if best?.ids == pair.target { right += 1 }
      sum -= try transducer.logProbability(pair.target, of: pair.source)
      count += pair.target.count + 1
    }
    #expect(right >= 32, "\(right) of 40")
    #expect(abs(sum / Double(count) - (trained.heldOutLoss ?? 0)) < 1e-3)
  }

  @Test("a run that was stopped goes on to the same bits", arguments: [0, 0.5])
  func resumes(sampling: Double) throws {
    let path = "/tmp/inkling-transduction-\(getpid())-\(sampling).checkpoint"
    defer { unlink(path) }
    let whole = try Self.trainer(epochs: 2, sampling: sampling).run(report: { _ in })
    var steps = 0
    _ = try Self.trainer(epochs: 2, sampling: sampling, checkpointPath: path).run(
      report: { _ in },
      shouldStop: {
        steps += 1
        return steps == 25
      })
    let resumed = try Self.trainer(epochs: 2, sampling: sampling, checkpointPath: path, resumes: true)
      .run(report: { _ in })
    #expect(resumed.serialized == whole.serialized)
  }

  @Test("pairs and networks that do not fit each other are refused")
  func refused() throws {
    for change in [
      { (text: inout PairedText) in text.training = [] }, { $0.typeCount = 6 },
      { $0.training[0].target.append(40) }, { $0.heldOut[0].source.append(-1) },
    ] as [(inout PairedText) -> Void] {
      var text = Self.text()
      change(&text)
      #expect(throws: Failure.self) {
        try TransducerTrainer(text, description: Self.description(), options: TransductionOptions())
      }
    }
  }
}
