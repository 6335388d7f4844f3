import LanguageModeling
import NGrams
import Neural
import Platform

/// Fits the mixture at training time: which words are structural, the contexts beside the n-grams, and the gate.
///
///     let heldOut = corpus.heldOutIndices()
///     // an n-gram model of the other documents
///     let weights = try MixtureFitting.fit(corpus, heldOut: heldOut, ngrams: partial)
///     // then the final n-gram model of all documents, and beside it
///     try MixtureFitting.writeContexts(of: corpus, weights: weights) { bytes in … }
///     try writer.write(MixtureWeights.fileName, weights.serialized())
public enum MixtureFitting {
  /// How many held-out tokens are looked at.
  static let rowLimit = 240_000
  /// Fewer say too little.
  static let minimumRowCount = 3000

  /// Gives the content of `contexts.bin` for all documents of the corpus, piece by piece.
  public static func writeContexts(
    of corpus: MixtureCorpus, weights: MixtureWeights, thresholds: ContextThresholds = .standard,
    room: FittingRoom = FittingRoom(), _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let builder = try contexts(
      of: corpus, Array(corpus.documents.indices),
      classes: corpus.classes(structuralIDs: weights.structuralIDs), thresholds, translation: nil, room)
    try builder.write(body)
  }

  private static func contexts(
    of corpus: MixtureCorpus, _ indices: [Int], classes: [UInt32], _ thresholds: ContextThresholds,
    translation: [UInt32]?, _ room: FittingRoom
  ) throws(Failure) -> TrainedContextsBuilder {
    var builder = TrainedContextsBuilder(thresholds, room: room)
    let tokenCount = indices.reduce(0) { $0 + corpus.documents[$1].count }
    func sequence(_ index: Int) throws(Failure) -> TokenSequence {
      try corpus.sequence(of: corpus.documents[index], classes: classes, translation: translation)
    }
    // Made once for all kinds where they fit: an id and a class a token, and what each has before its first.
    let byteCount = 8 * (tokenCount + TokenSequence.reach * indices.count)
    if byteCount <= room.byteCount {
      var sequences: [TokenSequence] = []
      for index in indices { sequences.append(try sequence(index)) }
      for kind in ContextKind.trained { try builder.count(kind, in: sequences) }
    } else {
      for kind in ContextKind.trained {
        try builder.count(kind, indices, tokenCount: tokenCount, document: sequence)
      }
    }
    let rare = try rareWords(corpus, indices)
    try builder.countSpelling(of: rare.lazy.map { corpus.vocabulary.bytes(of: TokenID($0)) })
    return builder
  }

  /// Words of one document only are what new words look like.
  private static func rareWords(_ corpus: MixtureCorpus, _ indices: [Int]) throws(Failure) -> [Int] {
    let count = corpus.vocabulary.count
    var owner = [Int32](repeating: -1, count: count)
    var isShared = [Bool](repeating: false, count: count)
    for index in indices {
      let document = Int32(index)
      for id in try corpus.documents[index].ids()
      where Int(id) < count && id > TokenID.sentenceEnd.rawValue {
        if owner[Int(id)] == -1 { owner[Int(id)] = document }
        if owner[Int(id)] != document { isShared[Int(id)] = true }
      }
    }
    let rare = (0..<count).filter { owner[$0] >= 0 && !isShared[$0] }
    return rare.isEmpty ? (0..<count).filter { owner[$0] >= 0 } : rare
  }

  /// Finds the structural words and fits the gate to the held-out documents, read as they will be used: one after the
  /// other, each token predicted before it is learned, with nothing, with the document's own counts, or with those and
  /// those of the documents before it.
  ///
  /// - Parameters:
  ///   - heldOut: the indices of documents that `ngrams` has not been trained on.
  ///   - vocabulary: of the other documents; nil for the corpus's.
  ///   - ngrams: a model of the other documents over that vocabulary.
  ///   - network: a network that has not learned from them either, with the vocabulary that its tokens are of.
  ///   - initial: a model whose gate, fitted to other text, this one begins as, and stays where there is too little to fit
  ///     it to; nil for none.
  ///   - thresholds: of the contexts, as the finished model has them.
  ///   - progress: called now and then with the share that is done; false stops, with what there is so far.
  public static func fit(
    _ corpus: MixtureCorpus, heldOut: Set<Int>, vocabulary: Vocabulary? = nil, ngrams: NGramModel?,
    network: (model: RecurrentModel, vocabulary: Vocabulary)? = nil, initial: Model? = nil,
    thresholds: ContextThresholds = .standard, room: FittingRoom = FittingRoom(), seed: UInt64 = 1,
    progress: (Double) -> Bool = { _ in true }
  ) throws(Failure) -> MixtureWeights {
    try fitted(
      corpus, heldOut: heldOut, vocabulary: vocabulary, ngrams: ngrams, network: network, initial: initial,
      thresholds: thresholds, room: room, seed: seed, progress: progress
    ).weights
  }

