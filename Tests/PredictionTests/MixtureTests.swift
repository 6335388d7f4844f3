import LanguageModeling
import NGrams
import Neural
import Platform
import Testing

@testable import Prediction

/// A network with random weights that forgets as trained ones do, and knows two of three of the words below
/// `vocabularyCount`.
func makeNetwork(
  vocabularyCount: Int, cell: RecurrentArchitecture.Cell = .lstm, seed: UInt64 = 6
) throws -> RecurrentComponent {
  var numbers = SplitMix64(seed: seed)
  let tokens = (0..<vocabularyCount).filter { $0 < 3 || $0 % 3 != 0 }.map { TokenID($0) }
  let architecture = try RecurrentArchitecture(
    cell: cell, embeddingSize: 16, hiddenSize: 24, vocabularyCount: tokens.count)
  let network = try RecurrentModel(
    architecture, weights: WeightDictionary(randomFor: architecture, scale: 0.35, using: &numbers),
    fileTokens: tokens)
  return RecurrentComponent(network: network, vocabularyCount: vocabularyCount)
}

/// A model of a small made-up language, trained here.
///
/// - Parameters:
///   - cell: of its network; nil for none.
///   - names: the language's, of which the text is made.
///   - directory: where to put its vocabulary, n-grams and contexts, which are then mapped; nil for nowhere.
func makeModel(
  seed: UInt64 = 3, network cell: RecurrentArchitecture.Cell? = nil, directory: String? = nil,
  names: [String] = ["alpha", "beta", "gammaRay", "delta", "epsilon", "zeta_one", "Eta", "theta"]
) throws -> Model {
  var random = SplitMix64(seed: seed)
  var documents: [[String]] = []
  for _ in 0..<12 {
    var words: [String] = []
    for _ in 0..<60 {
      func anyName() -> String { names[Int(random.next() % UInt64(names.count))] }
      let name = anyName()
      words += ["let", name, "=", anyName(), "(", anyName(), ",", name, ")"]
    }
    documents.append(words)
  }
  var options = EstimationOptions()
  options.order = 3
  let estimator = try NGramEstimator(options)
  var counter = estimator.makeCorpus()
  for document in documents {
    for word in document { try counter.append(type: Array(word.utf8)) }
    try counter.endSequence()
  }
  let estimated = try estimator.estimate(counter)
  let path =
    directory.map { $0 + "/ngrams.bin" }
    ?? "/tmp/inkling-prediction-tests-\(getpid())-\(UInt64.random(in: 0 ... .max)).bin"
  _ = try NGramModelWriter.write(estimated.table, to: path)
  let ngrams = try NGramModel(path: path)
  if directory == nil { unlink(path) }
  var corpus = MixtureCorpus(vocabulary: estimated.vocabulary)
  for (index, document) in documents.enumerated() {
    corpus.add(
      group: "\(index % 2)", ids: document.map { estimated.vocabulary.id(of: $0)?.rawValue ?? 0 })
  }
  let weights = MixtureWeights(structuralIDs: try corpus.structuralIDs(), gate: GateTrainer(seed: seed).gate)
  var contextBytes: [UInt8] = []
  try MixtureFitting.writeContexts(of: corpus, weights: weights) { contextBytes += $0 }
  if let directory {
    try writeFileAtomically(directory + "/vocabulary.txt", estimated.vocabulary.serialized())
    try writeFileAtomically(directory + "/contexts.bin", contextBytes)
    return Model(
      vocabulary: try Vocabulary(path: directory + "/vocabulary.txt"), ngrams: ngrams,
      contexts: try TrainedContexts(file: MappedFile(directory + "/contexts.bin")), weights: weights)
  }
  let contexts = try TrainedContexts(bytes: contextBytes)
  let network = try cell.map { try makeNetwork(vocabularyCount: estimated.vocabulary.count, cell: $0) }
  return Model(
    vocabulary: estimated.vocabulary, ngrams: ngrams, contexts: contexts, weights: weights, network: network)
}

