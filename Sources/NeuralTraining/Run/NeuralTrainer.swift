import LanguageModeling
import Neural
import Platform

/// Trains a network on a text: plans, steps, evaluates, keeps checkpoints, and ends with the best weights it met.
///
///     let trainer = try NeuralTrainer(text, options: options, checkpointPath: path, resumes: false)
///     let network = try trainer.run(report: { event in … }, shouldStop: { false })
///     try network.write(to: "model/recurrent.safetensors")
public final class NeuralTrainer {
  public let plan: TrainingPlan
  private let session: TrainingSession
  private let checkpointPath: String?

  /// Checks the text and chooses what the options leave open; takes a second or two with a time limit.
  ///
  /// - Parameters:
  ///   - checkpointPath: where to keep what a killed run needs to go on; nil keeps nothing.
  ///   - resumes: whether to go on from the checkpoint at that path.
  /// - Throws: `Failure` when the text has nothing to predict, sizes do not fit each other or `--memory`, or the
  ///   checkpoint is of another run.
  public init(
    _ text: TrainingText, options: RecurrentTrainingOptions, checkpointPath: String? = nil,
    resumes: Bool = false
  ) throws(Failure) {
    let (training, heldOut, notice) = try Self.split(text)
    let checkpoint = resumes ? try checkpointPath.map { path throws(Failure) in try Checkpoint(path) } : nil
    if resumes && checkpoint == nil {
      throw Failure("--resume", why: "no checkpoint is kept", remedy: "train without --resume")
    }
    let threadCount = max(1, options.threadCount ?? WorkerTeam.processorCount)
    var planner = TrainingPlanner(
      options: options,
      vocabularyCount: min(max(options.sizes.vocabularyLimit ?? .max, 3), text.vocabularyCount),
      trainingTokenCount: training.count,
      heldOutTokenCount: heldOut.count, threadCount: threadCount, gigaflopsPerSecond: 100)
    if checkpoint == nil, case .seconds = options.length { try planner.measureSpeed() }
    var plan = try planner.plan()
    let fingerprint = Self.fingerprint(options, training, heldOut)
    if let checkpoint {
      try checkpoint.check(fingerprint: fingerprint)
      plan = try checkpoint.plan(from: plan)
    }
    var trainingText = text
    trainingText.training = training
    var byFrequency = false
    if case .adaptive = plan.architecture.output { byFrequency = true }
    let rows = try NetworkRows(trainingText, limit: options.sizes.vocabularyLimit, byFrequency: byFrequency)
    guard rows.tokens.count == plan.architecture.vocabularyCount else {
      throw Failure(
        "--resume", why: "the checkpoint is of another vocabulary", remedy: "train without --resume")
    }
    self.plan = plan
    self.checkpointPath = checkpointPath
    let measured = Self.sample(heldOut, count: plan.heldOutTokenCount)
    session = try TrainingSession(
      plan: plan, options: options, rows: rows, training: rows.stream(training),
      heldOut: rows.stream(measured), fingerprint: fingerprint)
    if let notice { session.notices.append(notice) }
    if measured.count < heldOut.count {
      session.notices.append(
        "\(measured.count) of the \(heldOut.count) held-out tokens are measured, to leave the time for learning"
      )
    }
    if let checkpoint { try session.restore(checkpoint) }
  }

