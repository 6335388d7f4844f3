import CKernels
import LanguageModeling
import Platform

/// A recurrent (or window, or bag-of-words) network language model: token ids in, log-probabilities out.
///
/// Immutable and shared between documents; what changes along a text is the `State`. Tokens that the network has no
/// row for count as `<unk>`. `<s>` has probability 0, and the probabilities of all other types sum to 1.
/// Calls allocate nothing in the steady state but the arrays that they return.
public final class RecurrentModel: LanguageModel, Sendable {
  public typealias State = RecurrentState

  public let architecture: RecurrentArchitecture
  public let precision: WeightPrecision
  /// The network's types, ascending: row i of `logProbabilities` is for `tokens[i]`.
  public var tokens: [TokenID] { rows.tokens }
  /// What the weights take of memory.
  public let weightByteCount: Int

  let rows: TokenRows
  let embedding: EmbeddingTable
  let layers: [HiddenLayer]
  let output: OutputLayer
  let kernels: KernelSet
  let team: KernelTeam
  let pool: ScratchPool

  /// Opens `recurrent.safetensors`; the file is not needed after.
  ///
  /// - Parameters:
  ///   - precision: int8 for speed and memory; float32 to compare with.
  ///   - threadCount: how many threads share a step's products: 2 nearly halve the time of a step where the
  ///     memory's bandwidth allows, but keep the second one busy during a burst of steps.
  ///   - kernels: the instruction set.
  public convenience init(
    path: String, precision: WeightPrecision = .int8, threadCount: Int = 1, kernels: KernelSet = .best
  ) throws(Failure) {
    try self.init(file: MappedFile(path), precision: precision, threadCount: threadCount, kernels: kernels)
  }

  /// Opens a `recurrent.safetensors` that is mapped already; its pages are released once read.
  public convenience init(
    file mapped: MappedFile, precision: WeightPrecision = .int8, threadCount: Int = 1,
    kernels: KernelSet = .best
  ) throws(Failure) {
    try self.init(
      Safetensors(file: mapped), direction: .forward, precision: precision, threadCount: threadCount,
      kernels: kernels)
  }

  /// - Parameter direction: from which side the network is to read; one that was trained to read from the other is refused.
  convenience init(
    _ file: Safetensors, direction: RecurrentDirection, precision: WeightPrecision, threadCount: Int,
    kernels: KernelSet
  ) throws(Failure) {
    let found = file.metadata[RecurrentDirection.metadataKey] ?? RecurrentDirection.forward.rawValue
    guard found == direction.rawValue else {
      throw Failure(
        file.path, why: "its network does not read \(direction.rawValue)", remedy: "train the model again")
    }
    let architecture: RecurrentArchitecture
    do throws(Failure) {
      architecture = try RecurrentArchitecture(metadata: file.metadata)
    } catch {
      throw Failure(file.path, why: error.why, remedy: error.remedy)
    }
    let tokens = try NetworkVocabulary.read(file, count: architecture.vocabularyCount)
    try self.init(
      architecture, weights: file, fileTokens: tokens, precision: precision, threadCount: threadCount,
      kernels: kernels)
  }

  /// - Parameter fileTokens: the token of each row of the weights; nil when a row is its own token.
  public init(
    _ architecture: RecurrentArchitecture, weights: some WeightSource, fileTokens: [TokenID]? = nil,
    precision: WeightPrecision = .int8, threadCount: Int = 1, kernels: KernelSet = .best
  ) throws(Failure) {
    self.architecture = architecture
    self.precision = precision
    self.kernels = kernels
    team = KernelTeam(threadCount: threadCount)
    let rows = TokenRows(fileTokens: fileTokens ?? (0..<architecture.vocabularyCount).map { TokenID($0) })
    self.rows = rows
    let loader = NetworkLoader(
      architecture: architecture, source: weights, rows: rows, precision: precision, kernels: kernels)
    embedding = try loader.embedding()
    layers = try loader.layers()
    output = try loader.output()
    weightByteCount = embedding.byteCount + output.byteCount + layers.reduce(0) { $0 + $1.byteCount }
    let gateRows = (architecture.cell.gateCount * architecture.hiddenSize + 15) / 16 * 16
    let outputRows = output.scratchRows
    pool = ScratchPool {
      Scratch(
        inputSize: architecture.firstInputSize, hiddenSize: architecture.hiddenSize, gateRows: gateRows,
        outputRows: outputRows)
    }
  }

  public var vocabularyCount: Int { rows.count }

  /// Whether the network has a row of its own for a token; otherwise it counts as `<unk>`.
  public func knows(_ token: TokenID) -> Bool { rows.knownRow(of: token) != nil }

  // MARK: States

  public var emptyState: RecurrentState { RecurrentState(values: [Float](repeating: 0, count: stateCount)) }

  public var sentenceStartState: RecurrentState {
    var state = emptyState
    step(.sentenceStart, &state)
    return state
  }

  /// Numbers in a state.
  public var stateCount: Int {
    layers.reduce(windowStateCount) { $0 + $1.stateCount }
  }

  /// Advances a state by one token.
  public func step(_ token: TokenID, _ state: inout RecurrentState) {
    pool.use { step(row: rows.row(of: token), &state, $0) }
  }

