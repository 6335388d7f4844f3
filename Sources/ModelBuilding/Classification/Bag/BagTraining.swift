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

  /// What characters add is tried where words alone were measured.
  private static let characters = 2...5
  /// From one to the next a penalty is about a third.
  private static let penalties = [0.3, 1, 3, 10, 30, 100, 300]
  private static let firstPenalty = 3
  /// More examples than these are divided only once.
  private static let foldedCount = 30_000
  /// Features are left out that only one text has, where there are more than so many.
  private static let featureLimit = 4_000_000
  /// Of the search for weights that are only measured.
  private static let trialTolerance = 1e-2

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

  /// A regression of all texts but some, which measure it.
  private struct Fold {
    let regression: LogisticRegression
    let heldOut: [Int]
  }

  /// - Parameter progress: told the part that is done.
  func run(progress: (Double) -> Void) throws(Failure) -> Outcome {
    let first = features ?? BagFeatures(order: 2)
    var texts = try KeyedTexts(examples, features: first, threadCount: threadCount)
    var matrices = self.matrices(texts)
    var folds = folds(matrices, usesRatios: true)
    var best = trial(
      folds, texts, BagSettings(features: first, usesRatios: true, c: Self.penalties[Self.firstPenalty]))
    let plainFolds = self.folds(matrices, usesRatios: false)
    let plain = trial(
      plainFolds, texts, BagSettings(features: first, usesRatios: false, c: Self.penalties[Self.firstPenalty])
    )
    if isBetter(plain, than: best) { (best, folds) = (plain, plainFolds) }
    progress(0.2)
    if features == nil {
      var settings = best.settings
      settings.features.characters = Self.characters
      let others = try KeyedTexts(examples, features: settings.features, threadCount: threadCount)
      matrices = self.matrices(others)
      let otherFolds = self.folds(matrices, usesRatios: settings.usesRatios)
      let other = trial(otherFolds, others, settings)
      if isBetter(other, than: best) { (best, folds, texts) = (other, otherFolds, others) }
    }
    matrices = []
    progress(0.5)
    best = climb(from: best, folds, texts)
    folds = []
    progress(0.8)
    return finish(best, texts)
  }

  /// Larger penalties, or smaller ones, as long as they are better.
  private func climb(from start: Trial, _ folds: [Fold], _ texts: KeyedTexts) -> Trial {
    var best = start
    for direction in [1, -1] {
      var place = Self.firstPenalty + direction
      while Self.penalties.indices.contains(place) {
        var settings = start.settings
        settings.c = Self.penalties[place]
        let next = trial(folds, texts, settings)
        guard isBetter(next, than: best) else { break }
        best = next
        place += direction
      }
      if best.settings.c > start.settings.c { break }
    }
    return best
  }

  private func finish(_ trial: Trial, _ texts: KeyedTexts) -> Outcome {
    var trial = trial
    let rows = Array(examples.examples.indices)
    let matrix = matrix(texts, rows)
    let regression = regression(matrix, rows, trial.settings.usesRatios)
    regression.fit(c: trial.settings.c)
    let (weights, bias) = regression.result()
    let temperature = Float(trial.scores.temperature)
    trial.scores.divideLogits(by: temperature)
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

  /// All texts but a third of them, once for each third; of many texts all but a tenth.
  private func matrices(_ texts: KeyedTexts) -> [(matrix: BagMatrix, rows: [Int], heldOut: [Int])] {
    let count = examples.examples.count
    let foldCount = count > Self.foldedCount ? 1 : min(3, count)
    let modulus = foldCount == 1 ? 10 : foldCount
    // Not the divisions of whoever cross-validates around this, as far as there are examples enough for others.
    let run = count >= 14 * modulus ? 7 : 1
    return (0..<foldCount).compactMap { fold in
      let heldOut = (0..<count).filter { $0 / run % modulus == fold }
      let rows = (0..<count).filter { $0 / run % modulus != fold }
      return rows.isEmpty ? nil : (matrix(texts, rows), rows, heldOut)
    }
  }

  private func folds(
    _ matrices: [(matrix: BagMatrix, rows: [Int], heldOut: [Int])], usesRatios: Bool
  ) -> [Fold] {
    matrices.map { Fold(regression: regression($0.matrix, $0.rows, usesRatios), heldOut: $0.heldOut) }
  }

  /// What held-out examples are given.
  private func trial(_ folds: [Fold], _ texts: KeyedTexts, _ settings: BagSettings) -> Trial {
    var scores = LabelScores(labels: examples.labels)
    for fold in folds {
      fold.regression.fit(c: settings.c, tolerance: Self.trialTolerance)
      for row in fold.heldOut {
        let logits = fold.regression.logits(texts.keys[row])
        scores.add(
          label: examples.examples[row].label, logits: logits.count == 1 ? [0, logits[0]] : logits,
          example: row)
      }
    }
    return Trial(settings: settings, scores: scores)
  }
}