@Suite struct MixtureTests {
  @Test(arguments: [nil, RecurrentArchitecture.Cell.lstm])
  func isADistributionOverKnownAndNewWords(cell: RecurrentArchitecture.Cell?) throws {
    let model = try makeModel(network: cell)
    let lexicon = model.makeLexicon()
    let engine = MixtureEngine(lexicon: lexicon, model: model)
    let words = "let newName = alpha ( other , newName ) let other = beta ( newName , alpha ) let x = other"
    let sequence = lexicon.sequence(ofWords: words.split(separator: " ").map { Array($0.utf8) })
    let neighbour = lexicon.sequence(ofWords: ["let", "faraway", "=", "alpha"].map { Array($0.utf8) })
    let document = DocumentCounts()
    let shared = DocumentCounts()
    shared.add(neighbour, 0..<neighbour.count)
    for hasModelOnly in [true, false] {
      for index in [0, 1, 5, sequence.count - 1] {
        document.removeAll()
        document.add(sequence, 0..<index)
        var sources = MixtureSources()
        if let network = model.network {
          var state = network.startState
          for place in 0..<index { network.network.step(network.token(of: sequence.id(at: place)), &state) }
          sources.recurrent = network.view(after: state)
        }
        if !hasModelOnly {
          sources.document = document
          sources.neighbours = shared
        }
        engine.prepare(sequence, at: index, sources)
        let ids = Array(0..<lexicon.firstUnknownID) + (lexicon.firstUnknownID..<lexicon.firstUnknownID + 16)
        let sum = ids.reduce(0.0) { $0 + Double(engine.countedProbability(of: $1)) }
        #expect(abs(sum + Double(engine.spellingWeight) - 1) < 1e-4)
      }
    }
  }

  @Test func spellsEveryWord() throws {
    let spelling = SpellingModel(contexts: try makeModel().contexts)
    for prefix in ["", "a", "alph", "qqqqq"] {
      var history = SpellingModel.History()
      for byte in prefix.utf8 { history.append(byte) }
      let sum = (0...SpellingModel.end).reduce(0.0) { $0 + spelling.probability(of: $1, after: history) }
      #expect(abs(sum - 1) < 1e-9)
    }
    let long = [UInt8](repeating: 65, count: 100_000)
    #expect(long.withUnsafeBytes { spelling.log2Probability(of: $0) }.isFinite)
    // What is remembered of words and letters is what they have, to the last bit.
    let memo = SpellingMemo(keepsLetters: true)
    func expectSame(_ word: [UInt8]) {
      word.withUnsafeBytes {
        #expect(memo.log2Probability(of: $0, spelling) == spelling.log2Probability(of: $0))
      }
    }
    var random = SplitMix64(seed: 2)
    let bytes = Array("alphbetgmRyd_é\0".utf8)
    for _ in 0..<3000 {
      let word = (0..<random.next() % 9).map { _ in bytes[Int(random.next() % UInt64(bytes.count))] }
      expectSame(word)
    }
    expectSame(long)
  }

  @Test(arguments: [nil, RecurrentArchitecture.Cell.gru])
  func listsTheMostProbableWords(cell: RecurrentArchitecture.Cell?) throws {
    let model = try makeModel(network: cell)
    let lexicon = model.makeLexicon()
    let engine = MixtureEngine(lexicon: lexicon, model: model)
    let sequence = lexicon.sequence(ofWords: ["let", "alpha", "=", "beta", "("].map { Array($0.utf8) })
    var sources = MixtureSources()
    sources.recurrent = model.network.map { $0.view(after: $0.startState) }
    engine.prepare(sequence, at: sequence.count, sources)
    let listed = engine.best(5)
    let all = (3..<lexicon.firstUnknownID).map { engine.countedProbability(of: $0) }.sorted(by: >)
    #expect(zip(listed, all).allSatisfy { abs($0.probability - $1) < 1e-6 })
  }

