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

  /// Of where learning began little is left a window later.
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
    for _ in 0..<AdaptationTrack.standardWindow {
      let (weights, shares) = (draw(), draw())
      old.learn(weights: weights, shares: weights * shares)
      new.learn(weights: weights, shares: weights * shares)
    }
    let difference = old.biases - new.biases
    #expect((difference * difference).max().squareRoot() < 0.05)
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

  /// Both have the same text, and have been asked about the same place last.
  private func expectSame(
    _ one: DocumentPredictor, _ other: DocumentPredictor, at place: Int, within tolerance: Float
  ) {
    let difference = one.withState { $0.adapted }.biases - other.withState { $0.adapted }.biases
    #expect(max(difference.max(), -difference.min()) <= tolerance)
    let (given, expected) = (one.completions(at: place).items, other.completions(at: place).items)
    #expect(given.map(\.text) == expected.map(\.text))
    #expect(zip(given, expected).allSatisfy { abs($0.probability - $1.probability) < 1e-3 })
  }

  /// Whatever edits made a text, what is learned from it is the same, and so are the answers, whatever had no time before.
  @Test(arguments: [nil, RecurrentArchitecture.Cell.gru], [true, false])
  func afterEditsIsAsFromScratch(network cell: RecurrentArchitecture.Cell?, hasLayer: Bool) throws {
    let model = try Self.model(network: cell, hasLayer: hasLayer)
    var random = SplitMix64(seed: 8)
    var text = Self.text(150, &random)
    let edited = DocumentPredictor(text: text, grammar: testGrammar, model: model)
    for round in 0..<90 {
      let lower = Int(random.next() % UInt64(text.count + 1))
      let upper = min(text.count, lower + Int(random.next() % 40) * (round % 3))
      let bytes = Self.text(Int(random.next() % 8), &random)
      text.replaceSubrange(lower..<upper, with: bytes)
      edited.replace(lower..<upper, with: bytes)
      let place = Int(random.next() % UInt64(text.count + 1))
      _ = edited.completions(at: place, while: { round % 4 > 0 })
      edited.advanceStates(maximumTokenCount: 30)
      edited.adapt(maximumTokenCount: Int(random.next() % 40))
      guard round % 6 == 5 else { continue }
      let fresh = DocumentPredictor(text: text, grammar: testGrammar, model: model)
      _ = fresh.completions(at: place)
      for predictor in [edited, fresh] {
        while !predictor.advanceStates(maximumTokenCount: 10_000) {}
        predictor.adapt(maximumTokenCount: .max)
      }
      expectSame(edited, fresh, at: place, within: cell == nil ? 1e-4 : 5e-3)
    }
    #expect(!edited.withState { $0.adapted.isNeutral })
  }

  /// Whoever waits for an answer has the learning, and the network's reading for it, end at once; the rest comes later and is the
  /// same.
  @Test(arguments: [nil, RecurrentArchitecture.Cell.gru])
  func isInterrupted(network cell: RecurrentArchitecture.Cell?) throws {
    let model = try Self.model(network: cell, hasLayer: false)
    var random = SplitMix64(seed: 12)
    let text = Self.text(300, &random)
    let (interrupted, other) = (
      DocumentPredictor(text: text, grammar: testGrammar, model: model),
      DocumentPredictor(text: text, grammar: testGrammar, model: model)
    )
    for predictor in [interrupted, other] { predictor.expectQuestion(at: text.count) }
    let stepCount = interrupted.networkStepCount
    #expect(!interrupted.adapt(maximumTokenCount: .max, while: { false }))
    #expect(interrupted.withState { $0.adaptation.learned.isEmpty })
    #expect(cell == nil || !interrupted.advanceStates(maximumTokenCount: .max / 2, while: { false }))
    #expect(interrupted.networkStepCount == stepCount)
    var (slices, left) = (0, 0)
    repeat {
      slices += 1
      left = 3
    } while !interrupted.adapt(maximumTokenCount: .max) {
      left -= 1
      return left >= 0
    }
    #expect(slices > 100)
    other.adapt(maximumTokenCount: .max)
    #expect(!other.withState { $0.adapted.isNeutral })
    expectSame(interrupted, other, at: text.count, within: cell == nil ? 0 : 5e-3)
  }

  /// In a long text what was asked about before makes no difference either, and edits before the window count.
  @Test func inALongTextIsAsFromScratch() throws {
    let model = try makeModel()
    var random = SplitMix64(seed: 21)
    var text = Self.text(900, &random)
    func open() -> DocumentPredictor {
      let predictor = DocumentPredictor(text: text, grammar: testGrammar, model: model)
      predictor.withState { $0.adaptation = AdaptationTrack(window: 256) }
      return predictor
    }
    let edited = open()
    var beginnings = Set<Int>()
    for (share, editedShare) in [(0.2, 0.1), (0.99, 0.98), (0.99, 0.01), (0.7, 0.9), (0.98, 0.6)] {
      let place = Int(share * Double(text.count))
      _ = edited.completions(at: place)
      edited.adapt(maximumTokenCount: 200)
      let lower = Int(editedShare * Double(text.count))
      let bytes = Self.text(3, &random)
      text.replaceSubrange(lower..<lower + 2, with: bytes)
      edited.replace(lower..<lower + 2, with: bytes)
      edited.settle()
      let fresh = open()
      for predictor in [edited, fresh] {
        _ = predictor.completions(at: place)
        predictor.settle()
      }
      expectSame(edited, fresh, at: place, within: 1e-4)
      let learned = edited.withState { $0.adaptation.learned }
      #expect(learned.count <= 256 + 128 + AdaptationTrack.blockCount)
      beginnings.insert(learned.lowerBound)
    }
    #expect(beginnings.count > 1)
  }

  /// Somebody who types on has the same weights until a block ends, and what that says a moment after it has.
  @Test func changesSeldomWhileTyping() throws {
    var random = SplitMix64(seed: 4)
    let text = Self.text(160, &random)
    let predictor = DocumentPredictor(text: text, grammar: testGrammar, model: try makeModel())
    _ = predictor.completions(at: text.count)
    predictor.settle()
    var (count, changed) = (text.count, 0)
    let typed = Array("let alpha = beta(newName, theta)\nlet gammaRay = alpha\n".utf8)
    for byte in typed {
      let before = predictor.withState { $0.adapted }
      predictor.replace(count..<count, with: [byte])
      count += 1
      _ = predictor.completions(at: count)
      #expect(predictor.withState { $0.adapted } == before)
      predictor.settle()
      if predictor.withState({ $0.adapted }) != before { changed += 1 }
      let learned = predictor.withState { $0.adaptation.learned }
      #expect(learned.lowerBound == 0)
      #expect(predictor.tokenCount - learned.upperBound <= AdaptationTrack.blockCount + 2)
    }
    #expect(changed > 0 && changed <= typed.count / 8)
  }

  /// What is held is bounded, of a text that is gone it is nothing, and a closed document holds no more than an empty one.
  @Test func givesEverythingBack() throws {
    var random = SplitMix64(seed: 6)
    let model = try makeModel()
    let empty = DocumentPredictor(text: [], grammar: testGrammar, model: model).adaptationByteCount
    let text = Self.text(1800, &random)
    let predictor = DocumentPredictor(text: text, grammar: testGrammar, model: model)
    _ = predictor.completions(at: text.count)
    predictor.adapt(maximumTokenCount: 600)
    #expect(predictor.adaptationByteCount > 20_000)
    predictor.settle()
    #expect((empty + 1..<50_000).contains(predictor.adaptationByteCount))
    predictor.replace(0..<text.count, with: [])
    #expect(predictor.withState { $0.adaptation.learned.isEmpty && $0.adapted.isNeutral })
    predictor.withState { $0.leave() }
    #expect(predictor.adaptationByteCount == empty)
  }
}

extension DocumentPredictor {
  /// Learns all that a session does while nobody types.
  fileprivate func settle() { adapt(maximumTokenCount: .max) }

  /// Memory that holds what was learned so, in bytes.
  fileprivate var adaptationByteCount: Int { withState { $0.adaptation.byteCount } }
}
