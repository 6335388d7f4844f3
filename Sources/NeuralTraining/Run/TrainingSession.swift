import JSON
import Neural
import Platform

/// A run in progress: everything that moves from step to step.
final class TrainingSession {
  /// What a checkpoint keeps besides weights and states.
  struct Position: Hashable {
    var step = 0
    var epoch = 0
    /// The next segment of the epoch.
    var segment = 0
    var plannedSteps = 0
    /// What the schedule's rate is multiplied by: less after plateaus and recoveries.
    var rateFactor = 1.0
    var bestLoss = Double.infinity
    var evaluationsWithoutGain = 0
    var lossSum = 0.0
    var lossCount = 0
    var smoothedLoss = 0.0
    var lowestSmoothedLoss = Double.infinity
    var recoveryCount = 0
    var elapsedSeconds = 0.0
    var isStopped = false
    var lastEvaluatedStep = -1
    var hasBest = false
  }

  let plan: TrainingPlan
  let options: RecurrentTrainingOptions
  let network: Network<Float>
  let optimizer: Optimizer<Float>
  var position = Position()
  /// Said before the first step.
  var notices: [String] = []
  /// The weights of the best evaluation.
  let best: Buffer<Float>
  let fingerprint: String
  private let rows: NetworkRows
  let source: SegmentSource
  private let evaluator: Evaluator?
  private let lastGood: Buffer<Float>
  private let evaluationInterval: Int
  /// Whether evaluations are at the ends of passes; else every `evaluationInterval` steps.
  private let evaluatesEpochs: Bool
  private var lastPerplexity: Double?
  private var lastClock: Double
  /// Of this process, since the last evaluation.
  private var trainingSeconds = 0.0
  private var trainingTokens = 0
  private var lastEvaluationSeconds = 0.0
  private var recentSteps = 0
  private var recentSeconds = 0.0
  private var evaluationSeconds = 0.0

  private static let maximumRecoveries = 8
  private static let stepsBetweenGoodWeights = 200
  /// Nats: an evaluation that gains less, which is one percent of perplexity, is on a plateau.
  private static let plateauGain = 0.01

  init(
    plan: TrainingPlan, options: RecurrentTrainingOptions, rows: NetworkRows, training: [Int32],
    heldOut: [Int32],
    fingerprint: String
  ) throws(Failure) {
    self.plan = plan
    self.options = options
    self.rows = rows
    self.fingerprint = fingerprint
    source = SegmentSource(training, rows: rows, options: options)
    let team = WorkerTeam(count: plan.threadCount)
    network = Network(
      plan.architecture, streamCount: source.streamCount, stepCount: source.stepCount, team: team,
      regularization: plan.regularization, sampled: options.sampled, counts: rows.counts,
      forgetBias: options.forgetBias)
    network.parameters.initialize(seed: options.seed)
    optimizer = Optimizer(options.method, store: network.parameters, team: team)
    evaluator =
      heldOut.count > 1
      ? Evaluator(plan.architecture, store: network.parameters, team: team, stream: heldOut) : nil
    best = Buffer(network.parameters.count)
    lastGood = Buffer(network.parameters.count)
    let perEpoch = source.segmentsPerEpoch
    switch options.length {
    case .epochs(let count): position.plannedSteps = max(count, 0) * perEpoch
    case .seconds: position.plannedSteps = max(1, Int(min(plan.expectedEpochs * Double(perEpoch), 1e12)))
    }
    // Long texts are measured eight times a run, others after every pass, short ones not all the time.
    evaluationInterval = max(
      50, perEpoch < 50 ? position.plannedSteps / 20 : min(perEpoch, position.plannedSteps / 8))
    // Whoever names passes, or a rate that falls at plateaus, means measurements after passes.
    if case .plateau = plan.schedule {
      evaluatesEpochs = true
    } else if case .epochs = options.length {
      evaluatesEpochs = perEpoch >= 50
    } else {
      evaluatesEpochs = perEpoch >= 50 && position.plannedSteps >= 4 * perEpoch
    }
    lastClock = monotonicTime()
    keepAsGood()
  }

  /// Remembers the weights of now as those to go back to.
  func keepAsGood() {
    lastGood.pointer.update(from: network.parameters.values.pointer, count: lastGood.count)
  }

