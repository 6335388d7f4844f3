import Neural
import Platform

/// A language model's weights, and what they are for.
public struct TrainedNetwork: Sendable {
  public let architecture: RecurrentArchitecture
  public let direction: ReadingDirection
  /// Nats a token; nil without held-out text.
  public let heldOutLoss: Double?
  /// Those of what reads backwards have `RecurrentArchitecture.backwardPrefix` before their names.
  let entries: [ParameterStore<Float>.Entry]
  let values: [Float]
  /// Nil where a row is its own id and no row stands for `<s>`.
  let rows: NetworkRows?
  /// Goes into the file's metadata beside the architecture.
  let description: [String: String]

  /// Writes `recurrent.safetensors`: docs/weights.md.
  ///
  /// - Parameter isCompact: whether matrices are rounded to bfloat16, in half the space.
  public func write(to path: String, isCompact: Bool = false) throws(Failure) {
    let entries = entries.filter { !$0.name.hasPrefix(RecurrentArchitecture.backwardPrefix) }
    try write(entries, [:], isCompact: isCompact, to: path)
  }

  /// Writes `backward.safetensors`, what reads backwards in a model of both directions: docs/weights.md.
  ///
  /// - Parameter isCompact: as above.
  public func writeBackward(to path: String, isCompact: Bool = false) throws(Failure) {
    precondition(direction == .both)
    let prefix = RecurrentArchitecture.backwardPrefix
    let entries = entries.filter { $0.name.hasPrefix(prefix) }.map {
      var entry = $0
      entry.name.removeFirst(prefix.count)
      return entry
    }
    try write(entries, RecurrentDirection.backward.metadata, isCompact: isCompact, to: path)
  }

  private func write(
    _ entries: [ParameterStore<Float>.Entry], _ more: [String: String], isCompact: Bool, to path: String
  ) throws(Failure) {
    var metadata = architecture.metadata
    metadata.merge(more) { first, _ in first }
    metadata.merge(description) { first, _ in first }
    var writer = SafetensorsWriter(metadata: metadata)
    for entry in entries {
      var tensor = Array(values[entry.offset..<entry.offset + entry.count])
      if let rows, entry.name == "embedding.weight" {
        // Texts are trained as one stream that `</s>` divides; whoever begins a text with `<s>` means the same.
        let size = architecture.embeddingSize
        let (start, end) = (Int(rows.rows[1]), Int(rows.rows[2]))
        if start != end && start != Int(rows.unknown) {
          for index in 0..<size { tensor[start * size + index] = tensor[end * size + index] }
        }
      }
      if let rows, architecture.isTied, entry.name == "output.bias", Int(rows.rows[1]) != Int(rows.unknown) {
        // With tied weights `<s>` would now be as probable as `</s>`; it is never predicted.
        tensor[Int(rows.rows[1])] = -100
      }
      if isCompact && entry.shape.count > 1 {
        writer.add(roundingToBfloat16: entry.name, shape: entry.shape, tensor)
      } else {
        writer.add(entry.name, shape: entry.shape, tensor)
      }
    }
    if let rows, !rows.isIdentity {
      writer.add(NetworkVocabulary.tensorName, shape: [rows.tokens.count], rows.tokens.map { Int32($0) })
    }
    try writer.write(to: path)
  }
}

extension TrainedNetwork {
  /// The exact loss of another text in nats a token, in single precision; 0 for an empty one.
  ///
  /// - Parameter tokens: ids of the model's vocabulary, each sequence ended by `</s>`.
  public func loss(of tokens: [UInt32], threadCount: Int? = nil) -> Double {
    evaluator(of: tokens, threadCount)?.meanLoss() ?? 0
  }

  /// The same, and the loss of each token given all others in nats; nil where nothing reads backwards.
  package func losses(of tokens: [UInt32], threadCount: Int? = nil) -> (forward: Double, both: Double?) {
    evaluator(of: tokens, threadCount)?.meanLosses() ?? (0, nil)
  }

  private func evaluator(of tokens: [UInt32], _ threadCount: Int?) -> Evaluator? {
    guard let rows else { return nil }
    let store = ParameterStore<Float>(architecture.declarations(forgetBias: 0, direction: direction))
    store.values.array = values
    let team = WorkerTeam(count: threadCount ?? WorkerTeam.processorCount)
    return Evaluator(
      architecture, store: store, direction: direction, team: team, stream: rows.stream(tokens))
  }
}
