import Classification
import NeuralTraining
import Platform

/// What a bag is trained with, and how it did on examples that it had not seen.
struct BagSettings: Hashable, Sendable {
  var features: BagFeatures
  /// Whether features are weighted by their log-count ratios.
  var usesRatios: Bool
  /// What a text's features are multiplied by against the penalty on weights.
  var c: Double
}

/// Trains a linear classifier of hashed n-grams; features and penalty are chosen by cross-validation.
struct BagTraining {
  let examples: LabelledExamples
  let labelWeights: [Double]
  let metric: ClassificationMetric
  let threadCount: Int
  /// What is fixed; nil where it is to be chosen.
  var features: BagFeatures?

  /// Features that are tried.
  private static let candidates = [BagFeatures(order: 2), BagFeatures(order: 2, characters: 2...5)]
  private static let penalties = [1.0, 3, 10, 30, 100]
  private static let firstPenalty = 10.0
  /// More examples than these are divided only once.
  private static let foldedCount = 30_000
  /// Features are left out that only one text has, where there are more than so many.
  private static let featureLimit = 4_000_000

  struct Outcome {
    var bag: BagModel
    var settings: BagSettings
    /// Of the settings, on examples that were held out while they were chosen.
    var scores: LabelScores
  }

  private struct Trial {
    var settings: BagSettings
    var scores: LabelScores
  }

  /// - Parameter progress: told the part that is done.
  func run(progress: (Double) -> Void) throws(Failure) -> Outcome {
    let sets = features.map { [$0] } ?? Self.candidates
    var best: (trial: Trial, texts: KeyedTexts)?
    for (index, features) in sets.enumerated() {
      let texts = try KeyedTexts(examples, features: features, threadCount: threadCount)
      for usesRatios in [true, false] {
        for trial in trials(texts, features, usesRatios, [Self.firstPenalty]) {
          if best.map({ isBetter(trial, than: $0.trial) }) ?? true { best = (trial, texts) }
        }
      }
      progress(0.5 * Double(index + 1) / Double(sets.count))
    }
    var (trial, texts) = best!
    for other in trials(texts, trial.settings.features, trial.settings.usesRatios, Self.penalties) {
      if isBetter(other, than: trial) { trial = other }
    }
    progress(0.8)
    let rows = Array(examples.examples.indices)
    let matrix = matrix(texts, rows)
    let regression = regression(matrix, rows, trial.settings.usesRatios)
    regression.fit(c: trial.settings.c)
    let (weights, bias) = regression.result()
    let temperature = Float(trial.scores.temperature)
    trial.scores.divideLogits(by: temperature)
    progress(1)
    return Outcome(
      bag: BagModel(
        features: trial.settings.features, keys: matrix.keys.all, weights: weights.map { $0 / temperature },
        bias: bias.map { $0 / temperature }), settings: trial.settings, scores: trial.scores)
  }

  /// Equal scores are told apart by the loss.
  private func isBetter(_ a: Trial, than b: Trial) -> Bool {
    let (first, second) = (a.scores.value(metric), b.scores.value(metric))
    return first != second ? first > second : a.scores.loss < b.scores.loss
  }

  private func matrix(_ texts: KeyedTexts, _ rows: [Int]) -> BagMatrix {
    let matrix = BagMatrix(texts, rows: rows, minimumCount: 1)
    return matrix.columnCount > Self.featureLimit ? BagMatrix(texts, rows: rows, minimumCount: 2) : matrix
  }

  private func regression(_ matrix: BagMatrix, _ rows: [Int], _ usesRatios: Bool) -> LogisticRegression {
    LogisticRegression(
      matrix, labels: rows.map { examples.examples[$0].label }, labelWeights: labelWeights,
      usesRatios: usesRatios, threadCount: threadCount)
  }

  /// What held-out examples are given with each penalty.
  private func trials(
    _ texts: KeyedTexts, _ features: BagFeatures, _ usesRatios: Bool, _ penalties: [Double]
  ) -> [Trial] {
    let count = examples.examples.count
    let foldCount = count > Self.foldedCount ? 1 : min(5, count)
    let modulus = foldCount == 1 ? 10 : foldCount
    var trials = penalties.map {
      Trial(
        settings: BagSettings(features: features, usesRatios: usesRatios, c: $0),
        scores: LabelScores(labels: examples.labels))
    }
    // Not the divisions of whoever cross-validates around this, as far as there are examples enough for others.
    let run = count >= 14 * modulus ? 7 : 1
    for fold in 0..<foldCount {
      func isHeldOut(_ index: Int) -> Bool { index / run % modulus == fold }
      let rows = (0..<count).filter { !isHeldOut($0) }
      guard !rows.isEmpty else { continue }
      let matrix = matrix(texts, rows)
      let regression = regression(matrix, rows, usesRatios)
      for (index, c) in penalties.enumerated() {
        regression.fit(c: c)
        for row in 0..<count where isHeldOut(row) {
          let logits = regression.logits(texts.keys[row])
          trials[index].scores.add(
            label: examples.examples[row].label, logits: logits.count == 1 ? [0, logits[0]] : logits,
            example: row)
        }
      }
    }
    return trials
  }
}
