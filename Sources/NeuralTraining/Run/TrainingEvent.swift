import JSON
import Platform

/// What a run tells while it goes on.
public enum TrainingEvent: Sendable {
  /// What was chosen, before the first step.
  case plan(TrainingPlan)
  /// After every segment.
  case progress(Progress)
  case evaluation(Evaluation)
  /// Something a person should know: a choice, a recovery, a limit met.
  case notice(String)
  case checkpoint(path: String)
  /// A checkpoint could not be written; the run goes on.
  case checkpointFailed(Failure)
  case finished(Summary)

  public struct Progress: Sendable {
    /// Steps done and planned.
    public var step: Int
    public var plannedSteps: Int
    /// Passes over the text so far.
    public var epoch: Double
    /// Mean training loss of the last segments in nats a token, with what is dropped dropped.
    public var loss: Double
    public var rate: Double
    public var tokensPerSecond: Double
    public var elapsedSeconds: Double
    public var secondsLeft: Double
    /// Of the last evaluation.
    public var heldOutPerplexity: Double?
  }

  public struct Evaluation: Sendable {
    public var step: Int
    public var epoch: Double
    /// Nats a token since the evaluation before.
    public var trainingLoss: Double
    /// Nats a token; nil without held-out text.
    public var heldOutLoss: Double?
    /// Nats a token with what stands behind it known too; nil where nothing reads backwards.
    public var heldOutLossInBothDirections: Double?
    /// Of the task's metric; nil where that is the loss.
    public var score: Score?
    public var isBest: Bool
    public var rate: Double
    public var elapsedSeconds: Double
    /// Of training alone, since the evaluation before.
    public var tokensPerSecond: Double
    /// Nil where the metric is another one.
    public var heldOutPerplexity: Double? { score == nil ? heldOutLoss.map { exponential($0) } : nil }
    public var heldOutPerplexityInBothDirections: Double? {
      heldOutLossInBothDirections.map { exponential($0) }
    }
  }

  /// A metric's value.
  public struct Score: Hashable, Sendable {
    public var metric: Metric
    public var value: Double
  }

  public struct Summary: Sendable {
    public var epochs: Double
    public var elapsedSeconds: Double
    /// Of the best weights, where the metric is the loss.
    public var heldOutLoss: Double?
    /// Of the best weights, where it is another one.
    public var score: Score?
    public var wasInterrupted: Bool
    public var heldOutPerplexity: Double? { heldOutLoss.map { exponential($0) } }
  }

  /// The event as an object of `training.jsonl`.
  package var json: JSON {
    switch self {
    case .plan(let plan): return plan.json
    case .progress(let progress):
      return [
        "event": "progress", "step": JSON(progress.step), "plannedSteps": JSON(progress.plannedSteps),
        "epoch": JSON(progress.epoch), "loss": JSON(progress.loss), "rate": JSON(progress.rate),
        "tokensPerSecond": JSON(progress.tokensPerSecond), "elapsedSeconds": JSON(progress.elapsedSeconds),
        "secondsLeft": JSON(progress.secondsLeft),
      ]
    case .evaluation(let evaluation):
      var object: JSONObject = [
        "event": "evaluation", "step": JSON(evaluation.step), "epoch": JSON(evaluation.epoch),
        "trainingLoss": JSON(evaluation.trainingLoss),
        "heldOutLoss": evaluation.heldOutLoss.map { JSON($0) } ?? .null,
        "heldOutPerplexity": evaluation.heldOutPerplexity.map { JSON($0) } ?? .null,
        "isBest": .bool(evaluation.isBest), "rate": JSON(evaluation.rate),
        "elapsedSeconds": JSON(evaluation.elapsedSeconds),
        "tokensPerSecond": JSON(evaluation.tokensPerSecond),
      ]
      if let both = evaluation.heldOutPerplexityInBothDirections {
        object["heldOutPerplexityInBothDirections"] = JSON(both)
      }
      if let score = evaluation.score { object[score.metric.name] = JSON(score.value) }
      return .object(object)
    case .notice(let text): return ["event": "notice", "text": .string(text)]
    case .checkpoint(let path): return ["event": "checkpoint", "path": .string(path)]
    case .checkpointFailed(let failure):
      return ["event": "checkpointFailed", "text": .string(failure.description)]
    case .finished(let summary):
      var object: JSONObject = [
        "event": "finished", "epochs": JSON(summary.epochs), "elapsedSeconds": JSON(summary.elapsedSeconds),
        "heldOutPerplexity": summary.heldOutPerplexity.map { JSON($0) } ?? .null,
        "wasInterrupted": .bool(summary.wasInterrupted),
      ]
      if let score = summary.score { object[score.metric.name] = JSON(score.value) }
      return .object(object)
    }
  }
}
