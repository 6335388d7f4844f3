import Neural
import Platform

/// A run in progress: everything that moves from step to step, for any task.
final class TrainingSession<Task: TrainingTask> {
  let task: Task
  let settings: TrainingSettings
  let optimizer: Optimizer<Float>
  /// Those that learn together; nil for one.
  let group: (any ProcessGroup)?
  /// Nil where every step is one of all processes.
  let outer: OuterOptimizer?
  var position = TrainingPosition()
  /// Said before the first step.
  var notices: [String] = []
  /// The weights of the best evaluation.
  let best: Buffer<Float>
  /// What two runs must have in common for one to go on where the other stopped.
  let fingerprint: String
  private let lastGood: Buffer<Float>
  private let evaluationInterval: Int
  /// Whether evaluations are at the ends of passes; else every `evaluationInterval` steps.
  private let evaluatesEpochs: Bool
  private var lastPerplexity: Double?
  private var lastClock: Double
  /// Of this process, since the last evaluation.
  private var trainingSeconds = 0.0
  private var trainingItems = 0
  private var lastEvaluationSeconds = 0.0
  private var recentSteps = 0
  private var recentSeconds = 0.0
  private var evaluationSeconds = 0.0
  /// Of a run with outer steps: whether this one went back since the last outer step.
  var hasGoneBack = false

  private static var maximumRecoveries: Int { 8 }
  private static var stepsBetweenGoodWeights: Int { 200 }

  /// - Parameters:
  ///   - task: its parameters hold the values that the run begins with.
  ///   - sharing: of a run in several processes.
  init(_ task: Task, settings: TrainingSettings, fingerprint: String, sharing: SharedTraining? = nil) {
    self.task = task
    self.settings = settings
    self.fingerprint = fingerprint
    optimizer = Optimizer(
      settings.method, store: task.parameters, team: task.team, averagingDecay: settings.averagingDecay)
    group = sharing?.group
    outer = sharing?.averaging.map { [optimizer] in
      OuterOptimizer($0, inner: optimizer, store: task.parameters)
    }
    best = Buffer(task.parameters.count)
    lastGood = Buffer(task.parameters.count)
    let perEpoch = task.batchesPerEpoch
    switch settings.length {
    case .epochs(let count): position.plannedSteps = max(count, 0) * perEpoch
    case .seconds:
      position.plannedSteps = max(1, Int(min(settings.expectedEpochs * Double(perEpoch), 1e12)))
    }
    // Long texts are measured eight times a run, others after every pass, short ones not all the time.
    evaluationInterval = max(
      50, perEpoch < 50 ? position.plannedSteps / 20 : min(perEpoch, position.plannedSteps / 8))
    // Whoever names passes, or a rate that falls at plateaus, means measurements after passes.
    if case .plateau = settings.schedule {
      evaluatesEpochs = true
    } else if case .epochs = settings.length {
      evaluatesEpochs = perEpoch >= 50
    } else {
      evaluatesEpochs = perEpoch >= 50 && position.plannedSteps >= 4 * perEpoch
    }
    lastClock = monotonicTime()
    keepAsGood()
  }

  /// Remembers the weights of now as those to go back to.
  func keepAsGood() { keepAsGood(task.parameters.values.pointer, count: lastGood.count) }

  /// - Parameter count: of the first weights.
  func keepAsGood(_ values: UnsafePointer<Float>, count: Int) {
    lastGood.pointer.update(from: values, count: count)
  }

  var isFinished: Bool { position.isStopped || position.step >= position.plannedSteps }
  var epochs: Double { Double(position.epoch) + Double(position.batch) / Double(task.batchesPerEpoch) }

  // MARK: - The run

