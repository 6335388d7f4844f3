import LanguageModeling
import Platform
import Testing

@testable import Neural

@Suite struct RecurrentModelTests {
  static func architecture(
    _ cell: RecurrentArchitecture.Cell, layers: Int = 1, vocabulary: Int = 300, adaptive: Bool = false
  ) throws -> RecurrentArchitecture {
    try RecurrentArchitecture(
      cell: cell, layerCount: layers, embeddingSize: 12, hiddenSize: 20, vocabularyCount: vocabulary,
      output: adaptive ? .adaptive(cutoffs: [40, 120], divisor: 2) : .full,
      windowLength: cell.isRecurrent ? 0 : 3)
  }

  /// A network with random weights whose rows are its tokens in some other order, with gaps, when `permuted`.
  static func model(
    _ architecture: RecurrentArchitecture, permuted: Bool = false, precision: WeightPrecision = .int8,
    threads: Int = 1
  ) throws -> RecurrentModel {
    var generator = SeededGenerator(11)
    let weights = WeightDictionary(randomFor: architecture, scale: 0.9, using: &generator)
    var tokens: [TokenID]?
    if permuted {
      let others = (3..<3 * architecture.vocabularyCount).shuffled(using: &generator)
      let all = [0, 1, 2] + others.prefix(architecture.vocabularyCount - 3)
      tokens = all.shuffled(using: &generator).map { TokenID($0) }
    }
    return try RecurrentModel(
      architecture, weights: weights, fileTokens: tokens, precision: precision, threadCount: threads)
  }

  static let kinds: [(RecurrentArchitecture.Cell, Bool, Bool)] = [
    (.lstm, false, false), (.lstm, true, true), (.gru, false, true), (.rnn, true, false),
    (.window, false, true),
    (.bag, true, true),
  ]

  @Test(arguments: kinds)
  func isADistribution(cell: RecurrentArchitecture.Cell, adaptive: Bool, permuted: Bool) throws {
    for precision in WeightPrecision.allCases {
      let model = try Self.model(
        Self.architecture(cell, layers: 2, adaptive: adaptive), permuted: permuted, precision: precision)
      var state = model.sentenceStartState
      for token in model.tokens.prefix(5) {
        let all = model.distribution(after: state)
        let sum = all.logProbabilities.reduce(0.0) { $0 + exp(Double($1)) }
        #expect(abs(sum - 1) < 1e-5)
        #expect(all.logProbability(of: .sentenceStart) == -.infinity)
        for other in model.tokens.prefix(30) {
          let difference = abs(model.logProbability(of: other, after: state) - all.logProbability(of: other))
          #expect(other == .sentenceStart || difference < 1e-5)
        }
        model.step(token, &state)
      }
    }
  }

  /// What is computed in part is what the whole has.
  @Test(arguments: kinds)
  func aPartHasWhatTheWholeHas(cell: RecurrentArchitecture.Cell, adaptive: Bool, permuted: Bool) throws {
    for precision in WeightPrecision.allCases {
      let model = try Self.model(
        Self.architecture(cell, adaptive: adaptive), permuted: permuted, precision: precision)
      var state = model.emptyState
      for (trial, token) in model.tokens.prefix(8).enumerated() {
        model.step(token, &state)
        let all = model.distribution(after: state)
        let part = model.partialDistribution(after: state, bestCount: [1, 9, 150][trial % 3])
        let best = all.best([1, 9, 150][trial % 3])
        #expect(part.best.map(\.token) == best.map(\.token))
        #expect(zip(part.best, best).allSatisfy { abs($0.logProbability - $1.logProbability) < 1e-5 })
        for other in model.tokens + [TokenID(rawValue: model.tokens.last!.rawValue + 1)] {
          let (found, wanted) = (part.logProbability(ofKnown: other), all.logProbability(ofKnown: other))
          #expect(found == wanted || abs((found ?? 1) - (wanted ?? 2)) < 1e-5)
        }
        #expect(abs(part.logProbability(of: .unknown) - all.logProbability(of: .unknown)) < 1e-5)
      }
    }
  }

