import Classification
import JSON
import LanguageModeling
import Neural
import NeuralTraining
import Platform
import Privacy

/// Trains the network of a classifier.
struct NetworkTraining {
  let options: ClassifierBuildingOptions
  let reporter: BuildReporter
  let shouldStop: @Sendable () -> Bool
  /// Nil where nothing is kept of a run that is killed.
  let checkpointPath: String?
  /// Vectors of words that the examples do not have, for texts that do.
  private static let unseenVectorCount = 100_000

  struct Outcome {
    var network: TrainedClassifier
    var vocabulary: Vocabulary
    /// Of the run.
    var report: TrainingReport
    var wasInterrupted: Bool
  }

  /// - Parameter heldOut: chooses the weights.
  func run(_ training: LabelledExamples, heldOut: LabelledExamples) throws(Failure) -> Outcome {
    let wanted = Self.types(training, minimumCount: 1)
    let vectors = try options.vectorsPath.map { path throws(Failure) in
      try WordVectors(path, wanted: Set(wanted), unseenLimit: Self.unseenVectorCount) {
        Array(String(decoding: $0, as: UTF8.self).lowercased().utf8)
      }
    }
    // With few examples every word counts; with many, one that was seen once teaches what an unknown word is like.
    let minimumCount = options.minimumCount ?? (vectors != nil || training.examples.count < 1_000 ? 1 : 2)
    var types = minimumCount == 1 ? wanted : Self.types(training, minimumCount: minimumCount)
    if let vectors { types += vectors.rows.keys }
    let vocabulary = Vocabulary(types: types)
    var options = options
    if let vectors { options.embeddingSize = vectors.size }
    let encoder = EncoderDescription(
      options: options, labelCount: training.labels.count, typeCount: vocabulary.count)
    let description = try encoder.description()
    options.training.input = encoder.input
    options.training.sideLosses = encoder.sideLosses
    if options.training.averagingDecay == nil { options.training.averagingDecay = encoder.averagingDecay }
    var values: [String: [Float]] = [:]
    if let vectors {
      let table = vectors.table(of: vocabulary, seed: options.training.seed)
      values[EncoderDescription.vectorsName] = table
      if options.channels == .both {
        // The sum of both is what was given to begin with.
        values[EncoderDescription.vectorsName] = table.map { $0 / 2 }
        values[EncoderDescription.staticVectorsName] = table.map { $0 / 2 }
      }
    }
    let text = LabelledText(
      training: Self.sequences(training, vocabulary), heldOut: Self.sequences(heldOut, vocabulary),
      labels: training.labels, typeCount: vocabulary.count)
    let trainer = try ClassifierTrainer(
      text, description: description, options: options.training, initialValues: values,
      checkpointPath: checkpointPath, resumes: options.resumes)
    var report = TrainingReport()
    var wasInterrupted = false
    reporter.begin(.network)
    let network = try trainer.run(
      report: { event in
        report.record(event)
        if case .finished(let summary) = event { wasInterrupted = summary.wasInterrupted }
        tell(event)
      }, shouldStop: shouldStop)
    reporter.end()
    return Outcome(network: network, vocabulary: vocabulary, report: report, wasInterrupted: wasInterrupted)
  }

  private func tell(_ event: TrainingEvent) {
    guard case .progress(let progress) = event else {
      return reporter.report(.network(event, hasCheckpoint: checkpointPath != nil))
    }
    reporter.update(
      fraction: Double(progress.step) / Double(max(progress.plannedSteps, 1)), loss: progress.loss)
  }

  /// The words that so many examples have, in the order in which they come.
  private static func types(_ text: LabelledExamples, minimumCount: Int) -> [[UInt8]] {
    var counts: [[UInt8]: (count: Int, last: Int)] = [:]
    for (index, example) in text.examples.enumerated() {
      let words = example.words
      for word in 0..<words.count where !words.isWithheld(word) {
        let bytes = Array(words[word])
        guard let known = counts[bytes] else {
          counts[bytes] = (1, index)
          continue
        }
        if known.last != index { counts[bytes] = (known.count + 1, index) }
      }
    }
    return counts.filter { $0.value.count >= minimumCount }.map(\.key)
  }

  private static func sequences(_ text: LabelledExamples, _ vocabulary: Vocabulary) -> [LabelledSequence] {
    text.examples.map { LabelledSequence(ids: vocabulary.classifierIDs($0.words), label: $0.label) }
  }
}
