import CTrainingKernels
import Neural
import Platform

/// A full softmax trained without its normaliser: each target against samples from the training text's unigrams.
///
/// The samples are drawn once a segment and shared by its rows. Losses outside training are those of the full softmax.
public struct SampledTraining: Hashable, Sendable {
  public enum Objective: String, Hashable, Sendable, CaseIterable {
    /// Noise-contrastive estimation (Mnih and Teh 2012, equation 11): the data or the noise?
    case noiseContrastive = "nce"
    /// BlackOut (Ji et al. 2016, equation 6): the target up and the samples down, weighted by 1 / q.
    case blackOut = "blackout"
  }

  public var objective: Objective
  public var sampleCount: Int
  /// Of the unigram counts; 1 samples as the text does, 0 evenly.
  public var exponent: Double

  public init(objective: Objective, sampleCount: Int = 500, exponent: Double = 0.75) {
    self.objective = objective
    self.sampleCount = sampleCount
    self.exponent = exponent
  }
}

final class SampledOutput<Scalar: TrainingScalar>: OutputLayer {
  private let full: FullOutput<Scalar>
  private let options: SampledTraining
  private let products: MatrixProducts<Scalar>
  private let team: WorkerTeam
  private let operations = Scalar.operations
  private let depth: Int
  private let sampleCount: Int
  private let noise: AliasTable
  private let logNoise: [Double]
  private let sampleWeights: Buffer<Scalar>
  private let sampleGradients: Buffer<Scalar>
  /// Of the last batch.
  private var samples: [Int] = []
  /// rows × (1 + samples): the target's score first.
  private let scores: Buffer<Scalar>

  /// - Parameter counts: of each network row in the training text; types never seen are sampled as if seen once.
  init(
    _ architecture: RecurrentArchitecture, full: FullOutput<Scalar>, options: SampledTraining, counts: [Int],
    products: MatrixProducts<Scalar>, team: WorkerTeam, rowCount: Int
  ) {
    self.full = full
    self.options = options
    self.products = products
    self.team = team
    depth = architecture.hiddenSize
    sampleCount = options.sampleCount
    let weights = counts.map { powered(Double(max($0, 1)), options.exponent) }
    let total = weights.reduce(0, +)
    noise = AliasTable(weights)
    logNoise = weights.map { naturalLogarithm($0 / total) }
    sampleWeights = Buffer(sampleCount * depth)
    sampleGradients = Buffer(sampleCount * depth)
    scores = Buffer(rowCount * (sampleCount + 1))
  }

  func loss(_ x: UnsafePointer<Scalar>, rowCount: Int, targets: UnsafePointer<Int32>) -> Double {
    full.loss(x, rowCount: rowCount, targets: targets)
  }

  func lossAndGradients(
    _ x: UnsafePointer<Scalar>, rowCount: Int, targets: UnsafePointer<Int32>, scale: Double, key: UInt64,
    inputGradient: UnsafeMutablePointer<Scalar>
  ) -> Double {
    let weights = full.softmax.weights
    var random = SplitMix64(seed: key)
    let samples = (0..<sampleCount).map { _ in noise.draw(&random) }
    self.samples = samples
    for (index, type) in samples.enumerated() {
      (sampleWeights.pointer + index * depth).update(from: weights.weights + type * depth, count: depth)
    }
    let width = sampleCount + 1
    // The scores of the samples; NCE compares with k times the noise's probability, BlackOut with the probability.
    let shift = options.objective == .noiseContrastive ? naturalLogarithm(Double(sampleCount)) : 0
    let sampleLogNoise = samples.map { Scalar(logNoise[$0] + shift) }
    var losses = [Double](repeating: 0, count: team.count)
    losses.withUnsafeMutableBufferPointer { losses in
      let losses = losses.baseAddress!
      team.run { thread in
        let rows = team.piece(thread, of: rowCount)
        guard !rows.isEmpty else { return }
        products.multiply(
          thread: thread, transposesB: true, rows.count, sampleCount, depth, x + rows.lowerBound * depth,
          depth,
          sampleWeights.pointer, depth, accumulates: false, scores.pointer + rows.lowerBound * width + 1,
          width)
        for row in rows {
          losses[thread] += score(
            row, x, targets[row], samples, sampleLogNoise, shift: shift, scale: scale)
        }
        products.multiply(
          thread: thread, rows.count, depth, sampleCount, scores.pointer + rows.lowerBound * width + 1, width,
          sampleWeights.pointer, depth, accumulates: false, inputGradient + rows.lowerBound * depth, depth)
        for row in rows where targets[row] >= 0 {
          operations.add_scaled(
            Int64(depth), Double(scores.pointer[row * width]), weights.weights + Int(targets[row]) * depth,
            inputGradient + row * depth)
        }
      }
    }
    team.run { thread in
      let piece = team.piece(thread, of: sampleCount)
      products.multiply(
        thread: thread, transposesA: true, piece.count, depth, rowCount,
        scores.pointer + 1 + piece.lowerBound, width,
        x, depth, accumulates: false, sampleGradients.pointer + piece.lowerBound * depth, depth)
    }
    scatter(x, rowCount, targets, samples)
    return losses.reduce(0, +)
  }