  /// Runs to the plan's end, or until `shouldStop` says so after a step; then a checkpoint is written as well.
  ///
  /// - Parameter checkpointPath: where to keep what a killed run needs to go on; nil keeps nothing. A checkpoint that
  ///   cannot be written is reported, and the run goes on.
  /// - Throws: `Failure` when the loss explodes again and again.
  func run(
    checkpointPath: String?, report: (TrainingEvent) -> Void, shouldStop: () -> Bool
  ) throws(Failure) -> Task.Product {
    for notice in notices { report(.notice(notice)) }
    if settings.evaluatesBeginning && position.step == 0 { evaluateBeginning(report) }
    var lastCheckpoint = monotonicTime()
    var wasInterrupted = false
    while !isFinished {
      try advance(report)
      guard isSynchronized else { continue }
      let isTime = monotonicTime() - lastCheckpoint >= settings.secondsBetweenCheckpoints
      let agreed = agree([shouldStop(), isTime])
      wasInterrupted = agreed[0]
      if let checkpointPath, agreed[1] || wasInterrupted {
        do throws(Failure) {
          try writeCheckpoint(checkpointPath)
          report(.checkpoint(path: checkpointPath))
        } catch { report(.checkpointFailed(error)) }
        lastCheckpoint = monotonicTime()
      }
      if wasInterrupted { break }
    }
    // A run that is stopped gives the best that was measured: more than what it began with.
    let isUnmeasured = position.step > 0 && position.lastEvaluatedStep == 0 && position.hasBest
    if wasInterrupted ? isUnmeasured : position.lastEvaluatedStep != position.step { evaluate(report) }
    let isLoss = task.metric == .crossEntropy
    report(
      .finished(
        .init(
          epochs: epochs, elapsedSeconds: position.elapsedSeconds, heldOutLoss: isLoss ? measured : nil,
          score: isLoss ? nil : measured.map { .init(metric: task.metric, value: $0) },
          wasInterrupted: wasInterrupted)))
    return product()
  }

  /// The metric's value with the best weights; nil where nothing was measured.
  private var measured: Double? {
    position.bestCost.isFinite ? task.metric.value(position.bestCost) : nil
  }

  /// The best weights so far, those of now if none were measured, as what the task makes of them.
  private func product() -> Task.Product {
    let values =
      position.hasBest
      ? best.array : optimizer.withEvaluationWeights { task.parameters.values.array }
    return task.product(values: values, measured: measured, epochs: epochs)
  }

  // MARK: - Steps

  /// One batch: its gradients, the update, and what is due after it.
  func advance(_ report: (TrainingEvent) -> Void) throws(Failure) {
    let start = monotonicTime()
    if position.batch == 0 { task.forgetState() }
    let key = SplitMix64.mix(settings.seed &* 1_000_003 &+ UInt64(position.step))
    let (loss, itemCount) = task.lossAndGradients(batch: position.batch, epoch: position.epoch, key: key)
    let rate = self.rate
    let norm =
      loss.isFinite
      ? optimizer.update(rate: rate, clipping: settings.clipping, weightDecay: settings.weightDecay) : .nan
    position.step += 1
    position.batch += 1
    if loss.isFinite && norm.isFinite {
      position.lossSum += loss * Double(itemCount)
      position.lossCount += itemCount
      position.smooth(loss)
    }
    if !loss.isFinite || !norm.isFinite || hasExploded {
      try recover(loss, report)
    } else if outer == nil && position.step % Self.stepsBetweenGoodWeights == 0 {
      keepAsGood()
    }
    let isEpochEnd = position.batch >= task.batchesPerEpoch
    if isEpochEnd {
      position.batch = 0
      position.epoch += 1
    }
    measureTime(since: start, itemCount: itemCount)
    reportProgress(rate: rate, report)
    let isMeasured =
      (evaluatesEpochs ? isEpochEnd : position.step % evaluationInterval == 0) && isTimeToEvaluate
    synchronize(isNeeded: isMeasured)
    if isMeasured { evaluate(report) }
    replan()
  }

  /// The rate of the next step.
  private var rate: Double {
    let progress = Double(position.step) / Double(max(position.plannedSteps, 1))
    return settings.rate * settings.schedule.share(progress) * position.rateFactor
  }

  /// Whether the loss has risen by more than any text explains.
  private var hasExploded: Bool {
    position.smoothedLoss > position.lowestSmoothedLoss + 2.5
      || position.smoothedLoss > task.plausibleLoss
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
    goBack()
    let what = loss.isFinite ? "the loss rose to \(loss)" : "the loss was no longer a number"
    report(
      .notice(
        "\(what) at step \(position.step): back to the last good weights, with half the learning rate"))
  }

  /// To the last good weights, and to nothing learned of how the loss behaves.
  func goBack() {
    hasGoneBack = true
    position.smoothedLoss = 0
    position.lowestSmoothedLoss = .infinity
    task.parameters.values.pointer.update(from: lastGood.pointer, count: lastGood.count)
    optimizer.reset()
    task.forgetState()
  }

  // MARK: - Time

  /// A run of a given time is not measured more than twenty times: passes over short texts take no time.
  private var isTimeToEvaluate: Bool {
    guard case .seconds(let limit) = settings.length else { return true }
    return position.elapsedSeconds - lastEvaluationSeconds >= limit / 20
  }