  var isFinished: Bool { position.isStopped || position.step >= position.plannedSteps }
  var elapsedSeconds: Double { position.elapsedSeconds }
  var epochs: Double {
    Double(position.epoch) + Double(position.segment) / Double(source.segmentsPerEpoch)
  }

  // MARK: - Steps

  /// One segment: its gradients, the update, and what is due after it.
  func advance(_ report: (TrainingEvent) -> Void) throws(Failure) {
    let start = monotonicTime()
    if position.segment == 0 { network.resetState() }
    let (tokens, targets) = source.segment(position.segment, epoch: position.epoch)
    let key = SplitMix64.mix(options.seed &* 1_000_003 &+ UInt64(position.step))
    let loss = network.lossAndGradients(tokens, targets: targets, key: key)
    let rate = self.rate
    let norm =
      loss.isFinite
      ? optimizer.update(rate: rate, clipping: options.clipping, weightDecay: options.weightDecay) : .nan
    position.step += 1
    position.segment += 1
    if loss.isFinite && norm.isFinite {
      position.lossSum += loss * Double(tokens.count)
      position.lossCount += tokens.count
      smooth(loss)
    }
    if !loss.isFinite || !norm.isFinite || hasExploded {
      try recover(loss, report)
    } else if position.step % Self.stepsBetweenGoodWeights == 0 {
      keepAsGood()
    }
    let isEpochEnd = position.segment >= source.segmentsPerEpoch
    if isEpochEnd {
      position.segment = 0
      position.epoch += 1
    }
    measure(since: start, tokenCount: tokens.count)
    reportProgress(rate: rate, tokenCount: tokens.count, report)
    let isDue = evaluatesEpochs ? isEpochEnd : position.step % evaluationInterval == 0
    if isDue && isTimeToEvaluate { evaluate(report) }
    replan()
  }

  /// The rate of the next step.
  private var rate: Double {
    let progress = Double(position.step) / Double(max(position.plannedSteps, 1))
    let share: Double
    switch plan.schedule {
    case .constant, .plateau: share = 1
    case .linear(let floor): share = floor + (1 - floor) * max(0, 1 - progress)
    case .cosine(let warmup, let floor):
      if progress < warmup {
        share = max(0.05, progress / warmup)
      } else {
        let rest = (progress - warmup) / max(1 - warmup, 1e-9)
        share = floor + (1 - floor) * 0.5 * (1 + cosine(min(rest, 1) * .pi))
      }
    }
    return plan.rate * share * position.rateFactor
  }

  private func smooth(_ loss: Double) {
    let weight = position.smoothedLoss == 0 ? 1 : 0.02
    position.smoothedLoss += (loss - position.smoothedLoss) * weight
    position.lowestSmoothedLoss = min(position.lowestSmoothedLoss, position.smoothedLoss)
  }

  /// Whether the loss has risen by more than any text explains.
  private var hasExploded: Bool {
    position.smoothedLoss > position.lowestSmoothedLoss + 2.5
      || position.smoothedLoss > 3 * naturalLogarithm(Double(plan.architecture.vocabularyCount)) + 10
  }

  /// Back to the last good weights with half the rate.
  private func recover(_ loss: Double, _ report: (TrainingEvent) -> Void) throws(Failure) {
    position.recoveryCount += 1
    guard position.recoveryCount <= Self.maximumRecoveries else {
      throw Failure(
        "training", why: "the loss exploded \(position.recoveryCount) times, at ever lower rates",
        remedy: "choose a lower --rate or --clip-norm")
    }
    position.rateFactor *= 0.5
    position.smoothedLoss = 0
    position.lowestSmoothedLoss = .infinity
    network.parameters.values.pointer.update(from: lastGood.pointer, count: lastGood.count)
    optimizer.reset()
    network.resetState()
    let what = loss.isFinite ? "the loss rose to \(loss)" : "the loss was no longer a number"
    report(
      .notice(
        "\(what) at step \(position.step): back to the last good weights, with half the learning rate"))
  }

  // MARK: - Time

  /// A run of a given time is not measured more than twenty times: passes over short texts take no time.
  private var isTimeToEvaluate: Bool {
    guard case .seconds(let limit) = options.length else { return true }
    return position.elapsedSeconds - lastEvaluationSeconds >= limit / 20
  }