  @Test func goesWithoutTheNetworkWhereItIsHidden() throws {
    let model = try makeModel(network: .rnn)
    let lexicon = model.makeLexicon()
    let engine = MixtureEngine(lexicon: lexicon, model: model)
    let sequence = lexicon.sequence(ofWords: ["let", "alpha", "=", "new"].map { Array($0.utf8) })
    let document = DocumentCounts()
    document.add(sequence, 0..<3)
    var rows = GateRows()
    for hasNetwork in [true, false] {
      var sources = MixtureSources()
      sources.document = document
      sources.recurrent = hasNetwork ? model.network.map { $0.view(after: $0.startState) } : nil
      engine.prepare(sequence, at: 3, sources)
      try rows.append(engine, token: sequence.id(at: 3), spelled: 0.5)
    }
    var (hidden, absent) = (GateInput(), GateInput())
    var (a, b) = (
      [Float](repeating: 0, count: MixtureLayout.expertCount),
      [Float](repeating: 0, count: MixtureLayout.expertCount)
    )
    try rows.read(0, knowing: .everything, withNetwork: false, into: &hidden, probabilities: &a)
    try rows.read(1, knowing: .everything, into: &absent, probabilities: &b)
    #expect(hidden.features == absent.features && hidden.isActive == absent.isActive && a == b)
    try rows.read(0, knowing: .everything, into: &hidden, probabilities: &a)
    // A word that the network does not know has its share of <unk>, as it is spelled.
    let recurrent = MixtureLayout.placement(of: NetworkExpert.self).experts.lowerBound
    #expect(hidden.isActive[recurrent] && a[recurrent] > 0 && a[recurrent] < 0.5)
  }

  @Test func gateGradientsAgreeWithDifferences() {
    var random = SplitMix64(seed: 5)
    var input = GateInput()
    var probabilities = [Float](repeating: 0, count: MixtureLayout.expertCount)
    for feature in 0..<MixtureLayout.featureCount where feature % 2 == 0 {
      input.features[feature] = random.uniformFloat()
    }
    for expert in 0..<MixtureLayout.expertCount where expert % 3 != 0 {
      input.isActive[expert] = true
      probabilities[expert] = random.uniformFloat()
    }
    input.rows = (3, 20, 15)
    var trainer = GateTrainer(seed: 7)
    _ = trainer.accumulate(input, probabilities)
    let gradient = trainer.accumulatedGradient
    func loss(_ parameters: [Float]) -> Float {
      var hidden = [Float](repeating: 0, count: Gate.hiddenCount)
      var weights = [Float](repeating: 0, count: Gate.expertStride)
      Gate(parameters: parameters).forward(input, hidden: &hidden, weights: &weights)
      return -logf(zip(weights, probabilities).reduce(0) { $0 + $1.0 * $1.1 })
    }
    let row = Gate.tables + (TokenClass.gateRowCount + 20) * Gate.hiddenCount
    for index in [0, 5, Gate.inputBias + 3, row, row + 7, Gate.outputWeights + 4, Gate.outputBias + 1] {
      var above = trainer.gate.parameters
      var below = above
      above[index] += 5e-3
      below[index] -= 5e-3
      #expect(abs((loss(above) - loss(below)) / 1e-2 - gradient[index]) < 2e-3)
    }
  }

  /// A gate means the same words by other ranks; words that it does not know are as those without a rank.
  @Test func aGateIsTheSameForOtherRanks() {
    let gate = GateTrainer(seed: 3).gate
    func weights(_ gate: Gate, _ rows: (Int, Int, Int)) -> [Float] {
      var input = GateInput()
      for feature in 0..<MixtureLayout.featureCount { input.features[feature] = Float(feature % 3) }
      for expert in 0..<MixtureLayout.expertCount { input.isActive[expert] = true }
      input.rows = rows
      var hidden = [Float](repeating: 0, count: Gate.hiddenCount)
      var weights = [Float](repeating: 0, count: Gate.expertStride)
      gate.forward(input, hidden: &hidden, weights: &weights)
      return weights
    }
    let other = gate.ranked([7, nil, 400, 0])
    let first = TokenClass.firstRankedRow
    #expect(weights(other, (first, 3, first + 3)) == weights(gate, (first + 7, 3, first)))
    for row in [first + 1, first + 2, first + 9] {
      #expect(weights(other, (row, 15, 4)) == weights(gate, (15, 15, 4)))
    }
  }

