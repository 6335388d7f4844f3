import LanguageModeling
import Lexing
import NGrams
import Neural
import Platform
import Privacy
import Testing

@testable import Prediction

/// A model on top of two layers that share some of its words and of each other's.
///
/// - Parameter network: of the lower one.
private func layeredModel(network: RecurrentArchitecture.Cell? = nil) throws -> Model {
  let base = try makeModel(
    seed: 5, network: network,
    names: ["alpha", "omega", "sigma", "tau", "Eta", "kappaRho", "nu", "xi_two"])
  let own = try makeModel(seed: 9, names: ["omega", "beta", "mu", "psi", "chi", "phi", "nu", "rho"])
  return try makeModel().layered(over: [
    ModelLayer(kind: .person, name: "own", model: own), ModelLayer(kind: .base, name: "made-up", model: base),
  ])
}

@Suite struct LayerTests {
  /// Every word of every vocabulary has one number, by which all that know it find it, and none that do not.
  @Test func numbersEveryWordOnce() throws {
    var random = SplitMix64(seed: 4)
    for _ in 0..<20 {
      let vocabularies = (0..<Int(1 + random.next() % 5)).map { _ in
        Vocabulary(
          types: (0..<Int(random.next() % 60)).map { _ in Array("w\(random.next() % 90)".utf8) })
      }
      let joined = JoinedVocabularies(vocabularies)
      var byWord: [[UInt8]: UInt32] = [:]
      for (place, vocabulary) in vocabularies.enumerated() {
        for id in 3..<UInt32(max(vocabulary.count, 3)) {
          let word = vocabulary.bytes(of: TokenID(rawValue: id))
          let number = joined.number(of: id, in: place)
          #expect(byWord[word, default: number] == number)
          byWord[word] = number
          #expect(joined.withBytes(of: number) { Array($0) } == word)
          #expect(word.withUnsafeBytes { joined.number(of: $0) } == number)
        }
      }
      #expect(Set(byWord.values).count == byWord.count)
      for (word, number) in byWord {
        for (place, vocabulary) in vocabularies.enumerated() {
          #expect(joined.id(of: number, in: place) == vocabulary.id(of: word)?.rawValue ?? 0)
        }
      }
      #expect(byWord.values.allSatisfy { $0 < joined.count })
    }
  }

  /// The model's own gate, and none in its place.
  @Test(arguments: [nil, RecurrentArchitecture.Cell.lstm], [true, false])
  func isADistributionOverTheWordsOfAllLayers(network cell: RecurrentArchitecture.Cell?, hasGate: Bool) throws
  {
    var model = try layeredModel(network: cell)
    if !hasGate {
      model = Model(vocabulary: model.vocabulary, ngrams: model.ngramModel, contexts: model.contexts)
        .layered(over: model.layers)
    }
    let network = model.network
    #expect((network != nil) == (cell != nil))
    var state = network?.startState
    let lexicon = model.makeLexicon()
    let joined = try #require(lexicon.layers?.joined)
    let engine = MixtureEngine(lexicon: lexicon, model: model)
    let words = "let omega = alpha ( newName , omega ) let psi = kappaRho ( omega , newName )"
    let sequence = lexicon.sequence(ofWords: words.split(separator: " ").map { Array($0.utf8) })
    var numbers = Set<UInt32>(0..<3)
    for (place, vocabulary) in joined.vocabularies.enumerated() {
      for id in 3..<UInt32(vocabulary.count) { numbers.insert(joined.number(of: id, in: place)) }
    }
    numbers.formUnion(lexicon.firstUnknownID..<lexicon.firstUnknownID + 4)
    let document = DocumentCounts()
    var sources = MixtureSources()
    sources.document = document
    for index in 0...sequence.count {
      sources.recurrent = state.flatMap { network?.view(after: $0) }
      engine.prepare(sequence, at: index, sources)
      let sum = numbers.reduce(0.0) { $0 + Double(engine.countedProbability(of: $1)) }
      #expect(abs(sum + Double(engine.spellingWeight) - 1) < 1e-4)
      let recurrent = MixtureLayout.placement(of: NetworkExpert.self).experts.lowerBound
      #expect((engine.weights[recurrent] > 0) == (cell != nil))
      guard index < sequence.count else { break }
      if let network { network.network.step(network.token(of: sequence.id(at: index)), &state!) }
      document.add(sequence, index..<index + 1)
      lexicon.layers?.count(sequence, index..<index + 1, into: &sources.evidence)
    }
  }

  /// The most probable words are those that looking at every word finds, whatever has been typed of them.
  @Test(arguments: [nil, RecurrentArchitecture.Cell.gru])
  func listsTheMostProbableWordsOfAllLayers(network cell: RecurrentArchitecture.Cell?) throws {
    let model = try layeredModel(network: cell)
    var sources = MixtureSources()
    sources.recurrent = model.network.map { $0.view(after: $0.startState) }
    let lexicon = model.makeLexicon()
    let joined = try #require(lexicon.layers?.joined)
    let engine = MixtureEngine(lexicon: lexicon, model: model)
    let sequence = lexicon.sequence(ofWords: ["let", "omega", "=", "psi", "("].map { Array($0.utf8) })
    var numbers = Set<UInt32>()
    for (place, vocabulary) in joined.vocabularies.enumerated() {
      for id in 3..<UInt32(vocabulary.count) { numbers.insert(joined.number(of: id, in: place)) }
    }
    for index in 0...sequence.count {
      engine.prepare(sequence, at: index, sources)
      let listed = engine.best(6)
      let all = numbers.map { engine.countedProbability(of: $0) }.sorted(by: >)
      #expect(listed.count == 6)
      #expect(zip(listed, all).allSatisfy { abs($0.probability - $1) < 1e-6 })
      let typed = Array("ka".utf8)
      let continued = engine.best(1, continuing: typed)
      let expected = numbers.filter { joined.withBytes(of: $0) { $0.starts(with: typed) } }
        .map { engine.countedProbability(of: $0) }.max()
      #expect(continued.first.map { abs($0.probability - expected!) < 1e-6 } == true)
    }
  }

