import JSON
import LanguageModeling
import Neural
import NeuralTraining
import Platform
import Tagging

/// Trains a network of tags and writes it into a model directory.
struct TaggingNetworkTraining {
  let encoder: TaggingEncoder
  let hasField: Bool
  let options: TaggerBuildingOptions
  let checkpointPath: String
  let reporter: BuildReporter
  let shouldStop: @Sendable () -> Bool
  /// Vectors of words that the text does not have, for texts that do.
  private static let unseenVectorCount = 20_000

  /// Writes the network, its vocabulary and a page about the run.
  ///
  /// - Returns: the tagger as it will answer, and whether a signal ended the training early.
  func run(
    _ text: TaggerRun.Text, into model: inout ModelOutput
  ) throws(Failure) -> (tagger: any SequenceTagger, wasInterrupted: Bool) {
    var types = Set(text.training.flatMap { $0.words.map(TaggingInput.type) })
    let vectors =
      if let path = options.vectorsPath {
        try WordVectors(
          path, wanted: types, unseenLimit: Self.unseenVectorCount, type: TaggingInput.type(of:))
      } else { nil as WordVectors? }
    if let vectors { types.formUnion(vectors.rows.keys) }
    let vocabulary = Vocabulary(types: types)
    let input = TaggingInput(vocabulary: vocabulary)
    var sizes = TaggingNetworkSizes()
    if let hidden = options.hiddenSize { sizes.hidden = hidden }
    if let vectors { sizes.word = vectors.size }
    let description = try NetworkDescription.tagging(
      encoder, sizes: sizes, typeCount: vocabulary.count, tagCount: text.tags.count)
    let trainer = try TaggerTrainer(
      taggedText(text, input), description: description, options: trainingOptions(),
      initialValues: vectors.map { initialValues($0, vocabulary) } ?? [:], checkpointPath: checkpointPath,
      resumes: options.resumes)
    let (trained, page, wasInterrupted) = try train(trainer)
    try model.write(ModelDirectory.vocabularyName, vocabulary.serialized())
    let weights = trained.serialized
    try model.write(ModelDirectory.networkName, weights)
    model["network"] = trained.description.json
    model.writeOptional(ModelDirectory.reportName, page)
    let file = try Safetensors(model.path(of: ModelDirectory.networkName))
    let tagger = try NetworkTagger(
      trained.description, weights: file, vocabulary: vocabulary, tags: text.tags)
    return (tagger, wasInterrupted)
  }

  private func train(
    _ trainer: TaggerTrainer
  ) throws(Failure) -> (tagger: TrainedTagger, page: [UInt8], wasInterrupted: Bool) {
    reporter.begin(.network)
    defer { reporter.end() }
    var run = NetworkRun(reporter)
    let trained = try trainer.run(report: { run.take($0) }, shouldStop: shouldStop)
    return (trained, run.page, run.wasInterrupted)
  }

  private func trainingOptions() -> TaggingOptions {
    var training = TaggingOptions()
    if let epochs = options.epochs { training.length = .epochs(epochs) }
    training.hasField = hasField
    training.seed = options.seed
    training.threadCount = options.threadCount
    training.secondsBetweenCheckpoints = options.secondsBetweenCheckpoints
    return training
  }

  private func taggedText(_ text: TaggerRun.Text, _ input: TaggingInput) -> TaggedText {
    var letters: [[UInt8]: [Int32]] = [:]
    func sequence(_ sentence: TaggedSentence) -> TaggedSequence {
      TaggedSequence(
        words: sentence.words.map(input.id),
        letters: sentence.words.map { word in
          if let known = letters[word] { return known }
          let made = TaggingInput.letters(of: word)
          letters[word] = made
          return made
        }, tags: sentence.tags.map { Int32($0) })
    }
    return TaggedText(
      training: text.training.map(sequence), heldOut: text.heldOut.map(sequence), tagCount: text.tags.count,
      typeCount: input.vocabulary.count, letterCount: TaggingInput.letterCount)
  }

  /// The vectors in the order of the vocabulary; words that have none begin with small random ones.
  private func initialValues(_ vectors: WordVectors, _ vocabulary: Vocabulary) -> [String: [Float]] {
    var random = SplitMix64(seed: options.seed &+ 17)
    // On the scale that most taggers' vectors have, whatever those that were given have.
    let squares = vectors.rows.values.reduce(0.0) { $0 + $1.reduce(0.0) { $0 + Double($1 * $1) } }
    let deviation = (squares / Double(vectors.rows.count * vectors.size)).squareRoot()
    let scale = deviation > 0 ? Float(0.25 / deviation) : 1
    var values: [Float] = []
    values.reserveCapacity(vocabulary.count * vectors.size)
    for id in 0..<vocabulary.count {
      if let row = vectors.rows[vocabulary.bytes(of: TokenID(id))] {
        for value in row { values.append(value * scale) }
      } else {
        for _ in 0..<vectors.size { values.append(Float(random.uniform() - 0.5) * 0.2) }
      }
    }
    return ["embedding.weight": values]
  }
}
