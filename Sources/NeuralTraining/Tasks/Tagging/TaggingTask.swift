import JSON
import Neural
import Platform
import Tagging

/// A label for every step of a sequence: a described network from words and letters to a row of scores a word, and either
/// their cross-entropy, word by word, or a conditional random field over the sentence.
final class TaggingTask: TrainingTask {
  private let text: TaggedText
  private let options: TaggingOptions
  private let network: DescribedNetwork<Float>
  private let crossEntropy: CrossEntropyLoss<Float>
  /// Nil where words are tagged by themselves.
  private let field: ConditionalRandomFieldLoss<Float>?
  private let scores: Activation<Float>
  private let training: ExampleBatches
  private let heldOut: ExampleBatches
  /// Of each word, the chance that it is read as unknown.
  private let unknownChances: [Double]
  /// The batches of the epoch that was asked for last.
  private var epoch: (number: Int, batches: [[Int]])?

  let metric = ClassificationMetric.accuracy.metric
  var team: WorkerTeam { network.team }
  var parameters: ParameterStore<Float> { network.parameters }
  var plausibleLoss: Double { 3 * naturalLogarithm(Double(text.tagCount)) + 10 }

  /// - Parameter initialValues: of whole parameters, by name; the others begin as their layers declare.
  /// - Throws: `Failure` where text, description and values do not fit each other.
  init(
    _ text: TaggedText, description: NetworkDescription, options: TaggingOptions,
    initialValues: [String: [Float]] = [:]
  ) throws(Failure) {
    try Self.check(text, description)
    self.text = text
    self.options = options
    let team = WorkerTeam(count: max(1, options.threadCount ?? WorkerTeam.processorCount))
    network = try DescribedNetwork(
      description, team: team,
      losses: options.hasField
        ? ConditionalRandomFieldLoss<Float>.declarations("crf", labelCount: text.tagCount) : [])
    network.parameters.initialize(seed: options.seed)
    try network.parameters.take(initialValues)
    scores = network.activation(description.outputs[0])
    crossEntropy = CrossEntropyLoss(logits: scores, team: team)
    field =
      options.hasField
      ? ConditionalRandomFieldLoss(
        emissions: scores, transitions: network.parameters.parameter(NetworkTagger.transitionsName),
        start: network.parameters.parameter(NetworkTagger.startName),
        end: network.parameters.parameter(NetworkTagger.endName), team: team) : nil
    let batchSize = max(1, options.batchSize)
    training = ExampleBatches(
      lengths: text.training.map(\.words.count), batchSize: batchSize, seed: options.seed)
    heldOut = ExampleBatches(lengths: text.heldOut.map(\.words.count), batchSize: batchSize, seed: 0)
    var counts = [Int](repeating: 0, count: text.typeCount)
    for sequence in text.training { for word in sequence.words { counts[Int(word)] += 1 } }
    unknownChances = counts.map { options.unknownWeight / (options.unknownWeight + Double($0)) }
  }

  private static func check(_ text: TaggedText, _ description: NetworkDescription) throws(Failure) {
    guard text.training.contains(where: { !$0.words.isEmpty }) else {
      throw Failure("tagged text", why: "there is no word in it", remedy: "name files with tagged sentences")
    }
    let areTrainingTags = text.training.allSatisfy { $0.tags.allSatisfy { $0 >= 0 } }
    let fits = (text.training + text.heldOut).allSatisfy { sequence in
      sequence.words.count == sequence.tags.count && sequence.letters.count == sequence.words.count
        && sequence.tags.allSatisfy { (-1..<Int32(text.tagCount)).contains($0) }
        && sequence.words.allSatisfy { (0..<Int32(clamping: text.typeCount)).contains($0) }
        && sequence.letters.allSatisfy {
          $0.allSatisfy { (0..<Int32(clamping: text.letterCount)).contains($0) }
        }
    }
    guard areTrainingTags, fits else {
      throw Failure("tagged text", why: "a sentence has a tag or an id beyond those there are")
    }
    let names = Set(description.inputs.map(\.name))
    guard names == [TaggingInput.wordsName, TaggingInput.lettersName], description.outputs.count == 1,
      description.shape(of: description.outputs[0])
        == LayerShape(size: text.tagCount, levels: [TaggingInput.wordsName])
    else {
      throw Failure(
        "network", why: "does not go from words and letters to \(text.tagCount) scores a word",
        remedy: "describe one that does")
    }
  }

