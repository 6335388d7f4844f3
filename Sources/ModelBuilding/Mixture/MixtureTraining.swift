import JSON
import LanguageModeling
import NGrams
import Neural
import Platform
import Prediction

/// Fits the mixture to held-out documents and writes it, with the contexts beside the n-grams, into a model directory.
struct MixtureTraining {
  /// The mixture is made of as much text as has so much of the bound a token; what grows with the text beyond `room` is in files.
  private static let bytesPerToken = 48

  let store: DocumentStore
  /// Documents that the finished model learns from.
  let learned: Range<Int>
  let heldOut: Set<Int>
  let training: NGramTraining
  let seed: UInt64
  let thresholds: ContextThresholds
  /// Of the finished model.
  let vocabulary: Vocabulary
  /// A model that has not learned from the held-out documents, with its vocabulary.
  let seen: (vocabulary: Vocabulary, model: NGramModel)

  private var reporter: BuildReporter { training.reporter }
  /// Each of the things that grow with the text: what is left beside types and n-grams is theirs.
  private var room: FittingRoom {
    FittingRoom(
      byteCount: training.memoryByteCount / 16, temporaryDirectory: training.temporaryDirectory)
  }

  /// - Parameters:
  ///   - network: of the finished model, over its vocabulary; it has not learned from the held-out documents.
  ///   - initial: a model whose weights of the mixture these begin as; nil for none.
  ///   - trainingSeconds: what it took; nil where it was not trained now.
  /// - Returns: a model as good as the finished one that has not seen the held-out documents; nil where there are none.
  @discardableResult
  func run(
    network: RecurrentModel?, initial: Model?, trainingSeconds: Double?,
    into model: inout ModelOutput
  ) throws(Failure) -> Model? {
    let documents = chosenDocuments()
    // Held-out documents that are never learned from have words that the finished model lacks.
    let isSeparate = !heldOut.isSubset(of: Set(learned))
    let union = try isSeparate ? store.makeVocabulary() : vocabulary
    let corpus = makeCorpus(documents, vocabulary: union)
    let heldOutPlaces = Set(documents.indices.filter { heldOut.contains(documents[$0]) })
    reporter.begin(.mixture)
    var (weights, measured) = try MixtureFitting.fitted(
      corpus, heldOut: heldOutPlaces, vocabulary: seen.vocabulary, ngrams: seen.model,
      network: network.map { ($0, vocabulary) }, initial: initial, thresholds: thresholds, room: room,
      seed: seed
    ) { fraction in
      reporter.update(fraction: fraction)
      return true
    }
    reporter.begin(.contexts)
    var learnedCorpus = corpus
    if isSeparate {
      weights.structuralIDs = weights.structuralIDs.compactMap { id in
        union.withBytes(of: TokenID(rawValue: id)) { vocabulary.id(of: $0)?.rawValue }
      }
      learnedCorpus = makeCorpus(documents.filter { learned.contains($0) }, vocabulary: vocabulary)
    }
    try model.write(TrainedContexts.fileName) { (write) throws(Failure) in
      try MixtureFitting.writeContexts(
        of: learnedCorpus, weights: weights, thresholds: thresholds, room: room, write)
    }
    try model.write(MixtureWeights.fileName, weights.serialized())
    reporter.end()
    model["mixture"] = [
      "documents": JSON(documents.count), "heldOutDocuments": JSON(heldOutPlaces.count),
      "withNetwork": .bool(network != nil), "surprisalThresholdBits": JSON(weights.surprisalThresholdBits),
    ]
    guard let measured, network != nil else { return measured }
    let gain = try NetworkGainMeasurement(
      model: measured, documents: heldOut.sorted().map { store.documents[$0] }, reporter: reporter
    ).run(trainingSeconds: trainingSeconds)
    guard let gain else { return measured }
    reporter.report(.networkGain(gain))
    model["networkGain"] = .object(gain.members)
    return measured
  }

  /// All documents, or as many of them, evenly chosen, as fit the memory.
  private func chosenDocuments() -> [Int] {
    let all = Array(store.documents.indices)
    let needed = store.tokenCount * Self.bytesPerToken
    guard needed > training.memoryByteCount else { return all }
    let step = (needed + training.memoryByteCount - 1) / training.memoryByteCount
    let chosen = all.filter { $0 % step == 0 || heldOut.contains($0) }
    reporter.report(.mixtureLimited(documentCount: chosen.count, of: all.count))
    return chosen
  }

  private func makeCorpus(
    _ documents: [Int], vocabulary: Vocabulary
  ) -> MixtureCorpus {
    let translation = store.translation(to: vocabulary)
    var corpus = MixtureCorpus(vocabulary: vocabulary)
    for document in documents.lazy.map({ store.documents[$0] }) {
      store.add(document, translation, to: &corpus)
    }
    return corpus
  }
}