  private func measureTime(since start: Double, itemCount: Int) {
    let now = monotonicTime()
    position.elapsedSeconds += now - lastClock
    lastClock = now
    trainingSeconds += now - start
    trainingItems += itemCount
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
    guard case .seconds(let limit) = settings.length, recentSteps >= 10 else { return }
    guard position.step % 20 == 0 || position.elapsedSeconds >= limit else { return }
    let perStep = recentSeconds / Double(recentSteps)
    let interval = evaluatesEpochs ? task.batchesPerEpoch : evaluationInterval
    let perStepWithEvaluation = perStep + evaluationSeconds / Double(interval)
    let left = limit - position.elapsedSeconds - evaluationSeconds * 1.2
    let planned = position.step + max(0, Int(min(left / perStepWithEvaluation, 1e12)))
    let change = abs(planned - position.plannedSteps)
    if change * 100 > position.plannedSteps - position.step || left <= 0 { position.plannedSteps = planned }
  }

  private func reportProgress(rate: Double, _ report: (TrainingEvent) -> Void) {
    let perStep = recentSeconds / Double(max(recentSteps, 1))
    report(
      .progress(
        .init(
          step: position.step, plannedSteps: position.plannedSteps, epoch: epochs,
          loss: position.smoothedLoss,
          rate: rate, tokensPerSecond: Double(concurrentBatchCount * task.itemsPerBatch) / max(perStep, 1e-9),
          elapsedSeconds: position.elapsedSeconds,
          secondsLeft: perStep * Double(max(0, position.plannedSteps - position.step)),
          heldOutPerplexity: lastPerplexity)))
  }

  // MARK: - Evaluation

  private func evaluate(_ report: (TrainingEvent) -> Void) {
    let start = monotonicTime()
    let measurement = measure()
    let cost = measurement.map { task.metric.cost($0.value) }
    let isBest = cost.map { $0 < position.bestCost } ?? true
    if case .plateau(let factor) = settings.schedule, let cost,
      cost > position.bestCost - task.metric.plateauGain
    {
      position.rateFactor *= factor
    }
    if isBest {
      optimizer.withEvaluationWeights {
        best.pointer.update(from: task.parameters.values.pointer, count: best.count)
      }
      position.hasBest = true
      position.bestCost = cost ?? .infinity
      position.evaluationsWithoutGain = 0
    } else {
      position.evaluationsWithoutGain += 1
      optimizer.beginAveraging()
      if let patience = settings.patience, position.evaluationsWithoutGain >= patience {
        position.isStopped = true
        report(.notice("no gain in \(patience) evaluations: stopped early"))
      }
    }
    evaluationSeconds = monotonicTime() - start
    position.elapsedSeconds += monotonicTime() - lastClock
    lastClock = monotonicTime()
    lastEvaluationSeconds = position.elapsedSeconds
    position.lastEvaluatedStep = position.step
    reportEvaluation(measurement, isBest: isBest, report)
    position.lossSum = 0
    position.lossCount = 0
    trainingSeconds = 0
    trainingItems = 0
  }

  /// Measures what the run begins with. It is no event of its own: nothing has been trained.
  private func evaluateBeginning(_ report: (TrainingEvent) -> Void) {
    evaluate { event in
      if case .evaluation(let evaluation) = event, let perplexity = evaluation.heldOutPerplexity {
        report(.notice("as it begins, its held-out perplexity is \((perplexity * 10).rounded() / 10)"))
      }
    }
  }

  private func reportEvaluation(
    _ measurement: HeldOutMeasurement?, isBest: Bool, _ report: (TrainingEvent) -> Void
  ) {
    let isLoss = task.metric == .crossEntropy
    lastPerplexity = isLoss ? measurement.map { exponential($0.loss) } : nil
    report(
      .evaluation(
        .init(
          step: position.step, epoch: epochs,
          trainingLoss: position.lossSum / Double(max(position.lossCount, 1)),
          heldOutLoss: measurement?.loss,
          heldOutLossInBothDirections: measurement?.lossInBothDirections,
          score: isLoss ? nil : measurement.map { .init(metric: task.metric, value: $0.value) },
          isBest: isBest, rate: rate, elapsedSeconds: position.elapsedSeconds,
          tokensPerSecond: Double(concurrentBatchCount * trainingItems) / max(trainingSeconds, 1e-9))))
  }
}