  @Test(arguments: kinds)
  func theBestAreExact(cell: RecurrentArchitecture.Cell, adaptive: Bool, permuted: Bool) throws {
    let model = try Self.model(Self.architecture(cell, adaptive: adaptive), permuted: permuted)
    var state = model.emptyState
    var generator = SeededGenerator(4)
    for trial in 0..<12 {
      model.step(model.tokens.randomElement(using: &generator)!, &state)
      let all = model.distribution(after: state)
      let bound = model.tokens.last!.rawValue + 5
      let low = UInt32.random(in: 0...bound, using: &generator)
      let ids = trial % 3 == 0 ? nil : low..<UInt32.random(in: low...bound, using: &generator)
      let limit = [1, 10, 280, 1000][trial % 4]
      var wanted = zip(model.tokens, all.logProbabilities).filter {
        $1 > -.infinity && ids?.contains($0.rawValue) ?? true
      }
      wanted.sort { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 > $1.1 }
      for found in [model.topSuccessors(after: state, limit: limit, inIDs: ids), all.best(limit, inIDs: ids)]
      {
        #expect(found.map(\.token) == wanted.prefix(limit).map { $0.0 })
        #expect(zip(found, wanted).allSatisfy { abs($0.logProbability - $1.1) < 1e-5 })
      }
    }
  }

  @Test(arguments: kinds)
  func scoringIsStepping(cell: RecurrentArchitecture.Cell, adaptive: Bool, permuted: Bool) throws {
    let model = try Self.model(Self.architecture(cell, layers: 2, adaptive: adaptive), permuted: permuted)
    var generator = SeededGenerator(8)
    let tokens = (0..<77).map { _ in model.tokens.randomElement(using: &generator)! }.filter {
      $0 != .sentenceStart
    }
    var state = model.sentenceStartState
    let scores = model.score(tokens, after: &state, bestCount: 3)
    var other = model.sentenceStartState
    // Without a list of the best, an adaptive softmax takes many tokens at once as well.
    let plain = model.score(tokens, after: &other)
    #expect(other == state)
    var single = model.sentenceStartState
    for (index, token) in tokens.enumerated() {
      let best = model.topSuccessors(after: single, limit: 3)
      #expect(scores.best[index].map(\.token) == best.map(\.token))
      var next = single
      let value = model.logProbability(of: token, after: single, next: &next)
      #expect(abs(scores.logProbabilities[index] - value) < 1e-4)
      #expect(abs(plain.logProbabilities[index] - value) < 1e-4)
      single = next
    }
    #expect(single == state)
  }

  @Test func severalThreadsGiveTheSame() throws {
    let architecture = try Self.architecture(.lstm, layers: 2, vocabulary: 3000)
    let one = try Self.model(architecture)
    let three = try Self.model(architecture, threads: 3)
    var a = one.emptyState
    var b = three.emptyState
    for token in 0..<40 {
      let first = one.step(TokenID(token * 7), &a, topSuccessors: 10)
      let second = three.step(TokenID(token * 7), &b, topSuccessors: 10)
      #expect(a == b)
      #expect(first.map(\.token) == second.map(\.token))
      #expect(zip(first, second).allSatisfy { abs($0.logProbability - $1.logProbability) < 1e-5 })
    }
  }