  // MARK: Batches

  var batchesPerEpoch: Int { training.count }
  /// Sentences.
  var itemsPerBatch: Int { min(training.batchSize, text.training.count) }

  func lossAndGradients(batch: Int, epoch number: Int, key: UInt64) -> (meanLoss: Double, itemCount: Int) {
    if epoch?.number != number { epoch = (number, training.epoch(number)) }
    let sequences = epoch!.batches[batch].map { withUnknowns(text.training[$0], key: key &+ UInt64($0)) }
    let (sum, count) = run(sequences, TrainingPass(key: key, needsGradients: true))
    network.backward()
    return (count > 0 ? sum / Double(count) : 0, count)
  }

  /// The sequence with some of its words made unknown, rare ones oftener, drawn anew each time.
  private func withUnknowns(_ sequence: TaggedSequence, key: UInt64) -> TaggedSequence {
    var result = sequence
    var random = SplitMix64(seed: SplitMix64.mix(key))
    for place in result.words.indices {
      if random.uniform() < unknownChances[Int(result.words[place])] { result.words[place] = 0 }
    }
    return result
  }

  /// The sum of the losses and the words that it is over.
  private func run(_ sequences: [TaggedSequence], _ pass: TrainingPass) -> (loss: Double, count: Int) {
    network.read([
      TaggingInput.wordsName: LayerValues(ids: sequences.map(\.words)),
      TaggingInput.lettersName: LayerValues(ids: sequences.map(\.letters)),
    ])
    network.forward(pass)
    let targets = sequences.flatMap(\.tags)
    if let field, targets.allSatisfy({ $0 >= 0 }) {
      return (field.run(targets, writesGradient: pass.needsGradients), targets.count)
    }
    // A sentence with a tag of its own has no probability in the field; its known tags have one by themselves.
    let (loss, weight) = crossEntropy.run(targets, writesGradient: pass.needsGradients)
    return (loss, Int(weight))
  }

  // MARK: The metric

  func evaluate() -> HeldOutMeasurement? {
    guard !text.heldOut.isEmpty else { return nil }
    let chain: TagChain?
    do throws(Failure) { chain = try self.chain() } catch { return nil }
    var (loss, count, correct, total) = (0.0, 0, 0, 0)
    for batch in heldOut.byLength {
      let sequences = batch.map { text.heldOut[$0] }
      let part = run(sequences, .evaluation)
      loss += part.loss
      count += part.count
      var row = 0
      for sequence in sequences {
        let answers = answers(row..<row + sequence.words.count, chain)
        correct += zip(answers, sequence.tags).reduce(0) { $0 + ($1.0 == Int($1.1) ? 1 : 0) }
        total += sequence.words.count
        row += sequence.words.count
      }
    }
    return HeldOutMeasurement(
      loss: loss / Double(max(1, count)), value: Double(correct) / Double(max(1, total)))
  }

  /// The field of now; nil where there is none.
  private func chain() throws(Failure) -> TagChain? {
    guard field != nil else { return nil }
    func values(_ name: String) -> [Float] {
      let parameter = network.parameters.parameter(name)
      return (0..<parameter.count).map { parameter.values[$0] }
    }
    return try NetworkTagger.chain(
      transitions: values(NetworkTagger.transitionsName), start: values(NetworkTagger.startName),
      end: values(NetworkTagger.endName))
  }

  private func answers(_ rows: Range<Int>, _ chain: TagChain?) -> [Int] {
    var evidence = TagEvidence(tagCount: text.tagCount, stepCount: rows.count)
    for row in rows {
      evidence.append(
        scores: UnsafeBufferPointer(start: scores.values + row * text.tagCount, count: text.tagCount))
    }
    if let chain { return chain.viterbi(evidence) }
    return rows.indices.map { row in
      let first = (row - rows.lowerBound) * text.tagCount
      return (0..<text.tagCount).max { evidence.values[first + $0] < evidence.values[first + $1] } ?? 0
    }
  }

  // MARK: Files

  var checkpointMetadata: [String: String] {
    ["inkling.network": network.description.json.serializedString()]
  }

  func product(values: [Float], measured: Double?, epochs: Double) -> TrainedTagger {
    TrainedTagger(
      description: network.description, score: measured.map { .init(metric: metric, value: $0) },
      epochs: epochs, entries: network.parameters.entries, values: values)
  }
}
