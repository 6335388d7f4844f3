import LanguageModeling
import Neural
import Platform
import Testing

@testable import Prediction

/// What a document's text changes of the trust in experts.
@Suite struct AdaptationTests {
  private static let words = [
    "let ", "alpha", " = ", "beta", "(", "gammaRay", ", ", "newName", ")\n", "theta ", "qqq ", "// epsilon\n",
  ]

  private static func text(_ count: Int, _ random: inout SplitMix64) -> [UInt8] {
    (0..<count).flatMap { _ in Array(words[Int(random.next() % UInt64(words.count))].utf8) }
  }

  private static func model(network cell: RecurrentArchitecture.Cell?, hasLayer: Bool) throws -> Model {
    let model = try makeModel(network: cell)
    guard hasLayer else { return model }
    let base = try makeModel(seed: 5, names: ["alpha", "omega", "sigma", "tau", "Eta", "kappaRho"])
    return model.layered(over: [ModelLayer(kind: .base, name: "made-up", model: base)])
  }

  /// A group that foretells more than its weight says gains, the others lose; nothing is learned from what nobody foretells.
  @Test func trustsWhatHasBeenRight() {
    var weights = SIMD16<Float>()
    weights[0] = 0.5
    weights[1] = 0.5
    var shares = SIMD16<Float>()
    shares[0] = 0.4
    shares[1] = 0.1
    var adaptation = WeightAdaptation()
    #expect(adaptation.isNeutral && adaptation.factors == SIMD16(repeating: 1))
    adaptation.learn(weights: weights, shares: SIMD16())
    adaptation.learn(weights: weights, shares: SIMD16(repeating: .nan))
    #expect(adaptation.isNeutral)
    adaptation.learn(weights: weights, shares: shares)
    #expect(adaptation.factors[0] > 1.02 && adaptation.factors[1] < 0.98 && adaptation.factors[2] == 1)
  }

  /// Of where learning began nothing is left a window later.
  @Test func forgetsWithinTheWindow() {
    var random = SplitMix64(seed: 3)
    func draw() -> SIMD16<Float> {
      var values = SIMD16<Float>()
      for lane in 0..<ExpertGroup.allCases.count { values[lane] = Float(random.next() % 1000) / 1000 }
      return values
    }
    var (old, new) = (WeightAdaptation(), WeightAdaptation())
    let leaning = draw()
    for _ in 0..<2000 { old.learn(weights: leaning, shares: leaning * draw() * leaning) }
    #expect((old.biases * old.biases).max() > 0.5)
    for _ in 0..<AdaptationTrack.window {
      let (weights, shares) = (draw(), draw())
      old.learn(weights: weights, shares: weights * shares)
      new.learn(weights: weights, shares: weights * shares)
    }
    let difference = old.biases - new.biases
    #expect((difference * difference).max().squareRoot() < AdaptationTrack.tolerance)
  }

  @Test(arguments: [nil, RecurrentArchitecture.Cell.lstm], [true, false])
  func leavesADistribution(network cell: RecurrentArchitecture.Cell?, hasLayer: Bool) throws {
    let model = try Self.model(network: cell, hasLayer: hasLayer)
    let lexicon = model.makeLexicon()
    let engine = MixtureEngine(lexicon: lexicon, model: model)
    let sequence = lexicon.sequence(
      ofWords: ["let", "alpha", "=", "beta", "(", "newName", ","].map { Array($0.utf8) })
    let document = DocumentCounts()
    document.add(sequence, 0..<sequence.count - 1)
    var numbers = Set<UInt32>(0..<lexicon.firstUnknownID + 2)
    if let joined = lexicon.layers?.joined { numbers.formUnion(0..<joined.count) }
    var sources = MixtureSources()
    sources.document = document
    sources.recurrent = model.network.map { $0.view(after: $0.startState) }
    for index in 1...sequence.count {
      engine.prepare(sequence, at: index, sources)
      for id in [3, 5, lexicon.firstUnknownID] { engine.teach(&sources.adaptation, id) }
      #expect(!sources.adaptation.isNeutral)
      engine.prepare(sequence, at: index, sources)
      var sum = Double(engine.spellingWeight)
      for number in numbers where lexicon.layers == nil || number < 3 || isFirst(number, lexicon) {
        sum += Double(engine.countedProbability(of: number))
      }
      #expect(abs(sum - 1) < 1e-4)
    }
  }