  /// An output layer that is large enough to be held at 5 bits, where the processor has kernels for that: still a
  /// distribution, the same however it is asked, and hardly another one than that of the weights as they are stored.
  @Test func aLargeOutputLayerIsRoundedWithLittleLoss() throws {
    let architecture = try RecurrentArchitecture(
      cell: .lstm, layerCount: 1, embeddingSize: 32, hiddenSize: 512, vocabularyCount: 4200, output: .full,
      windowLength: 0)
    var generator = SeededGenerator(21)
    var weights = WeightDictionary(randomFor: architecture, scale: 0.25, using: &generator)
    // Logits that differ enough for a distribution far from uniform.
    weights.values["output.weight"] = weights.values["output.weight"]!.map { $0 * 2.5 }
    let rounded = try RecurrentModel(architecture, weights: weights)
    let exact = try RecurrentModel(architecture, weights: weights, precision: .float32)
    let hasKernels = KernelSet.best.table.pointee.logits_best_int5 != nil
    #expect(rounded.output.head.matrix.isInt5 == hasKernels && !exact.output.head.matrix.isInt5)
    let tokens = (0..<12).map { TokenID(3 + $0 * 977 % 4197) }
    var state = rounded.sentenceStartState
    let batched = rounded.score(tokens, after: &state, bestCount: 5)
    // Both output layers read the same states: random recurrent layers would carry any difference on.
    var single = rounded.sentenceStartState
    var divergence = 0.0
    var entropy = 0.0
    for (index, token) in tokens.enumerated() {
      let found = rounded.distribution(after: single).logProbabilities
      let wanted = exact.distribution(after: single).logProbabilities
      var sum = 0.0
      for row in found.indices where wanted[row] > -.infinity {
        let probability = exp(Double(wanted[row]))
        sum += exp(Double(found[row]))
        divergence += probability * Double(wanted[row] - found[row])
        entropy -= probability * Double(wanted[row])
      }
      #expect(abs(sum - 1) < 1e-5)
      #expect(abs(batched.logProbabilities[index] - found[token.index]) < 1e-4)
      #expect(
        batched.best[index].map(\.token) == rounded.topSuccessors(after: single, limit: 5).map(\.token))
      rounded.step(token, &single)
    }
    // Far from uniform, and the perplexity of what the exact network says within 0.5 %.
    #expect(entropy / Double(tokens.count) < log(4200) - 0.5)
    #expect(exp(divergence / Double(tokens.count)) < 1.005)
  }

  @Test func tokensWithoutARowAreUnknown() throws {
    let model = try Self.model(Self.architecture(.gru), permuted: true)
    let strange = (0..<900).map { TokenID($0) }.filter { !model.knows($0) } + [TokenID(rawValue: .max)]
    #expect(strange.count > 500)
    let state = model.sentenceStartState
    for token in strange {
      #expect(model.state(after: token, from: state) == model.state(after: .unknown, from: state))
    }
    #expect(
      model.logProbability(of: strange[0], after: state) == model.logProbability(of: .unknown, after: state))
  }

  @Test func filesOpenOrSayWhy() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/recurrent.safetensors"
    let architecture = try Self.architecture(.lstm, vocabulary: 150, adaptive: true)
    var generator = SeededGenerator(2)
    let weights = WeightDictionary(randomFor: architecture, scale: 0.5, using: &generator)
    func write(
      dropping: String? = nil, replacing: (String, [Float])? = nil, permutation: [Int32]? = nil,
      metadata: [String: String]? = nil
    ) throws {
      var writer = SafetensorsWriter(metadata: metadata ?? architecture.metadata)
      for parameter in architecture.parameters where parameter.name != dropping {
        let values = replacing?.0 == parameter.name ? replacing!.1 : weights.values[parameter.name]!
        writer.add(
          parameter.name, shape: values.count == parameter.count ? parameter.shape : [values.count], values)
      }
      if let permutation { writer.add("vocabulary.permutation", shape: [permutation.count], permutation) }
      try writer.write(to: path)
    }
    try write()
    let opened = try RecurrentModel(path: path)
    let direct = try RecurrentModel(architecture, weights: weights)
    let state = opened.sentenceStartState
    #expect(state == direct.sentenceStartState)
    #expect(
      opened.distribution(after: state).logProbabilities == direct.distribution(after: state).logProbabilities
    )

    for parameter in architecture.parameters {
      try write(dropping: parameter.name)
      #expect(throws: Failure.self) { try RecurrentModel(path: path) }
      try write(replacing: (parameter.name, [1, 2]))
      #expect(throws: Failure.self) { try RecurrentModel(path: path) }
      var values = weights.values[parameter.name]!
      values[values.count / 2] = .nan
      try write(replacing: (parameter.name, values))
      #expect(throws: Failure.self) { try RecurrentModel(path: path) }
    }
    let identity = (0..<150).map { Int32($0) }
    var twice = identity
    twice[7] = 8
    var negative = identity
    negative[7] = -1
    var huge = identity
    huge[7] = .max
    for wrong in [twice, negative, huge, Array(identity.dropLast()), identity.map { $0 + 1 }] {
      try write(permutation: wrong)
      #expect(throws: Failure.self) { try RecurrentModel(path: path) }
    }
    try write(metadata: [:])
    #expect(throws: Failure.self) { try RecurrentModel(path: path) }
  }
}