  /// Those of files that were fitted before components had files of their own.
  @Test func numbersAreThoseOfFittedFiles() {
    func placement(_ component: any MixtureComponent.Type) -> ComponentPlacement {
      MixtureLayout.placement(of: component)
    }
    #expect(
      MixtureLayout.placements.map(\.experts) == [0..<1, 1..<2, 2..<7, 7..<17, 17..<27, 27..<31, 31..<32])
    #expect(placement(NGramExpert.self).features == 0..<8 && placement(SpellingExpert.self).features.isEmpty)
    #expect(placement(TrainedContextExperts.self).features == 8..<23)
    #expect(
      placement(DocumentExperts.self).features == 23..<53 && placement(DocumentExperts.self).flag == 105)
    #expect(placement(NeighbourExperts.self).features == 53..<83)
    #expect(placement(NeighbourExperts.self).flag == 106)
    #expect(placement(RecencyExperts.self).features == 83..<95)
    #expect(placement(NetworkExpert.self).features == 95..<103)
    #expect(MixtureLayout.positionFeature == 103 && MixtureLayout.modelFeature == 104)
    #expect(MixtureLayout.featureCount == 107 && MixtureLayout.expertCount == 32)
  }

  @Test func weightsSurviveTheirFile() throws {
    let weights = MixtureWeights(structuralIDs: [5, 9], gate: GateTrainer(seed: 1).gate)
    let path = "/tmp/inkling-mixture-tests-\(getpid()).bin"
    defer { unlink(path) }
    try writeFileAtomically(path, weights.serialized())
    let read = try MixtureWeights(file: MappedFile(path))
    #expect(read.structuralIDs == weights.structuralIDs && read.gate?.parameters == weights.gate?.parameters)
    try writeFileAtomically(path, Array(weights.serialized().dropLast()))
    #expect(throws: Failure.self) { try MixtureWeights(file: MappedFile(path)) }
  }

  /// What stays in files while contexts are counted, and how many of them are counted at once, changes nothing.
  @Test func contextsDoNotDependOnTheRoom() throws {
    let lexicon = Lexicon(vocabulary: nil)
    var random = SplitMix64(seed: 3)
    let documents = (0..<6).map { _ in
      lexicon.sequence(
        ofWords: (0..<900).map { _ in [UInt8(97 + random.next() % 9), UInt8(48 + random.next() % 3)] })
    }
    func made(_ room: FittingRoom) throws -> (bytes: [UInt8], contexts: TrainedContexts) {
      var builder = TrainedContextsBuilder(room: room)
      for kind in ContextKind.trained { try builder.count(kind, in: documents) }
      try builder.countSpelling(of: [Array("sparrow".utf8), Array("spared".utf8)])
      return (try builder.serialized(), try builder.contexts())
    }
    let (whole, pieces) = (try made(FittingRoom()), try made(FittingRoom(byteCount: 0)))
    #expect(whole.bytes == pieces.bytes && whole.bytes.count > 10_000)
    for document in documents {
      for index in 40..<60 {
        let keys = document.ids.withUnsafeBufferPointer { ids in
          document.classes.withUnsafeBufferPointer { classes in
            ContextKeys(ids: ids.baseAddress! + index, classes: classes.baseAddress! + index)
          }
        }
        let (one, other) = (
          whole.contexts.successors(.shape5, keys[.shape5]),
          pieces.contexts.successors(.shape5, keys[.shape5])
        )
        #expect(one.total == other.total && one.distinct == other.distinct)
      }
    }
  }

  @Test func damagedContextsDoNoHarm() throws {
    var builder = TrainedContextsBuilder()
    let lexicon = Lexicon(vocabulary: nil)
    try builder.count(.shape5, in: [lexicon.sequence(ofWords: (0..<200).map { [UInt8(97 + $0 % 7)] })])
    let bytes = try builder.serialized()
    var random = SplitMix64(seed: 11)
    var answers = 0
    for _ in 0..<300 {
      var damaged = bytes
      damaged[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      if random.next() % 4 == 0 { damaged.removeLast(Int(random.next() % UInt64(bytes.count))) }
      guard let contexts = try? TrainedContexts(bytes: damaged) else { continue }
      for key in 0..<64 { answers += Int(contexts.successors(.shape5, UInt32(key)).distinct & 1) }
    }
    #expect(answers >= 0 && (try? TrainedContexts(bytes: bytes)) != nil)
  }
}