  /// A layer's network is asked where the model has none, by the numbers that all words have together.
  @Test func asksTheNetworkOfALayerByItsOwnWords() throws {
    let model = try layeredModel(network: .lstm)
    let network = try #require(model.network)
    let joined = try #require(model.makeLexicon().layers?.joined)
    let own = try #require(model.layers[1].model.network)
    let view = network.view(after: network.startState)
    let ownView = own.view(after: own.startState)
    for id in 3..<UInt32(joined.vocabularies[2].count) {
      let number = joined.number(of: id, in: 2)
      #expect(network.token(of: number).rawValue == id && network.number(of: TokenID(rawValue: id)) == number)
      #expect(view.probability(of: number) == ownView.probability(of: id))
    }
    for word in ["psi", "gammaRay"] {
      let number = try #require(Array(word.utf8).withUnsafeBytes { joined.number(of: $0) })
      #expect(network.token(of: number) == .unknown && view.probability(of: number) == 0)
    }
    let withOwn = try makeModel(network: .rnn).layered(over: model.layers)
    #expect(withOwn.networkLayer == nil && withOwn.network?.network.architecture.cell == .rnn)
  }

  @Test func offersWhatOnlyALayerKnows() throws {
    let model = try layeredModel()
    let text = "let kap"
    let predictor = DocumentPredictor(text: Array(text.utf8), grammar: testGrammar, model: model)
    let item = predictor.completions(at: text.utf8.count, limit: 5).items.first
    #expect(item?.text == "kappaRho")
    #expect(item?.source == .base)
    let shares = predictor.knowledge(of: "kappaRho", at: 4).shares
    #expect(shares.contains { $0.layer == "made-up" && $0.component == .base && $0.probability > 0 })
    #expect(!shares.contains { $0.layer == "own" })
  }

  /// In the spelling of the layer, and whatever the case that is typed.
  @Test func findsALayersWordsInOtherCases() throws {
    let predictor = DocumentPredictor(
      text: Array("let OME".utf8), grammar: testGrammar, model: try layeredModel())
    #expect(predictor.completions(at: 7, limit: 5).items.contains { $0.text == "omega" })
  }

  @Test func forgetsInAllLayersWhatWasForgottenInOne() throws {
    let base = try makeModel(seed: 5, names: ["alpha", "omega", "kappaRho"])
    var list = ForgottenList(salt: [1, 2, 3])
    list.forget(word: "kappaRho")
    let model = try makeModel().layered(
      over: [ModelLayer(kind: .base, name: "made-up", model: base)], forgetting: list.lastingWords)
    let predictor = DocumentPredictor(text: Array("let kap".utf8), grammar: testGrammar, model: model)
    #expect(predictor.completions(at: 7, limit: 5).items.isEmpty)
    let next = DocumentPredictor(text: Array("let ".utf8), grammar: testGrammar, model: model)
    #expect(!next.completions(at: 4, limit: 20).items.contains { $0.text == "kappaRho" })
  }

  /// What a text says of the layers is the same whatever edits made the text.
  @Test(arguments: [nil, RecurrentArchitecture.Cell.lstm])
  func afterEditsAnswersAsFromScratch(network cell: RecurrentArchitecture.Cell?) throws {
    let model = try layeredModel(network: cell)
    let words = [
      "let ", "omega", " = ", "psi", "(", "alpha", ", ", "kappaRho", ")\n", "beta ", "qqq ", "nu ",
    ]
    var random = SplitMix64(seed: 8)
    var text: [UInt8] = []
    let predictor = DocumentPredictor(text: [], grammar: testGrammar, model: model)
    for round in 0..<120 {
      let lower = Int(random.next() % UInt64(text.count + 1))
      let upper = min(text.count, lower + Int(random.next() % 12) * (round % 3))
      let bytes = (0..<Int(random.next() % 5)).flatMap { _ in Array(words[Int(random.next() % 12)].utf8) }
      text.replaceSubrange(lower..<upper, with: bytes)
      predictor.replace(lower..<upper, with: bytes)
      guard round % 6 == 5 else { continue }
      let fresh = DocumentPredictor(text: text, grammar: testGrammar, model: model)
      #expect(predictor.withState { $0.evidence } == fresh.withState { $0.evidence })
      let place = Int(random.next() % UInt64(text.count + 1))
      let (a, b) = (predictor.completions(at: place).items, fresh.completions(at: place).items)
      #expect(a.map(\.text) == b.map(\.text))
      #expect(zip(a, b).allSatisfy { abs($0.probability - $1.probability) < 1e-5 })
    }
  }

  /// A text in the words of one layer makes that layer count most.
  @Test func trustsTheLayerWhoseTextItIs() throws {
    let model = try layeredModel()
    func shares(of text: String) -> LayerEvidence {
      DocumentPredictor(text: Array(text.utf8), grammar: testGrammar, model: model).withState { $0.evidence }
    }
    let own = shares(of: String(repeating: "let mu = psi ( chi , mu )\n", count: 20)).shares
    #expect(own[1] > 4 * own[2] && own[1] > 4 * own[0])
    let base = shares(of: String(repeating: "let tau = sigma ( xi_two , tau )\n", count: 20)).shares
    #expect(base[2] > 4 * base[1] && base[2] > 4 * base[0])
  }
}