  private func measure(since start: Double, tokenCount: Int) {
    let now = monotonicTime()
    position.elapsedSeconds += now - lastClock
    lastClock = now
    trainingSeconds += now - start
    trainingTokens += tokenCount
    recentSteps += 1
    recentSeconds += now - start
    // Older steps count less: the machine may have become busier.
    if recentSteps >= 400 {
      recentSteps /= 2
      recentSeconds /= 2
    }
  }

  /// With a time limit: as many steps as the speed allows.
  private func replan() {
    guard case .seconds(let limit) = options.length, recentSteps >= 10 else { return }
    guard position.step % 20 == 0 || position.elapsedSeconds >= limit else { return }
    let perStep = recentSeconds / Double(recentSteps)
    let interval = evaluatesEpochs ? source.segmentsPerEpoch : evaluationInterval
    let perStepWithEvaluation = perStep + evaluationSeconds / Double(interval)
    let left = limit - position.elapsedSeconds - evaluationSeconds * 1.2
    let planned = position.step + max(0, Int(min(left / perStepWithEvaluation, 1e12)))
    let change = abs(planned - position.plannedSteps)
    if change * 100 > position.plannedSteps - position.step || left <= 0 { position.plannedSteps = planned }
  }

  private func reportProgress(rate: Double, tokenCount: Int, _ report: (TrainingEvent) -> Void) {
    let perStep = recentSeconds / Double(max(recentSteps, 1))
    report(
      .progress(
        .init(
          step: position.step, plannedSteps: position.plannedSteps, epoch: epochs,
          loss: position.smoothedLoss,
          rate: rate, tokensPerSecond: Double(source.streamCount * source.stepCount) / max(perStep, 1e-9),
          elapsedSeconds: position.elapsedSeconds,
          secondsLeft: perStep * Double(max(0, position.plannedSteps - position.step)),
          heldOutPerplexity: lastPerplexity)))
  }

  // MARK: - Evaluation

  func evaluateIfNeeded(_ report: (TrainingEvent) -> Void) {
    if position.lastEvaluatedStep != position.step { evaluate(report) }
  }

  private func evaluate(_ report: (TrainingEvent) -> Void) {
    let start = monotonicTime()
    let loss = evaluator.map { evaluator in optimizer.withEvaluationWeights { evaluator.meanLoss() } }
    let isBest = loss.map { $0 < position.bestLoss } ?? true
    if case .plateau(let factor) = plan.schedule, let loss, loss > position.bestLoss - Self.plateauGain {
      position.rateFactor *= factor
    }
    if isBest {
      optimizer.withEvaluationWeights {
        best.pointer.update(from: network.parameters.values.pointer, count: best.count)
      }
      position.hasBest = true
      position.bestLoss = loss ?? .infinity
      position.evaluationsWithoutGain = 0
    } else {
      position.evaluationsWithoutGain += 1
      optimizer.beginAveraging()
      if let patience = options.patience, position.evaluationsWithoutGain >= patience {
        position.isStopped = true
        report(.notice("no gain in \(patience) evaluations: stopped early"))
      }
    }
    evaluationSeconds = monotonicTime() - start
    position.elapsedSeconds += monotonicTime() - lastClock
    lastClock = monotonicTime()
    lastEvaluationSeconds = position.elapsedSeconds
    lastPerplexity = loss.map { exponential($0) }
    position.lastEvaluatedStep = position.step
    let tokens = position.lossCount
    report(
      .evaluation(
        .init(
          step: position.step, epoch: epochs, trainingLoss: position.lossSum / Double(max(tokens, 1)),
          heldOutLoss: loss, isBest: isBest, rate: rate, elapsedSeconds: position.elapsedSeconds,
          tokensPerSecond: Double(trainingTokens) / max(trainingSeconds, 1e-9))))
    position.lossSum = 0
    position.lossCount = 0
    trainingSeconds = 0
    trainingTokens = 0
  }

  /// The best weights so far; those of now if none were measured.
  func result() -> TrainedNetwork {
    let values =
      position.hasBest
      ? best.array : optimizer.withEvaluationWeights { network.parameters.values.array }
    let loss = evaluator != nil && position.bestLoss.isFinite ? position.bestLoss : nil
    return TrainedNetwork(
      architecture: plan.architecture, heldOutLoss: loss, entries: network.parameters.entries, values: values,
      rows: rows,
      description: [
        "training.tokens": "\(plan.trainingTokenCount)", "training.epochs": "\(epochs)",
        "training.held-out-perplexity": loss.map { "\(exponential($0))" } ?? "",
      ])
  }
}
