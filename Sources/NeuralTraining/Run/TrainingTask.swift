import JSON
import Neural
import Platform

/// What is learned: what a batch, a loss, a metric and a file are. Everything else of a run (`TrainingSession`) is the same
/// for all tasks: schedules, clipping, recoveries, evaluations, early stopping, checkpoints, reports.
///
/// What a task does is to follow from its options, the seed, the batch and the epoch alone, so that a run that was stopped
/// and goes on ends with the same weights as one that was not.
protocol TrainingTask: AnyObject {
  /// What a run ends with: weights and what is needed to use them.
  associatedtype Product

  /// Values that the optimiser moves, and the gradients that it moves them by.
  var parameters: ParameterStore<Float> { get }
  var team: WorkerTeam { get }
  var metric: Metric { get }
  /// Nats an item: a mean loss above this is no beginning but an explosion.
  var plausibleLoss: Double { get }

  // MARK: Batches

  var batchesPerEpoch: Int { get }
  /// Items (tokens, examples) of a whole batch.
  var itemsPerBatch: Int { get }
  /// Forgets what is carried from batch to batch: before the first of an epoch, and after a recovery.
  func forgetState()
  /// The mean loss of a batch, with its gradients in `parameters.gradients`.
  ///
  /// - Parameter key: what is dropped and sampled follows from it.
  func lossAndGradients(batch: Int, epoch: Int, key: UInt64) -> (meanLoss: Double, itemCount: Int)

  // MARK: The metric

  /// Measures the values of now on what is held out; nil where nothing is.
  func evaluate() -> HeldOutMeasurement?

  // MARK: Files

  /// What a checkpoint's metadata says of the network.
  var checkpointMetadata: [String: String] { get }
  /// What the task chose at the run's start, numbers and words, beside what the session notes.
  var checkpointMembers: JSONObject { get }
  /// Adds what is carried from batch to batch to a checkpoint.
  func writeState(to writer: inout SafetensorsWriter)
  func restoreState(from checkpoint: Checkpoint) throws(Failure)
  /// What the run ends with.
  ///
  /// - Parameters:
  ///   - values: the best of the run, laid out as `parameters.values`.
  ///   - measured: the metric's value with them; nil where nothing was measured.
  ///   - epochs: passes so far.
  func product(values: [Float], measured: Double?, epochs: Double) -> Product
}

extension TrainingTask {
  func forgetState() {}
  var checkpointMembers: JSONObject { JSONObject() }
  func writeState(to writer: inout SafetensorsWriter) {}
  func restoreState(from checkpoint: Checkpoint) throws(Failure) {}
}

/// What evaluations compare.
public struct Metric: Hashable, Sendable {
  /// Such as "accuracy".
  public var name: String
  public var isHigherBetter: Bool
  /// An evaluation that gains less is on a plateau.
  public var plateauGain: Double

  /// Nats an item of what is held out. A plateau is a gain of less than one percent of perplexity.
  static let crossEntropy = Metric(name: "loss", isHigherBetter: false, plateauGain: 0.01)

  /// The value as something to make small.
  func cost(_ value: Double) -> Double { isHigherBetter ? -value : value }
  /// The value of a cost.
  func value(_ cost: Double) -> Double { isHigherBetter ? -cost : cost }
}

/// What an evaluation found.
struct HeldOutMeasurement: Hashable, Sendable {
  /// Nats an item.
  var loss: Double
  /// Of the task's metric.
  var value: Double
  /// Nats a token with what stands behind it known too; nil where nothing reads backwards.
  var lossInBothDirections: Double?
}

/// How a run goes, whatever it learns.
struct TrainingSettings: Sendable {
  var length: TrainingLength
  /// Passes, for a length in seconds; an estimate.
  var expectedEpochs: Double
  var method: OptimizationMethod
  var rate: Double
  var schedule: RateSchedule
  var clipping: Clipping
  var weightDecay: Double
  /// Of an average of the weights that is measured and kept in their place (`Optimizer`).
  var averagingDecay: Double?
  /// Evaluations without improvement before the run ends; nil runs to the end.
  var patience: Int?
  var seed: UInt64
  var secondsBetweenCheckpoints: Double
  /// Whether the values that the run begins with are measured too, and are what it ends with if nothing is better.
  var evaluatesBeginning = false
}
