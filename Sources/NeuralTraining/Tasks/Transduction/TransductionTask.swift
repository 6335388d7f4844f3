import JSON
import LanguageModeling
import Neural
import Platform

/// One sequence into another: an encoder, and a decoder that is given what it should have written (teacher forcing), by the
/// loss of what is written or copied.
final class TransductionTask: TrainingTask {
  private let text: PairedText
  private let options: TransductionOptions
  private let network: DescribedNetwork<Float>
  private let loss: PointerGeneratorLoss<Float>
  private let training: ExampleBatches
  private let heldOut: ExampleBatches
  /// The batches of the epoch that was asked for last.
  private var epoch: (number: Int, batches: [[Int]])?
  /// Passes until scheduled sampling has reached its share.
  private static let samplingEpochs = 5.0

  let metric = Metric.crossEntropy
  var team: WorkerTeam { network.team }
  var parameters: ParameterStore<Float> { network.parameters }
  var plausibleLoss: Double { 3 * naturalLogarithm(Double(text.typeCount)) + 10 }

  /// - Throws: `Failure` where text and description do not fit each other.
  init(
    _ text: PairedText, description: NetworkDescription, options: TransductionOptions
  ) throws(Failure) {
    try Self.check(text, description)
    self.text = text
    self.options = options
    let team = WorkerTeam(count: max(1, options.threadCount ?? WorkerTeam.processorCount))
    network = try DescribedNetwork(description, team: team)
    network.parameters.initialize(seed: options.seed)
    loss = PointerGeneratorLoss(network)
    let batchSize = max(1, options.batchSize)
    func lengths(_ pairs: [SequencePair]) -> [Int] { pairs.map { $0.source.count + $0.target.count } }
    training = ExampleBatches(lengths: lengths(text.training), batchSize: batchSize, seed: options.seed)
    heldOut = ExampleBatches(lengths: lengths(text.heldOut), batchSize: batchSize, seed: 0)
  }

  private static func check(_ text: PairedText, _ description: NetworkDescription) throws(Failure) {
    guard !text.training.isEmpty else {
      throw Failure("pairs", why: "there are none", remedy: "name files with source, tab, target a line")
    }
    let limit = Int32(clamping: text.typeCount)
    let fits = (text.training + text.heldOut).allSatisfy { pair in
      pair.source.allSatisfy { $0 >= 0 }
        && pair.target.allSatisfy { (0..<limit).contains($0) || pair.source.contains($0) }
    }
    guard fits else {
      throw Failure("pairs", why: "a pair has a number that neither the vocabulary nor its source has")
    }
    guard description.transducerTypeCount == text.typeCount else {
      throw Failure(
        "network", why: "does not go from a source and a target to \(text.typeCount) types",
        remedy: "describe one that does")
    }
  }

  // MARK: Batches

  var batchesPerEpoch: Int { training.count }
  /// Pairs.
  var itemsPerBatch: Int { min(training.batchSize, text.training.count) }

  func lossAndGradients(batch: Int, epoch number: Int, key: UInt64) -> (meanLoss: Double, itemCount: Int) {
    if epoch?.number != number { epoch = (number, training.epoch(number)) }
    let pairs = epoch!.batches[batch].map { text.training[$0] }
    var given = Self.given(pairs, typeCount: text.typeCount)
    let passes = Double(number) + Double(batch) / Double(training.count)
    let share = options.scheduledSampling * min(1, passes / Self.samplingEpochs)
    if share > 0 { sample(pairs, &given, share: share, key: key) }
    let (sum, count) = run(pairs, given, TrainingPass(key: key, needsGradients: true))
    network.backward()
    return (sum / Double(count), count)
  }

  /// What the decoder reads: `<s>`, and each unit but the last of what it should have written.
  private static func given(_ pairs: [SequencePair], typeCount: Int) -> [[Int32]] {
    pairs.map { pair in
      [Int32(TokenID.sentenceStart.index)] + pair.target.map { $0 < Int32(typeCount) ? $0 : 0 }
    }
  }

  /// Puts what the decoder would write in the place of some of what it should.
  private func sample(_ pairs: [SequencePair], _ given: inout [[Int32]], share: Double, key: UInt64) {
    read(pairs, given)
    network.forward(TrainingPass(key: key, needsGradients: false))
    let written = loss.mostProbable(sources: pairs.flatMap(\.source))
    var random = SplitMix64(seed: SplitMix64.mix(key &+ 0x5EED))
    var row = 0
    for place in given.indices {
      for step in 1..<max(1, given[place].count) {
        let unit = written[row + step - 1]
        if random.uniform() < share, unit != Int32(TokenID.sentenceEnd.index) { given[place][step] = unit }
      }
      row += given[place].count
    }
  }

  private func read(_ pairs: [SequencePair], _ given: [[Int32]]) {
    let limit = Int32(text.typeCount)
    network.read([
      TransducerNetwork.sourceName: LayerValues(ids: pairs.map { $0.source.map { $0 < limit ? $0 : 0 } }),
      TransducerNetwork.targetName: LayerValues(ids: given),
    ])
  }

  /// The sum of the losses and the units that it is over, ends included.
  private func run(
    _ pairs: [SequencePair], _ given: [[Int32]], _ pass: TrainingPass
  ) -> (loss: Double, count: Int) {
    read(pairs, given)
    network.forward(pass)
    let targets = pairs.flatMap { $0.target + [Int32(TokenID.sentenceEnd.index)] }
    return loss.run(
      targets, sources: pairs.flatMap(\.source), writesGradient: pass.needsGradients)
  }

  // MARK: The metric

  func evaluate() -> HeldOutMeasurement? {
    guard !text.heldOut.isEmpty else { return nil }
    var (loss, count) = (0.0, 0)
    for batch in heldOut.byLength {
      let pairs = batch.map { text.heldOut[$0] }
      let part = run(pairs, Self.given(pairs, typeCount: text.typeCount), .evaluation)
      loss += part.loss
      count += part.count
    }
    let mean = loss / Double(max(1, count))
    return HeldOutMeasurement(loss: mean, value: mean)
  }

  // MARK: Files

  var checkpointMetadata: [String: String] {
    ["inkling.network": network.description.json.serializedString()]
  }

  func product(values: [Float], measured: Double?, epochs: Double) -> TrainedTransducer {
    TrainedTransducer(
      description: network.description, heldOutLoss: measured, epochs: epochs,
      entries: network.parameters.entries, values: values)
  }
}

extension PointerGeneratorLoss {
  /// The loss of a network that `NetworkDescription.transducer` describes.
  convenience init(_ network: DescribedNetwork<Scalar>) {
    self.init(
      logits: network.activation(TransducerNetwork.outputName),
      gate: network.activation(TransducerNetwork.gateName),
      queries: network.activation(TransducerNetwork.queriesName),
      keys: network.activation(TransducerNetwork.keysName), team: network.team)
  }
}