  func touchedTypes(_ targets: [Int32]) -> [Int32]? { targets + samples.map { Int32($0) } }

  /// A row's loss; its scores become gradients.
  private func score(
    _ row: Int, _ x: UnsafePointer<Scalar>, _ target: Int32, _ samples: [Int], _ sampleLogNoise: [Scalar],
    shift: Double, scale: Double
  ) -> Double {
    let weights = full.softmax.weights
    let scores = scores.pointer + row * (sampleCount + 1)
    guard target >= 0 else {
      scores.clear(count: sampleCount + 1)
      return 0
    }
    let type = Int(target)
    let bias = weights.bias!
    scores[0] =
      Scalar(operations.dot(Int64(depth), x + row * depth, weights.weights + type * depth)) + bias[type]
    var keep = [UInt8](repeating: 1, count: sampleCount + 1)
    for (index, sample) in samples.enumerated() {
      scores[index + 1] += bias[sample]
      if sample == type { keep[index + 1] = 0 }
    }
    let rowLogNoise = [Scalar(logNoise[type] + shift)] + sampleLogNoise
    return operations.sampled_gradient(
      Int64(sampleCount + 1), scores, rowLogNoise, keep, options.objective == .blackOut, scale)
  }

  /// Puts the gradients of samples and targets into their rows of the weights' gradients, all others zero.
  private func scatter(
    _ x: UnsafePointer<Scalar>, _ rowCount: Int, _ targets: UnsafePointer<Int32>, _ samples: [Int]
  ) {
    let weights = full.softmax.weights
    let width = sampleCount + 1
    team.run { thread in
      let piece = team.piece(thread, of: weights.columnCount)
      (weights.weightGradients + piece.lowerBound * depth).clear(count: piece.count * depth)
      (weights.biasGradients! + piece.lowerBound).clear(count: piece.count)
      for (index, sample) in samples.enumerated() where piece.contains(sample) {
        operations.add_scaled(
          Int64(depth), 1, sampleGradients.pointer + index * depth, weights.weightGradients + sample * depth)
        for row in 0..<rowCount { weights.biasGradients![sample] += scores.pointer[row * width + 1 + index] }
      }
      for row in 0..<rowCount where targets[row] >= 0 && piece.contains(Int(targets[row])) {
        let type = Int(targets[row])
        let gradient = scores.pointer[row * width]
        operations.add_scaled(
          Int64(depth), Double(gradient), x + row * depth, weights.weightGradients + type * depth)
        weights.biasGradients![type] += gradient
      }
    }
  }
}

/// Draws an index with given weights in constant time (Vose 1991).
struct AliasTable {
  private var thresholds: [Double]
  private var aliases: [Int]

  init(_ weights: [Double]) {
    let count = weights.count
    let total = weights.reduce(0, +)
    thresholds = weights.map { $0 * Double(count) / total }
    aliases = Array(0..<count)
    var small = thresholds.indices.filter { thresholds[$0] < 1 }
    var large = thresholds.indices.filter { thresholds[$0] >= 1 }
    while let low = small.popLast(), let high = large.last {
      aliases[low] = high
      thresholds[high] -= 1 - thresholds[low]
      if thresholds[high] < 1 { small.append(large.removeLast()) }
    }
  }

  func draw(_ random: inout SplitMix64) -> Int {
    let index = Int(random.next(upperBound: UInt64(thresholds.count)))
    return random.uniform() < thresholds[index] ? index : aliases[index]
  }
}
