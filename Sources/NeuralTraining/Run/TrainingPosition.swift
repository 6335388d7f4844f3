import JSON
import Platform

/// Where a run is: what a checkpoint keeps besides weights and states.
package struct TrainingPosition: Hashable {
  var step = 0
  var epoch = 0
  /// The next batch of the epoch.
  var batch = 0
  var plannedSteps = 0
  /// What the schedule's rate is multiplied by: less after plateaus and recoveries.
  var rateFactor = 1.0
  /// Of the metric, as something to make small.
  var bestCost = Double.infinity
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

  mutating func smooth(_ loss: Double) {
    let weight = smoothedLoss == 0 ? 1 : 0.02
    smoothedLoss += (loss - smoothedLoss) * weight
    lowestSmoothedLoss = min(lowestSmoothedLoss, smoothedLoss)
  }

  /// Under the names that checkpoints have had since their first format. What has not been measured yet is not there.
  var members: JSONObject {
    var object: JSONObject = [
      "step": JSON(step), "epoch": JSON(epoch), "segment": JSON(batch), "plannedSteps": JSON(plannedSteps),
      "rateFactor": JSON(rateFactor), "evaluationsWithoutGain": JSON(evaluationsWithoutGain),
      "lossSum": JSON(lossSum), "lossCount": JSON(lossCount), "smoothedLoss": JSON(smoothedLoss),
      "recoveryCount": JSON(recoveryCount), "elapsedSeconds": JSON(elapsedSeconds),
      "lastEvaluatedStep": JSON(lastEvaluatedStep), "hasBest": JSON(hasBest ? 1 : 0),
    ]
    if bestCost.isFinite { object["bestLoss"] = JSON(bestCost) }
    if lowestSmoothedLoss.isFinite { object["lowestSmoothedLoss"] = JSON(lowestSmoothedLoss) }
    return object
  }

  /// - Parameter batchesPerEpoch: of the run that goes on.
  package init(_ checkpoint: Checkpoint, batchesPerEpoch: Int) throws(Failure) {
    typealias Limit = Checkpoint.Limit
    step = try checkpoint.integer("step", in: Limit.steps)
    epoch = try checkpoint.integer("epoch", in: Limit.epochs)
    batch = try checkpoint.integer("segment", in: 0...max(0, batchesPerEpoch - 1))
    plannedSteps = try checkpoint.integer("plannedSteps", in: Limit.steps)
    rateFactor = try checkpoint.number("rateFactor", in: 0...1)
    bestCost = try checkpoint.measuredNumber("bestLoss")
    evaluationsWithoutGain = try checkpoint.integer("evaluationsWithoutGain", in: Limit.steps)
    lossSum = try checkpoint.number("lossSum")
    lossCount = try checkpoint.integer("lossCount", in: Limit.tokens)
    smoothedLoss = try checkpoint.number("smoothedLoss")
    lowestSmoothedLoss = try checkpoint.measuredNumber("lowestSmoothedLoss")
    recoveryCount = try checkpoint.integer("recoveryCount", in: Limit.epochs)
    elapsedSeconds = try checkpoint.number("elapsedSeconds", in: Limit.seconds)
    lastEvaluatedStep = try checkpoint.integer("lastEvaluatedStep", in: -1...Limit.steps.upperBound)
    hasBest = try checkpoint.integer("hasBest", in: 0...1) != 0
  }

  init() {}
}