  /// Runs to the plan's end, or until `shouldStop` says so after a step; then a checkpoint is written as well.
  ///
  /// A checkpoint that cannot be written is reported, and the run goes on.
  ///
  /// - Throws: `Failure` when the loss explodes again and again.
  public func run(
    report: (TrainingEvent) -> Void, shouldStop: () -> Bool = { false }
  ) throws(Failure) -> TrainedNetwork {
    report(.plan(plan))
    for notice in session.notices { report(.notice(notice)) }
    var lastCheckpoint = monotonicTime()
    var wasInterrupted = false
    while !session.isFinished {
      try session.advance(report)
      wasInterrupted = shouldStop()
      let isDue = monotonicTime() - lastCheckpoint >= session.options.secondsBetweenCheckpoints
      if let checkpointPath, isDue || wasInterrupted {
        do throws(Failure) {
          try session.writeCheckpoint(checkpointPath)
          report(.checkpoint(path: checkpointPath))
        } catch { report(.checkpointFailed(error)) }
        lastCheckpoint = monotonicTime()
      }
      if wasInterrupted { break }
    }
    if !wasInterrupted { session.evaluateIfNeeded(report) }
    let result = session.result()
    report(
      .finished(
        .init(
          epochs: session.epochs, elapsedSeconds: session.elapsedSeconds, heldOutLoss: result.heldOutLoss,
          wasInterrupted: wasInterrupted)))
    return result
  }

  /// Keeps what the run has learned, for a model that could not be written.
  public func writeCheckpoint() throws(Failure) {
    if let checkpointPath { try session.writeCheckpoint(checkpointPath) }
  }

  /// The text to learn from and the text to measure on, whose end is taken if none is given.
  private static func split(_ text: TrainingText) throws(Failure) -> ([UInt32], [UInt32], String?) {
    let words = text.training.count { $0 != TokenID.sentenceEnd.rawValue }
    guard words > 0 else {
      throw Failure(
        "training text", why: "there are no words in it", remedy: "name files with text to learn from")
    }
    if let heldOut = text.heldOut, !heldOut.isEmpty { return (text.training, heldOut, nil) }
    let count = text.training.count
    guard count >= 200 else {
      return (
        text.training, [],
        "\(count) tokens are too few to hold some out: the run cannot tell when it has learnt enough"
      )
    }
    let held = min(count / 20, 100_000)
    return (
      Array(text.training.dropLast(held)), Array(text.training.suffix(held)),
      "no held-out text was given: the last \(held) tokens are held out"
    )
  }

  /// About `count` of the tokens, in pieces from all over the text.
  static func sample(_ tokens: [UInt32], count: Int) -> [UInt32] {
    guard count < tokens.count else { return tokens }
    let pieceCount = max(1, count / 1024)
    let length = count / pieceCount
    return (0..<pieceCount).flatMap { piece in
      let start = tokens.count / pieceCount * piece
      return tokens[start..<min(start + length, tokens.count)]
    }
  }

  private static func fingerprint(
    _ options: RecurrentTrainingOptions, _ training: [UInt32], _ heldOut: [UInt32]
  ) -> String {
    var hash: UInt64 = 0
    for token in training { hash = SplitMix64.mix(hash ^ UInt64(token)) }
    hash = SplitMix64.mix(hash ^ UInt64(training.count))
    for token in heldOut { hash = SplitMix64.mix(hash ^ UInt64(token)) }
    return "\(options.fingerprint) text \(hash)"
  }
}

/// Seconds on a clock that never goes back.
func monotonicTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Weights, and what they are for.
public struct TrainedNetwork: Sendable {
  public let architecture: RecurrentArchitecture
  /// Nats a token; nil without held-out text.
  public let heldOutLoss: Double?
  let entries: [ParameterStore<Float>.Entry]
  let values: [Float]
  /// Nil where a row is its own id and no row stands for `<s>`.
  let rows: NetworkRows?
  /// Goes into the file's metadata beside the architecture.
  let description: [String: String]

  /// Writes `recurrent.safetensors`: docs/weights.md.
  public func write(to path: String) throws(Failure) {
    var metadata = architecture.metadata
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
      writer.add(entry.name, shape: entry.shape, tensor)
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
    guard let rows else { return 0 }
    let store = ParameterStore<Float>(architecture.declarations(forgetBias: 0))
    store.values.array = values
    let team = WorkerTeam(count: threadCount ?? WorkerTeam.processorCount)
    return Evaluator(architecture, store: store, team: team, stream: rows.stream(tokens)).meanLoss()
  }
}
