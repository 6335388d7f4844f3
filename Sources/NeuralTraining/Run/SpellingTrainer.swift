import Neural
import Platform

/// Trains the network that spells words nobody has seen, on the words of a vocabulary: `spelling.safetensors`.
///
/// It reads bytes and learns from types more than from tokens: a frequent word says little about how new ones look.
public struct SpellingTrainer: Sendable {
  public var hiddenSize = 128
  public var embeddingSize = 32
  /// Words side by side.
  public var streamCount = 64
  public var secondsLimit = 60.0
  /// Passes over the words, if there is time for them.
  public var epochs = 12
  public var seed: UInt64 = 1
  public var threadCount: Int?

  /// Bytes of a word that are learnt from; longer words are cut.
  private static let byteLimit = 31

  public init() {}

  public struct Result: Sendable {
    public var network: TrainedNetwork
    /// Nats a byte, the boundary included, on words held out; nil if there are too few.
    public var heldOutLoss: Double?
  }

  /// - Parameters:
  ///   - words: in UTF-8, with how often each is in the training text. Empty ones are left out.
  ///   - progress: called with the part that is done; training ends early when it returns false.
  /// - Throws: `Failure` when there are no words.
  public func train(
    _ words: [(bytes: [UInt8], count: Int)], progress: (Double) -> Bool = { _ in true }
  ) throws(Failure) -> Result {
    var random = SplitMix64(seed: seed)
    var words = words.filter { !$0.bytes.isEmpty }
    guard !words.isEmpty else {
      throw Failure("spelling", why: "there are no words to learn from", remedy: "train on more text")
    }
    words.shuffle(using: &random)
    let heldOut = words.count >= 200 ? Array(words.suffix(words.count / 20)) : []
    words.removeLast(heldOut.count)
    let architecture = try RecurrentArchitecture(
      cell: .lstm, embeddingSize: embeddingSize, hiddenSize: hiddenSize,
      vocabularyCount: SpellingAlphabet.count, units: .spelling)
    var regularization = Regularization()
    regularization.outputDropout = 0.1
    let network = Network<Float>(
      architecture, streamCount: streamCount, stepCount: Self.byteLimit + 1,
      team: WorkerTeam(count: threadCount ?? WorkerTeam.processorCount), regularization: regularization)
    network.parameters.initialize(architecture, seed: seed, forgetBias: 1)
    let optimizer = Optimizer(.defaultAdam, store: network.parameters, team: network.team)
    // Once for being a word, and a little for being met often.
    let table = AliasTable(words.map { 1 + naturalLogarithm(Double(max($0.count, 1))) })
    let planned = max(1, words.count * epochs / streamCount)
    let start = monotonicTime()
    for step in 0..<planned {
      let done = max(Double(step) / Double(planned), (monotonicTime() - start) / secondsLimit)
      guard done < 1, progress(done) else { break }
      let batch = (0..<streamCount).map { _ in words[table.draw(&random)].bytes }
      let (tokens, targets) = Self.segment(batch)
      network.resetState()
      let loss = network.lossAndGradients(tokens, targets: targets, key: random.next())
      guard loss.isFinite else { continue }
      let rate = 3e-3 * (0.02 + 0.49 * (1 + cosine(done * .pi)))
      _ = optimizer.update(rate: rate, clipping: Clipping(norm: 1), weightDecay: 0)
    }
    let loss = evaluate(network, heldOut.map(\.bytes))
    return Result(
      network: TrainedNetwork(
        architecture: architecture, heldOutLoss: loss, entries: network.parameters.entries,
        values: network.parameters.values.array, rows: nil, description: ["training.words": "\(words.count)"]),
      heldOutLoss: loss)
  }

  private func evaluate(_ network: Network<Float>, _ words: [[UInt8]]) -> Double? {
    guard !words.isEmpty else { return nil }
    var total = 0.0
    var count = 0
    for first in stride(from: 0, to: words.count, by: streamCount) {
      var batch = Array(words[first..<min(first + streamCount, words.count)])
      while batch.count < streamCount { batch.append([]) }
      let (tokens, targets) = Self.segment(batch)
      network.resetState()
      total += network.loss(tokens, targets: targets)
      count += targets.count { $0 >= 0 }
    }
    return total / Double(max(count, 1))
  }

  /// Words side by side, each behind the boundary and ended by it; an empty one counts nothing.
  private static func segment(_ words: [[UInt8]]) -> (tokens: [Int32], targets: [Int32]) {
    let boundary = Int32(SpellingAlphabet.boundary)
    let steps = min(words.reduce(1) { max($0, $1.count) }, byteLimit) + 1
    var tokens = [Int32](repeating: boundary, count: steps * words.count)
    var targets = [Int32](repeating: -1, count: steps * words.count)
    for (stream, word) in words.enumerated() where !word.isEmpty {
      for (step, byte) in word.prefix(steps).enumerated() {
        targets[step * words.count + stream] = Int32(byte)
        if step + 1 < steps { tokens[(step + 1) * words.count + stream] = Int32(byte) }
      }
      if word.count < steps { targets[word.count * words.count + stream] = boundary }
    }
    return (tokens, targets)
  }
}
