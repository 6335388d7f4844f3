import Classification
import NGrams
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

  /// What is tried: words alone, and with characters, which go on across words and so tell of their order too.
  private static let choices = [
    BagFeatures(order: 2), BagFeatures(order: 2, characters: 3...6, crossesWords: true),
  ]
  /// Of texts of more bytes than these together only words are tried: they are enough to learn them from, and characters take ten
  /// times as long.
  private static let charactersLimit = 8_000_000
  /// From one to the next a penalty is about a third.
  private static let penalties = [0.3, 1, 3, 10, 30, 100, 300]
  private static let firstPenalty = 3
  /// Texts of more bytes than these are divided only once, more examples than those so that a tenth is held out.
  private static let foldedByteCount = 500_000
  private static let tenthCount = 30_000
  private static let leastHeldOut = 200
  /// Features are left out that only one text has, where there are more than so many.
  private static let featureLimit = 4_000_000
  /// Of regressions that are only measured.
  private static let trialTolerance: Float = 2e-2
  /// Bytes of the regressions that are made at once.
  private static let memoryLimit = 1 << 30
  /// Held-out texts that a temperature is found by to compare settings.
  private static let comparedCount = 4_000

  struct Outcome {
    var bag: BagModel
    var settings: BagSettings
    /// Of the settings, on examples that were held out while they were chosen.
    var scores: LabelScores
    /// What logits were divided by.
    var temperature: Float
  }

  /// How held-out texts are told with some settings.
  private struct Trial {
    var settings: BagSettings
    var scores: LabelScores
    /// The smaller, the better.
    var badness: Double
  }

  /// Some texts, and those that are held out from them.
  private struct Division {
    var rows: [Int]
    var heldOut: [Int]
  }

  /// Regressions of each division with some settings but C, which go on from one C to the next.
  private struct Search {
    let matrix: BagMatrix
    let regressions: [any DualAscent]
    var best: Trial
  }

  /// What is to be tried.
  private struct Candidate {
    let matrix: BagMatrix
    let settings: BagSettings
    /// Regressions of another C to go on from; empty to begin anew.
    var beginnings: [any DualAscent] = []
  }

  /// - Parameter progress: told the part that is done.
  func run(progress: (Double) -> Void) throws(Failure) -> Outcome {
    let byteCount = examples.examples.reduce(0) { $0 + $1.words.bytes.count }
    let divisions = divisions(byteCount: byteCount)
    let choices =
      features.map { [$0] } ?? Array(Self.choices.prefix(byteCount > Self.charactersLimit ? 1 : 2))
    var candidates: [Candidate] = []
    for (index, features) in choices.enumerated() {
      let matrix = try BagMatrix(
        examples, features: features, columnLimit: Self.featureLimit, threadCount: threadCount)
      let settings = BagSettings(features: features, usesRatios: true, c: Self.penalties[Self.firstPenalty])
      candidates.append(Candidate(matrix: matrix, settings: settings))
      progress(0.3 * Double(index + 1) / Double(choices.count))
    }
    var best = try self.best(of: candidates, divisions)
    candidates = []
    progress(0.5)
    try climb(&best, divisions)
    progress(0.8)
    return finish(best.matrix, best.best)
  }

  /// Bytes of a regression.
  private func memory(_ matrix: BagMatrix) -> Int {
    matrix.columnCount * (examples.labels.count == 2 ? 8 : 64 * ((examples.labels.count + 7) / 8))
  }

  /// All of them are tried at once, if memory suffices, the costliest, which come last, first: the trial of one division takes
  /// one thread.
  private func best(
    of candidates: [Candidate], _ divisions: [Division]
  ) throws(Failure) -> Search {
    let bytes = candidates.reduce(0) { $0 + memory($1.matrix) * divisions.count }
    if candidates.count > 1 && bytes > Self.memoryLimit {
      var found: Search?
      for candidate in candidates {
        let next = try best(of: [candidate], divisions)
        if found.map({ next.best.badness < $0.best.badness }) ?? true { found = next }
      }
      return found!
    }
    let all = Places<any DualAscent>(count: candidates.count * divisions.count)
    // Beginnings are only read.
    let shared = Places<Candidate>(count: candidates.count)
    for (index, candidate) in candidates.enumerated() { shared[index] = candidate }
    try forEachTask(all.count, threadCount: threadCount) { _, task in
      let place = all.count - 1 - task
      let (candidate, division) = (shared[place / divisions.count]!, place % divisions.count)
      let regression =
        candidate.beginnings.isEmpty
        ? regression(candidate.matrix, divisions[division].rows, candidate.settings.usesRatios)
        : candidate.beginnings[division].copy()
      all[place] = regression
      regression.fit(c: candidate.settings.c, tolerance: Self.trialTolerance)
    }
    let found = try candidates.enumerated().map { index, candidate throws(Failure) in
      let regressions = divisions.indices.map { all[index * divisions.count + $0]! }
      return Search(
        matrix: candidate.matrix, regressions: regressions,
        best: try trial(regressions, divisions, candidate.settings))
    }
    return found.min { $0.best.badness < $1.best.badness }!
  }

  /// Features without their ratios, and larger penalties, or smaller ones, as long as they are better.
  private func climb(_ search: inout Search, _ divisions: [Division]) throws(Failure) {
    var plain = search.best.settings
    plain.usesRatios = false
    var others = neighbours(search) + [Candidate(matrix: search.matrix, settings: plain)]
    while !others.isEmpty {
      let found = try best(of: others, divisions)
      guard found.best.badness < search.best.badness else { return }
      search = found
      others = search.best.settings == plain ? neighbours(search) : []
    }
    // From one penalty to the next what was found is a good beginning.
    let step = search.best.settings.c > Self.penalties[Self.firstPenalty] ? 1 : -1
    guard search.best.settings.c != Self.penalties[Self.firstPenalty] else { return }
    while let place = Self.penalties.firstIndex(of: search.best.settings.c),
      Self.penalties.indices.contains(place + step)
    {
      var settings = search.best.settings
      settings.c = Self.penalties[place + step]
      let next = try trial(search.regressions, divisions, settings)
      guard next.badness < search.best.badness else { return }
      search.best = next
    }
  }

  /// The same with the next penalties on both sides of the first.
  private func neighbours(_ search: Search) -> [Candidate] {
    [1, -1].map { step in
      var other = search.best.settings
      other.c = Self.penalties[Self.firstPenalty + step]
      return Candidate(matrix: search.matrix, settings: other, beginnings: search.regressions)
    }
  }

  /// Some texts with settings and the temperature that were chosen for others.
  func run(like chosen: Outcome) throws(Failure) -> Outcome {
    let matrix = try BagMatrix(
      examples, features: chosen.settings.features, columnLimit: Self.featureLimit, threadCount: threadCount)
    return Outcome(
      bag: bag(matrix, chosen.settings, temperature: chosen.temperature), settings: chosen.settings,
      scores: LabelScores(labels: examples.labels), temperature: chosen.temperature)
  }

  private func finish(_ matrix: BagMatrix, _ trial: Trial) -> Outcome {
    var scores = trial.scores
    let temperature = Float(scores.temperature)
    scores.divideLogits(by: temperature)
    return Outcome(
      bag: bag(matrix, trial.settings, temperature: temperature), settings: trial.settings, scores: scores,
      temperature: temperature)
  }

  private func bag(_ matrix: BagMatrix, _ settings: BagSettings, temperature: Float) -> BagModel {
    let regression = regression(matrix, Array(examples.examples.indices), settings.usesRatios)
    regression.fit(c: settings.c)
    let (weights, bias) = regression.result()
    var ordered: [Float] = []
    ordered.reserveCapacity(weights.count)
    for column in matrix.columnsOfKeys {
      for output in bias.indices { ordered.append(weights[Int(column) * bias.count + output] / temperature) }
    }
    return BagModel(
      features: settings.features, keys: matrix.keys.all, weights: ordered,
      bias: bias.map { $0 / temperature })
  }

  private func regression(_ matrix: BagMatrix, _ rows: [Int], _ usesRatios: Bool) -> any DualAscent {
    RegressionTexts(
      matrix, rows: rows, labels: examples.examples.map(\.label), labelWeights: labelWeights,
      usesRatios: usesRatios
    ).regression()
  }

  /// All texts but a third of them, once for each third; of many texts only once, of very many all but a tenth.
  private func divisions(byteCount: Int) -> [Division] {
    let count = examples.examples.count
    let modulus = count > Self.tenthCount ? 10 : min(3, count)
    // Not the divisions of whoever cross-validates around this, as far as there are examples enough for others. Of many
    // examples neighbours stay together: they may be parts of one text.
    let run = count >= 1_400 * modulus ? 97 : count >= 14 * modulus ? 7 : 1
    // Once is enough where that holds out enough to tell settings apart.
    let isOnce = byteCount > Self.foldedByteCount && count >= Self.leastHeldOut * modulus || modulus == 10
    return (0..<(isOnce ? 1 : modulus)).compactMap { fold in
      let heldOut = (0..<count).filter { $0 / run % modulus == fold }
      let rows = (0..<count).filter { $0 / run % modulus != fold }
      return rows.isEmpty ? nil : Division(rows: rows, heldOut: heldOut)
    }
  }

  /// What held-out examples are given. Settings are told apart by their loss once the temperature is right, which says more about
  /// few texts than how many are right; but where another metric is wanted, by that.
  private func trial(
    _ regressions: [any DualAscent], _ divisions: [Division], _ settings: BagSettings
  ) throws(Failure) -> Trial {
    let logits = Places<[[Float]]>(count: divisions.count)
    // Each is one thread's.
    let shared = Places<any DualAscent>(count: regressions.count)
    for (index, regression) in regressions.enumerated() { shared[index] = regression }
    try forEachTask(divisions.count, threadCount: threadCount) { _, task in
      let regression = shared[task]!
      if regression.c != settings.c {
        regression.fit(c: settings.c, tolerance: Self.trialTolerance)
      }
      logits[task] = divisions[task].heldOut.map { regression.logits(row: $0) }
    }
    var scores = LabelScores(labels: examples.labels)
    for (index, division) in divisions.enumerated() {
      for (row, found) in zip(division.heldOut, logits[index]!) {
        scores.add(
          label: examples.examples[row].label, logits: found.count == 1 ? [0, found[0]] : found, example: row)
      }
    }
    var compared = scores.part(every: 1 + scores.count / Self.comparedCount)
    compared.divideLogits(by: Float(compared.temperature))
    let value = metric == .accuracy ? 0 : scores.value(metric)
    return Trial(settings: settings, scores: scores, badness: compared.loss - 1_000 * value)
  }
}
