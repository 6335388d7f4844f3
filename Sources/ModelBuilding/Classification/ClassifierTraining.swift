import Classification
import JSON
import LanguageModeling
import NGrams
import Neural
import NeuralTraining
import Platform

/// Trains a classifier, whatever its encoder.
struct ClassifierTraining {
  let options: ClassifierBuildingOptions
  let reporter: BuildReporter
  let shouldStop: @Sendable () -> Bool
  let threadCount: Int
  let checkpointPath: String?

  struct Outcome {
    fileprivate enum Trained {
      case bag(BagTraining.Outcome)
      case network(NetworkTraining.Outcome)
    }

    let labels: [String]
    fileprivate let trained: Trained
    let classifier: TextClassifier
    /// On what chose weights or settings; nil where nothing did.
    var heldOut: ClassifierReport.Part?

    var wasInterrupted: Bool {
      if case .network(let outcome) = trained { outcome.wasInterrupted } else { false }
    }
    /// Of a network's run.
    var report: TrainingReport? { if case .network(let outcome) = trained { outcome.report } else { nil } }
  }

  /// - Parameter validation: to choose by; nil takes a part of the text.
  func run(_ text: LabelledExamples, validation: LabelledExamples?) throws(Failure) -> Outcome {
    if options.encoder == .bag { return try trainBag(text, validation) }
    let split =
      validation.map { (training: text, heldOut: $0) } ?? text.heldOutSplit(seed: options.training.seed)
    let outcome = try NetworkTraining(
      options: options, reporter: reporter, shouldStop: shouldStop, checkpointPath: checkpointPath
    ).run(split.training, heldOut: split.heldOut)
    let classifier = TextClassifier(network: try outcome.network.classifier(), vocabulary: outcome.vocabulary)
    var result = Outcome(labels: text.labels, trained: .network(outcome), classifier: classifier)
    if !split.heldOut.examples.isEmpty {
      result.heldOut = .init(
        on: "heldOut", scores: try result.measure(split.heldOut, threadCount: threadCount),
        text: split.heldOut)
    }
    return result
  }

  private func trainBag(
    _ text: LabelledExamples, _ validation: LabelledExamples?
  ) throws(Failure) -> Outcome {
    reporter.begin(.bag)
    var training = BagTraining(
      examples: text, labelWeights: labelWeights(text), metric: options.training.metric,
      threadCount: threadCount)
    if options.bagOrder != nil || options.bagHasCharacters != nil {
      training.features = BagFeatures(
        order: options.bagOrder ?? 2,
        characters: options.bagHasCharacters == false ? nil : options.bagCharacters ?? 2...5)
    }
    let outcome = try training.run { reporter.update(fraction: $0) }
    reporter.end()
    let settings = outcome.settings
    reporter.report(
      .classifier(
        .bag(
          order: settings.features.order, characters: settings.features.characters,
          usesRatios: settings.usesRatios,
          c: settings.c, featureCount: outcome.bag.featureCount)))
    var result = Outcome(
      labels: text.labels, trained: .bag(outcome),
      classifier: TextClassifier(bag: outcome.bag, labels: text.labels),
      heldOut: .init(on: "heldOut", scores: outcome.scores, text: text))
    if let validation {
      result.heldOut = .init(
        on: "heldOut", scores: try result.measure(validation, threadCount: threadCount), text: validation)
    }
    return result
  }

  /// With balanced weights an example of label c counts n / (k · n_c): on average 1.
  private func labelWeights(_ text: LabelledExamples) -> [Double] {
    guard options.training.weighting == .balanced else { return text.labels.map { _ in 1 } }
    return text.counts.map { Double(text.examples.count) / Double(text.labels.count * max(1, $0)) }
  }
}

extension ClassifierTraining.Outcome {
  /// What the classifier says of texts whose labels are known.
  func measure(_ text: LabelledExamples, threadCount: Int) throws(Failure) -> LabelScores {
    let answers = Places<[Float]>(count: text.examples.count)
    let grain = 16
    try forEachTask((answers.count + grain - 1) / grain, threadCount: threadCount) {
      _, task throws(Failure) in
      for index in task * grain..<min((task + 1) * grain, answers.count) {
        answers[index] = try classifier.classify(text.examples[index].words).probabilities.map {
          logf(max($0, 1e-30))
        }
      }
    }
    var scores = LabelScores(labels: labels)
    for (index, example) in text.examples.enumerated() {
      scores.add(label: example.label, logits: answers[index]!, example: index)
    }
    return scores
  }

  /// Adds the files, and what the description says of the classifier.
  func write(to model: inout ModelOutput) throws(Failure) {
    switch trained {
    case .bag(let outcome):
      try model.write(BagModel.fileName, outcome.bag.serialized())
      model["kind"] = .string(ModelKind.classifier.rawValue)
      model["labels"] = .array(labels.map { .string($0) })
      model["bag"] = [
        "features": outcome.bag.features.json, "count": JSON(outcome.bag.featureCount),
        "ratios": .bool(outcome.settings.usesRatios), "c": JSON(outcome.settings.c),
      ]
    case .network(let outcome):
      try model.write(ModelDirectory.vocabularyName, outcome.vocabulary.serialized())
      try model.write(ModelDirectory.networkName, outcome.network.serializedWeights())
      for (key, value) in outcome.network.descriptionMembers { model[key] = value }
    }
  }
}