  /// The same, and the model that has learned from all documents but the held-out ones, with these weights, to be measured
  /// on them; nil where there is nothing to hold out.
  public static func fitted(
    _ corpus: MixtureCorpus, heldOut: Set<Int>, vocabulary: Vocabulary? = nil, ngrams: NGramModel?,
    network: (model: RecurrentModel, vocabulary: Vocabulary)? = nil, initial: Model? = nil,
    thresholds: ContextThresholds = .standard, room: FittingRoom = FittingRoom(), seed: UInt64 = 1,
    progress: (Double) -> Bool = { _ in true }
  ) throws(Failure) -> (weights: MixtureWeights, model: Model?) {
    var weights = MixtureWeights(structuralIDs: try corpus.structuralIDs(), gate: nil)
    // One that was fitted without a network would weigh it by chance.
    let isSource = network == nil || initial?.hasNetwork == true
    let gate =
      isSource ? initial?.gate(forStructuralIDs: weights.structuralIDs, of: corpus.vocabulary) : nil
    weights.gate = gate
    let classes = corpus.classes(structuralIDs: weights.structuralIDs)
    let training = corpus.documents.indices.filter { !heldOut.contains($0) }
    guard !training.isEmpty, !heldOut.isEmpty, progress(0) else { return (weights, nil) }
    let vocabulary = vocabulary ?? corpus.vocabulary
    let translation = corpus.translation(to: vocabulary)
    let contexts = try Self.contexts(
      of: corpus, training, classes: classes, thresholds, translation: translation, room
    ).contexts()
    let component = network.map { Self.component($0.model, vocabulary: vocabulary, own: $0.vocabulary) }
    let model = Model(vocabulary: vocabulary, ngrams: ngrams, contexts: contexts, network: component)
    /// With the weights as they are by now, their words numbered as the model has them.
    func weighed() -> Model {
      var own = weights
      own.structuralIDs = weights.structuralIDs.map { translation[Int($0)] }
      return Model(
        vocabulary: vocabulary, ngrams: ngrams, contexts: contexts, weights: own, network: component)
    }
    guard progress(0.2) else { return (weights, weighed()) }
    var rows = try collectRows(
      corpus, heldOut: heldOut, classes: classes, translation: translation, model: model, room
    ) { progress(0.2 + 0.2 * $0) }
    guard rows.count >= minimumRowCount, progress(0.4) else { return (weights, weighed()) }
    var trainer = GateTrainer(seed: seed, initial: gate)
    try trainer.train(&rows) { progress(0.4 + 0.6 * $0) }
    weights.gate = trainer.gate
    weights.surprisalThresholdBits = try rows.surprisal(quantile: 0.995, gate: trainer.gate)
    return (weights, weighed())
  }

  /// A network that is asked by the numbers of `vocabulary`, its own tokens being of another one.
  private static func component(
    _ network: RecurrentModel, vocabulary: Vocabulary, own: Vocabulary
  ) -> RecurrentComponent {
    let translation = (0..<UInt32(vocabulary.count)).map { id in
      if id <= TokenID.sentenceEnd.rawValue { return id }
      return vocabulary.withBytes(of: TokenID(rawValue: id)) { own.id(of: $0)?.rawValue ?? 0 }
    }
    return RecurrentComponent(
      network: network, vocabularyCount: vocabulary.count, translation: translation)
  }

  private static func collectRows(
    _ corpus: MixtureCorpus, heldOut: Set<Int>, classes: [UInt32], translation: [UInt32], model: Model,
    _ room: FittingRoom, progress: (Double) -> Bool
  ) throws(Failure) -> GateRows {
    let engine = MixtureEngine(lexicon: model.makeLexicon(), model: model)
    let network = model.network
    let document = DocumentCounts()
    let earlier = DocumentCounts()
    var rows = GateRows(room)
    var sources = MixtureSources()
    sources.document = document
    sources.neighbours = earlier
    // Evenly chosen documents where there are more than are looked at, in the order of their paths.
    let chosen = heldOut.sorted()
    let available = chosen.reduce(0) { $0 + corpus.documents[$1].count }
    let keep = min(1, Double(rowLimit) / Double(max(available, 1)))
    var debt = 0.0
    for index in chosen {
      debt += keep
      guard debt >= 1 || keep == 1 else { continue }
      debt -= 1
      let sequence = try corpus.sequence(
        of: corpus.documents[index], classes: classes, translation: translation)
      document.removeAll()
      guard progress(Double(rows.count) / Double(min(rowLimit, available))) else { break }
      var state = network?.startState
      for place in 0..<sequence.count {
        // A token is looked up at some hundred places, each of which brings 64 kB in.
        MemoryBound.look()
        sources.recurrent = state.flatMap { network?.view(after: $0, listsWords: false) }
        engine.prepare(sequence, at: place, sources)
        let id = sequence.id(at: place)
        try rows.append(
          engine, token: id,
          spelled: spelled(id, corpus, engine, firstUnknown: UInt32(model.vocabulary.count)))
        if let network { network.network.step(network.token(of: id), &state!) }
        document.add(sequence, place..<place + 1)
      }
      earlier.add(sequence, 0..<sequence.count)
      if rows.count >= rowLimit { break }
    }
    return rows
  }

  /// P of the word's spelling, where nothing else could know the word.
  private static func spelled(
    _ id: UInt32, _ corpus: MixtureCorpus, _ engine: MixtureEngine, firstUnknown: UInt32
  ) -> Float {
    guard id >= firstUnknown else { return 0 }
    return corpus.vocabulary.withBytes(of: TokenID(rawValue: id - firstUnknown)) {
      max(1e-30, Float(exp2(engine.spelling.log2Probability(of: $0))))
    }
  }
}

extension Model {
  /// The gate for a model with other structural words; nil where none was fitted.
  fileprivate func gate(forStructuralIDs ids: [UInt32], of other: Vocabulary) -> Gate? {
    guard let weights, let gate = weights.gate else { return nil }
    var ranks: [UInt32: Int] = [:]
    for (rank, id) in weights.structuralIDs.enumerated() where ranks[id] == nil { ranks[id] = rank }
    return gate.ranked(
      ids.map { id in
        other.withBytes(of: TokenID(rawValue: id)) { vocabulary.id(of: $0)?.rawValue }.flatMap { ranks[$0] }
      })
  }
}
