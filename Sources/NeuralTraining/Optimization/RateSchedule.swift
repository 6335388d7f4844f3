/// How the learning rate falls.
public enum RateSchedule: Hashable, Sendable {
  case constant
  /// Times `factor` after every evaluation whose perplexity is not at least one percent below the best before.
  case plateau(factor: Double)
  /// A linear rise over the first `warmup` part of the run, then half a cosine down to `floor` times the rate.
  case cosine(warmup: Double, floor: Double)
  /// A straight line down to `floor` times the rate.
  case linear(floor: Double)

  /// The part of the rate that is used after `progress` of the run, 0 to 1; what plateaus take off is not in it.
  func share(_ progress: Double) -> Double {
    switch self {
    case .constant, .plateau: return 1
    case .linear(let floor): return floor + (1 - floor) * max(0, 1 - progress)
    case .cosine(let warmup, let floor):
      if progress < warmup { return max(0.05, progress / warmup) }
      let rest: Double = (progress - warmup) / max(1 - warmup, 1e-9)
      let height: Double = 1 + NeuralTraining.cosine(min(rest, 1) * Double.pi)
      return floor + (1 - floor) * 0.5 * height
    }
  }
}

/// How long a run takes.
public enum TrainingLength: Hashable, Sendable {
  case epochs(Int)
  /// Wall-clock seconds, evaluations included; everything else is fitted to it.
  case seconds(Double)
}
