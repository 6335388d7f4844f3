import Lexing
import Platform

/// Trains what tells the language of a file or a paragraph, measures it on packages that it has not seen, and makes the file that
/// `GrammarLibrary` reads.
package struct LanguageClassifierBuilder {
  package let kind: LanguageFeatures
  /// What the file may take.
  package var byteLimit: Int
  package var heldOutEvery = 5
  package var seed: UInt64 = 1
  package var threadCount: Int
  /// The share of held-out texts that are to be answered.
  package var coverage = 0.9

  /// Over all texts, with all weights and with those that stay: of paragraphs more, which are short.
  private var densePasses: Int { kind == .files ? 4 : 5 }
  private var sparsePasses: Int { kind == .files ? 2 : 4 }
  /// Features that are weighed before the least are left out.
  private static let denseFeatureLimit = 200_000

  package init(kind: LanguageFeatures, byteLimit: Int, threadCount: Int) {
    self.kind = kind
    self.byteLimit = byteLimit
    self.threadCount = threadCount
  }

  /// What held-out texts were given.
  package struct Measurement: Sendable {
    package var labels: [String] = []
    package var byteCount = 0
    package var trainingCount = 0
    /// Of each held-out text, the most probable first.
    package var answers: [(label: Int, answer: Int, probability: Float)] = []

    /// The part that is right of the share of answers that are most probable.
    package func accuracy(coverage: Double) -> Double {
      let count = Int((Double(answers.count) * coverage).rounded(.up))
      guard count > 0 else { return 0 }
      return Double(answers.prefix(count).count { $0.label == $0.answer }) / Double(count)
    }

    /// Right and all texts of each language, the worst first.
    package var byLabel: [(label: String, rightCount: Int, count: Int)] {
      var counts = [(right: Int, all: Int)](repeating: (0, 0), count: labels.count)
      for answer in answers {
        counts[answer.label].all += 1
        if answer.label == answer.answer { counts[answer.label].right += 1 }
      }
      return labels.indices.filter { counts[$0].all > 0 }
        .map { (labels[$0], counts[$0].right, counts[$0].all) }
        .sorted { (Double($0.1) / Double($0.2), $0.0) < (Double($1.1) / Double($1.2), $1.0) }
    }
  }

  /// - Parameters:
  ///   - folder: LANGUAGE/PACKAGE/FILE; of paragraphs each line of a file is one.
  ///   - progress: told the part that is done.
  /// - Throws: `Failure` for folders that cannot be read, or hold nothing to measure with.
  package func build(
    _ folder: String, progress: (Double) -> Void
  ) throws(Failure) -> (classifier: HashedClassifier, measurement: Measurement) {
    let texts = try LabelledLanguages(
      folder, kind: kind, heldOutEvery: heldOutEvery, threadCount: threadCount)
    progress(0.1)
    let dense = DenseLanguageWeights(
      keys: texts.informativeKeys(limit: Self.denseFeatureLimit), labelCount: texts.labels.count)
    progress(0.2)
    dense.fit(texts.training, passes: densePasses, seed: seed) { progress(0.2 + 0.6 * $0) }
    // The header, the names and what is added to each logit.
    let rest = 64 + texts.labels.reduce(0) { $0 + $1.utf8.count + 5 }
    let sparse = dense.largest(texts.training, byteLimit: byteLimit - rest)
    sparse.fit(texts.training, passes: sparsePasses, seed: seed &+ 1) { progress(0.8 + 0.2 * $0) }
    func classifier(_ temperature: Float, _ leastProbability: Float) -> HashedClassifier {
      sparse.classifier(
        kind: kind, labels: texts.labels, temperature: temperature, leastProbability: leastProbability)
    }
    let temperature = [0.5, 0.7, 0.85, 1, 1.2, 1.5, 2, 2.5, 3, 4].min {
      Self.loss(classifier($0, 0), texts.heldOut) < Self.loss(classifier($1, 0), texts.heldOut)
    }!
    var measurement = Self.measure(classifier(temperature, 0), texts.heldOut)
    let answered = max(1, Int(Double(measurement.answers.count) * coverage))
    let result = classifier(temperature, measurement.answers[answered - 1].probability)
    measurement.byteCount = result.serialized().count
    measurement.trainingCount = texts.training.count
    return (result, measurement)
  }

  private static func loss(_ classifier: HashedClassifier, _ texts: [LabelledLanguages.Text]) -> Double {
    texts.reduce(0) { $0 - Double(logf(max(1e-20, classifier.probabilities($1.keys)[$1.label]))) }
  }

  private static func measure(
    _ classifier: HashedClassifier, _ texts: [LabelledLanguages.Text]
  ) -> Measurement {
    var result = Measurement(labels: classifier.labels)
    for text in texts {
      let probabilities = classifier.probabilities(text.keys)
      let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] }!
      result.answers.append((text.label, best, probabilities[best]))
    }
    result.answers.sort { $0.probability > $1.probability }
    return result
  }
}
