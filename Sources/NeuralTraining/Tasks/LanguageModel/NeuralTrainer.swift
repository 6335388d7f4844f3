import LanguageModeling
import Neural
import Platform

/// Trains a language model on a text: plans, steps, evaluates, keeps checkpoints, and ends with the best weights it met.
///
///     let trainer = try NeuralTrainer(text, options: options, checkpointPath: path, resumes: false)
///     let network = try trainer.run(report: { event in … }, shouldStop: { false })
///     try network.write(to: "model/recurrent.safetensors")
public final class NeuralTrainer {
  public let plan: TrainingPlan
  private let session: TrainingSession<LanguageModelTask>
  private let checkpointPath: String?
  private let sharing: SharedTraining?

  /// Checks the text and chooses what the options leave open; takes a second or two with a time limit.
  ///
  /// - Parameters:
  ///   - initial: the network that this one begins as, of the options' units; nil for none. Its sizes are this one's.
  ///   - checkpointPath: where to keep what a killed run needs to go on; nil keeps nothing.
  ///   - resumes: whether to go on from the checkpoint at that path.
  ///   - sharing: of a run in several processes, which all make a trainer of the same text and options. A recurrent cell
  ///     and a length in passes are needed then.
  /// - Throws: `Failure` when the text has nothing to predict, sizes do not fit each other or `--memory`, or the
  ///   checkpoint is of another run.
  public init(
    _ text: TrainingText, options: RecurrentTrainingOptions, initial: InitialNetwork? = nil,
    checkpointPath: String? = nil, resumes: Bool = false, sharing: SharedTraining? = nil
  ) throws(Failure) {
    precondition(initial.map { $0.architecture.units == options.units } ?? true)
    let (training, heldOut, notice) = try Self.split(text)
    let vocabularyLimit =
      options.sizes.vocabularyLimit ?? initial.map { _ in InitialNetwork.vocabularyLimit }
    let checkpoint = resumes ? try Checkpoint(keptAt: checkpointPath) : nil
    let options = try Self.resolved(options, checkpoint)
    let threadCount = max(1, options.threadCount ?? WorkerTeam.processorCount)
    var planner = TrainingPlanner(
      options: options,
      vocabularyCount: min(max(vocabularyLimit ?? .max, 3), text.vocabularyCount),
      trainingTokenCount: training.count,
      heldOutTokenCount: heldOut.count, threadCount: threadCount, gigaflopsPerSecond: 100,
      initial: initial)
    if checkpoint == nil, case .seconds = options.length { try planner.measureSpeed() }
    var plan = try planner.plan()
    var fingerprint = Self.fingerprint(options, initial, training, heldOut)
    if let sharing { fingerprint += sharing.fingerprint }
    self.sharing = sharing
    if let checkpoint {
      try checkpoint.check(fingerprint: fingerprint)
      plan = try checkpoint.plan(from: plan)
    }
    try sharing?.check(
      options, tokenCount: training.count,
      Self.agreement(fingerprint, plan, options, resumes: checkpoint != nil))
    var trainingText = text
    trainingText.training = training
    var byFrequency = false
    if case .adaptive = plan.architecture.output { byFrequency = true }
    let rows = try NetworkRows(trainingText, limit: vocabularyLimit, byFrequency: byFrequency)
    guard rows.tokens.count == plan.architecture.vocabularyCount else {
      throw Failure(
        "--resume", why: "the checkpoint is of another vocabulary", remedy: "train without --resume")
    }
    self.plan = plan
    self.checkpointPath = checkpointPath
    let measured = Self.sample(heldOut, count: plan.heldOutTokenCount)
    let task = LanguageModelTask(
      plan: plan, options: options, rows: rows, training: rows.stream(training),
      heldOut: rows.stream(measured), sharing: sharing)
    if let initial { try task.parameters.take(initial.values(for: rows)) }
    var settings = TrainingSettings(plan: plan, options: options)
    if initial != nil {
      settings.evaluatesBeginning = true
      settings.patience = options.patience ?? InitialNetwork.patience
    }
    session = TrainingSession(
      task, settings: settings, fingerprint: fingerprint, sharing: sharing)
    if let notice { session.notices.append(notice) }
    if measured.count < heldOut.count {
      session.notices.append(
        "\(measured.count) of the \(heldOut.count) held-out tokens are measured, to leave the time for learning"
      )
    }
    if let checkpoint { try session.restore(checkpoint) }
  }

  /// With the precision and the streams that the run has from here on.
  private static func resolved(
    _ options: RecurrentTrainingOptions, _ checkpoint: Checkpoint?
  ) throws(Failure) -> RecurrentTrainingOptions {
    var options = options
    if options.precision == nil, let checkpoint { options.precision = try checkpoint.precision() }
    options.precision = options.precision ?? .fastest
    if options.streamCount == nil, let checkpoint { options.streamCount = try checkpoint.streamCount() }
    return options
  }

  /// What all processes of a run must have come to alike. Sizes may follow from the processors of each machine.
  private static func agreement(
    _ fingerprint: String, _ plan: TrainingPlan, _ options: RecurrentTrainingOptions, resumes: Bool
  ) -> String {
    let sizes = plan.architecture.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return "\(fingerprint) \(sizes) \(options.length) \(String(describing: options.patience)) \(resumes)"
      + " \(String(describing: options.precision))"
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
    return try session.run(checkpointPath: checkpointPath, report: report, shouldStop: shouldStop)
  }

  /// Keeps what the run has learned, for a model that could not be written.
  public func writeCheckpoint() throws(Failure) {
    guard sharing == nil else {
      throw Failure(
        checkpointPath ?? "checkpoint", why: "takes all processes, and the others have ended",
        remedy: "--resume goes on from the last one")
    }
    if let checkpointPath { try session.writeCheckpoint(checkpointPath) }
  }

  /// The text to learn from and the text to measure on, whose end is taken if none is given.
  static func split(_ text: TrainingText) throws(Failure) -> ([UInt32], [UInt32], String?) {
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
    _ options: RecurrentTrainingOptions, _ initial: InitialNetwork?, _ training: [UInt32],
    _ heldOut: [UInt32]
  ) -> String {
    var hash: UInt64 = 0
    for token in training { hash = SplitMix64.mix(hash ^ UInt64(token)) }
    hash = SplitMix64.mix(hash ^ UInt64(training.count))
    for token in heldOut { hash = SplitMix64.mix(hash ^ UInt64(token)) }
    let beginning = initial.map { " from \($0.fingerprint)" } ?? ""
    return "\(options.fingerprint) text \(hash)\(beginning)"
  }
}
