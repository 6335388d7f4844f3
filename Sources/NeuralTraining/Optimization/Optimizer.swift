import CTrainingKernels

/// How gradients move the weights.
public enum OptimizationMethod: Hashable, Sendable {
  /// Stochastic gradient descent; the velocity as PyTorch has it: v ← momentum · v + g.
  case sgd(momentum: Double)
  /// Kingma and Ba 2015, algorithm 1, with PyTorch's place for epsilon.
  case adam(beta1: Double, beta2: Double, epsilon: Double)
  /// SGD whose weights are averaged from the first evaluation that brings nothing (Merity, Keskar and Socher 2017,
  /// algorithm 1); the averages are what is evaluated and kept.
  case averagedSGD

  public static let defaultAdam = OptimizationMethod.adam(beta1: 0.9, beta2: 0.99, epsilon: 1e-8)
}

/// Limits on a segment's gradient before it moves anything; 0 is no limit.
public struct Clipping: Hashable, Sendable {
  /// Of the Euclidean norm over all parameters: larger gradients are scaled down to it.
  public var norm: Double
  /// Of every element, first.
  public var value: Double

  public init(norm: Double = 0.5, value: Double = 0) {
    self.norm = norm
    self.value = value
  }
}

/// Updates a store's tuned values from their gradients, in two passes over memory that the team shares.
final class Optimizer<Scalar: TrainingScalar> {
  let method: OptimizationMethod
  /// What the average of the weights keeps of itself at every step (Polyak and Juditsky 1992, with exponentially falling
  /// shares); nil where the method's own weights are what counts.
  private let averagingDecay: Double?
  private let store: ParameterStore<Scalar>
  private let team: WorkerTeam
  private let operations = Scalar.operations
  /// Adam's mean of gradients or SGD's velocity; Adam's mean of squares; the averaged weights. Empty if not needed.
  let first: Buffer<Scalar>
  let second: Buffer<Scalar>
  let average: Buffer<Scalar>
  /// Updates so far.
  var stepCount = 0
  /// The step averaging began at; nil before.
  var averagingStart: Int?

  /// - Parameter averagingDecay: 0 to below 1; not with `averagedSGD`, which averages by itself.
  init(
    _ method: OptimizationMethod, store: ParameterStore<Scalar>, team: WorkerTeam,
    averagingDecay: Double? = nil
  ) {
    precondition(averagingDecay == nil || method != .averagedSGD)
    self.method = method
    self.averagingDecay = averagingDecay
    self.store = store
    self.team = team
    let count = store.count
    average = Buffer(averagingDecay != nil || method == .averagedSGD ? count : 0)
    switch method {
    case .sgd(let momentum): (first, second) = (Buffer(momentum > 0 ? count : 0), Buffer(0))
    case .adam: (first, second) = (Buffer(count), Buffer(count))
    case .averagedSGD: (first, second) = (Buffer(0), Buffer(0))
    }
  }

  /// Forgets the gradients so far.
  func reset() {
    first.zero()
    second.zero()
    stepCount = 0
    averagingStart = nil
  }

  /// One step.
  ///
  /// - Parameter weightDecay: the factor d of a penalty d/2 · |w|² on all weights.
  /// - Returns: the gradient's norm before clipping by norm. If it is not finite, nothing has changed.
  func update(rate: Double, clipping: Clipping, weightDecay: Double) -> Double {
    let norm = gradientNorm(limit: clipping.value)
    guard norm.isFinite else { return norm }
    stepCount += 1
    if averagingDecay != nil && averagingStart == nil {
      averagingStart = stepCount
      // With what is not tuned, too.
      average.pointer.update(from: store.values.pointer, count: store.count)
    }
    let scale = clipping.norm > 0 && norm > clipping.norm ? clipping.norm / (norm + 1e-6) : 1
    team.run { thread in
      let piece = team.piece(thread, of: store.tunedCount, grain: 16)
      guard !piece.isEmpty else { return }
      let start = piece.lowerBound
      let count = Int64(piece.count)
      let values = store.values.pointer + start
      let gradients = store.gradients.pointer + start
      switch method {
      case .sgd(let momentum):
        operations.sgd(
          count, values, gradients, momentum > 0 ? UnsafeMutableRawPointer(first.pointer + start) : nil, rate,
          momentum,
          scale, weightDecay)
      case .adam(let beta1, let beta2, let epsilon):
        operations.adam(
          count, values, gradients, first.pointer + start, second.pointer + start, rate, beta1, beta2,
          epsilon,
          Int64(stepCount), scale, weightDecay)
      case .averagedSGD:
        operations.sgd(count, values, gradients, nil, rate, 0, scale, weightDecay)
        if let averagingStart {
          operations.average(
            count, values, 1 / Double(max(1, stepCount - averagingStart)), average.pointer + start)
        }
      }
      if let averagingDecay, let averagingStart {
        // The plain mean until there are as many steps as the average reaches back.
        let share = max(1 - averagingDecay, 1 / Double(stepCount - averagingStart + 1))
        operations.average(count, values, share, average.pointer + start)
      }
    }
    return norm
  }

  private func gradientNorm(limit: Double) -> Double {
    var squares = [Double](repeating: 0, count: team.count)
    squares.withUnsafeMutableBufferPointer { buffer in
      let squares = buffer.baseAddress!
      team.run { thread in
        let piece = team.piece(thread, of: store.tunedCount, grain: 16)
        squares[thread] = operations.clamp_and_square(
          Int64(piece.count), store.gradients.pointer + piece.lowerBound, limit)
      }
    }
    return squares.reduce(0, +).squareRoot()
  }

  /// Starts averaging with the weights of now, if the method averages and has not begun.
  func beginAveraging() {
    guard method == .averagedSGD, averagingStart == nil else { return }
    averagingStart = stepCount
    average.pointer.update(from: store.values.pointer, count: store.count)
  }

  /// Calls `body` while the store holds the weights to evaluate and keep: the averages where there are some.
  func withEvaluationWeights<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard averagingStart != nil else { return try body() }
    swapAverage()
    defer { swapAverage() }
    return try body()
  }

  private func swapAverage() {
    for index in 0..<store.count {
      let value = store.values.pointer[index]
      store.values.pointer[index] = average.pointer[index]
      average.pointer[index] = value
    }
  }
}