  /// Whether a number is the one that its word is known by.
  private func isFirst(_ number: UInt32, _ lexicon: Lexicon) -> Bool {
    guard let joined = lexicon.layers?.joined, number < joined.count else { return true }
    return joined.withBytes(of: number) { joined.number(of: $0) } == number
  }

  /// Whatever edits made a text, what is learned from it is the same, and so are the answers.
  @Test(arguments: [nil, RecurrentArchitecture.Cell.gru], [true, false])
  func afterEditsIsAsFromScratch(network cell: RecurrentArchitecture.Cell?, hasLayer: Bool) throws {
    let model = try Self.model(network: cell, hasLayer: hasLayer)
    var random = SplitMix64(seed: 8)
    var text = Self.text(80, &random)
    let edited = DocumentPredictor(text: text, grammar: testGrammar, model: model)
    for round in 0..<90 {
      let lower = Int(random.next() % UInt64(text.count + 1))
      let upper = min(text.count, lower + Int(random.next() % 40) * (round % 3))
      let bytes = Self.text(Int(random.next() % 6), &random)
      text.replaceSubrange(lower..<upper, with: bytes)
      edited.replace(lower..<upper, with: bytes)
      let place = Int(random.next() % UInt64(text.count + 1))
      _ = edited.completions(at: place)
      edited.advanceStates(maximumTokenCount: 30)
      edited.adapt(maximumTokenCount: Int(random.next() % 30))
      guard round % 6 == 5 else { continue }
      edited.settle()
      let fresh = DocumentPredictor(text: text, grammar: testGrammar, model: model)
      _ = fresh.completions(at: place)
      fresh.settle()
      let (a, b) = (edited.withState { $0.adaptation.current }, fresh.withState { $0.adaptation.current })
      let difference = a.biases - b.biases
      #expect(max(difference.max(), -difference.min()) < 5e-3)
      let (given, expected) = (edited.completions(at: place).items, fresh.completions(at: place).items)
      #expect(given.map(\.text) == expected.map(\.text))
      #expect(zip(given, expected).allSatisfy { abs($0.probability - $1.probability) < 1e-3 })
    }
    #expect(!edited.withState { $0.adaptation.current.isNeutral })
  }

  /// Somebody who types on at the end has everything learned but the last few tokens at every key, and at no answer's cost.
  @Test func learnsNothingTwiceWhileTyping() throws {
    var random = SplitMix64(seed: 4)
    let text = Self.text(120, &random)
    let predictor = DocumentPredictor(text: text, grammar: testGrammar, model: try makeModel())
    _ = predictor.completions(at: text.count)
    predictor.settle()
    var count = text.count
    for byte in Array("let alp".utf8) {
      let before = predictor.withState { $0.adaptation.current }
      predictor.replace(count..<count, with: [byte])
      count += 1
      _ = predictor.completions(at: count)
      #expect(predictor.withState { $0.adaptation.learnedCount } >= predictor.tokenCount - 12)
      if byte != UInt8(ascii: " ") { #expect(predictor.withState { $0.adaptation.current } == before) }
      predictor.settle()
    }
  }

  /// What a closed document has learned takes no memory, and a long one's is bounded.
  @Test func givesEverythingBack() throws {
    var random = SplitMix64(seed: 6)
    let empty = DocumentPredictor(text: [], grammar: testGrammar, model: try makeModel()).adaptationByteCount
    let text = Self.text(900, &random)
    let predictor = DocumentPredictor(text: text, grammar: testGrammar, model: try makeModel())
    _ = predictor.completions(at: text.count)
    predictor.settle()
    #expect(predictor.adaptationByteCount > empty)
    predictor.replace(0..<text.count, with: [])
    #expect(predictor.withState { $0.adaptation.learnedCount } == 0)
    predictor.withState { $0.leave() }
    #expect(predictor.adaptationByteCount == empty)
  }
}