  /// The state after `token`.
  public func state(after token: TokenID, from state: RecurrentState) -> RecurrentState {
    var next = state
    step(token, &next)
    return next
  }

  // MARK: Probabilities

  public func logProbability(
    of token: TokenID, after state: RecurrentState, next: inout RecurrentState
  ) -> Float {
    let result = logProbability(of: token, after: state)
    next = state
    step(token, &next)
    return result
  }

  /// ln P(`token` | `state`).
  public func logProbability(of token: TokenID, after state: RecurrentState) -> Float {
    withContext(state) { output.logProbability(ofRow: rows.row(of: token), $0) }
  }

  /// ln P of every type, row i for `tokens[i]` (−∞ for `<s>`).
  ///
  /// - Parameter buffer: of `vocabularyCount` elements.
  public func logProbabilities(after state: RecurrentState, into buffer: UnsafeMutableBufferPointer<Float>) {
    withContext(state) { output.logProbabilities(into: buffer, $0) }
  }

  /// All of them at once, for many questions about one state.
  public func distribution(after state: RecurrentState) -> RecurrentDistribution {
    let values = [Float](unsafeUninitializedCapacity: vocabularyCount) { buffer, count in
      logProbabilities(after: state, into: buffer)
      count = vocabularyCount
    }
    return RecurrentDistribution(model: self, logProbabilities: values)
  }

  /// Some of them, for few questions about one state.
  ///
  /// - Parameter bestCount: so many of the most probable types are found.
  public func partialDistribution(after state: RecurrentState, bestCount: Int) -> PartialDistribution {
    PartialDistribution(self, after: state, bestCount: bestCount)
  }

  /// The most probable successors, exact and in order; equally probable ones by ascending id.
  ///
  /// - Parameter ids: only tokens with ids in this range: those with a typed prefix. nil for all.
  public func topSuccessors(
    after state: RecurrentState, limit: Int, inIDs ids: Range<UInt32>? = nil
  ) -> [Successor] {
    withContext(state) {
      output.best(limit, in: ids.map { rows.rows(in: $0) } ?? 0..<rows.count, rows: rows, $0)
    }
  }

  /// Advances a state and lists the most probable successors of the new one.
  public func step(_ token: TokenID, _ state: inout RecurrentState, topSuccessors limit: Int) -> [Successor] {
    step(token, &state)
    return topSuccessors(after: state, limit: limit)
  }

  /// ln P of every type by what enters the output layer.
  ///
  /// - Parameter features: `featureCount` numbers.
  func distribution(features: [Float]) -> RecurrentDistribution {
    precondition(features.count == featureCount)
    let values = [Float](unsafeUninitializedCapacity: vocabularyCount) { buffer, count in
      features.withUnsafeBufferPointer { features in
        withContext(features: features.baseAddress!) { output.logProbabilities(into: buffer, $0) }
      }
      count = vocabularyCount
    }
    return RecurrentDistribution(model: self, logProbabilities: values)
  }

  func withContext<R>(_ state: RecurrentState, _ body: (OutputLayer.Context) -> R) -> R {
    precondition(state.values.count == stateCount, "a state of another network")
    return state.values.withUnsafeBufferPointer { values in
      withContext(features: values.baseAddress! + featureOffset, body)
    }
  }

  private func withContext<R>(
    features: UnsafePointer<Float>, _ body: (OutputLayer.Context) -> R
  ) -> R {
    pool.use { scratch in
      let vector = ActivationVector(
        features, count: architecture.hiddenSize, quanta: scratch.inputQuanta.base, precision: precision,
        kernels)
      return body(.init(features: vector, kernels: kernels, team: team, scratch: scratch))
    }
  }
}

/// The probabilities of all types after one state.
public struct RecurrentDistribution: Sendable {
  public let model: RecurrentModel
  /// Row i for `model.tokens[i]`.
  public let logProbabilities: [Float]

  /// ln P(`token`): that of `<unk>` if the network does not know it.
  public func logProbability(of token: TokenID) -> Float {
    logProbabilities[model.rows.row(of: token)]
  }

  /// ln P(`token`), nil if the network does not know it.
  public func logProbability(ofKnown token: TokenID) -> Float? {
    model.rows.knownRow(of: token).map { logProbabilities[$0] }
  }

  /// The most probable tokens with ids in a range (nil: all), in order.
  public func best(_ limit: Int, inIDs ids: Range<UInt32>? = nil) -> [Successor] {
    let range = ids.map { model.rows.rows(in: $0) } ?? 0..<logProbabilities.count
    guard limit > 0, !range.isEmpty else { return [] }
    let capacity = min(limit, range.count)
    let values = KernelMemory<Float>(capacity)
    let rows = KernelMemory<Int32>(capacity)
    var best = inkling_best(
      maximum: 0, sum: 0, count: 0, capacity: Int32(capacity), values: values.base, ids: rows.base)
    inkling_best_clear(&best)
    logProbabilities.withUnsafeBufferPointer {
      model.kernels.table.pointee.softmax_best(
        $0.baseAddress! + range.lowerBound, range.count, Int32(range.lowerBound), &best)
    }
    return (0..<Int(best.count)).compactMap {
      guard values.base[$0] > -.infinity else { return nil }
      return Successor(token: model.rows.tokens[Int(rows.base[$0])], logProbability: values.base[$0])
    }
  }
}
