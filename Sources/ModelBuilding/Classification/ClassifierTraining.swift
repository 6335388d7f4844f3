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
    let labels: [String]
    fileprivate var bag: BagTraining.Outcome?
    fileprivate var network: NetworkTraining.Outcome?
    /// What the bag's say is worth where there is a network too.
    fileprivate var bagShare: Float = 1
    let classifier: TextClassifier
    /// On what chose weights or settings; nil where nothing did.
    var heldOut: ClassifierReport.Part?
    /// "bag", a network's, or both.
    var encoderName: String

    var wasInterrupted: Bool { network?.wasInterrupted ?? false }
    /// Of a network's run.
    var report: TrainingReport? { network?.report }
  }

  /// A network is tried beside a bag where texts have no more words than this on average, and all together no more than
  /// that: of long texts n-grams tell more than networks learn, and the time would be felt.
  private static let shortTextLength = 100
  private static let triedWordCount = 1_500_000
  private static let triedExampleCount = 200
  /// A network beside a bag must leave no more than this of the loss of held-out texts: of a few hundred of them that says more
  /// than how many are right.
  private static let worthwhileShare = 0.98

  /// - Parameter validation: to choose by; nil takes a part of the text.
  func run(_ text: LabelledExamples, validation: LabelledExamples?) throws(Failure) -> Outcome {
    switch options.encoder {
    case .bag: return try trainBag(text, validation)
    case .auto:
      let wordCount = text.examples.reduce(0) { $0 + $1.words.count }
      let count = text.examples.count
      let isTried =
        count >= Self.triedExampleCount && wordCount <= Self.triedWordCount
        && wordCount <= Self.shortTextLength * count
      return isTried ? try trainBoth(text, validation) : try trainBag(text, validation)
    default: return try trainNetwork(split(text, validation))
    }
  }

  private func split(
    _ text: LabelledExamples, _ validation: LabelledExamples?
  ) -> (training: LabelledExamples, heldOut: LabelledExamples) {
    validation.map { (training: text, heldOut: $0) } ?? text.heldOutSplit(seed: options.training.seed)
  }

  private func trainNetwork(
    _ split: (training: LabelledExamples, heldOut: LabelledExamples)
  ) throws(Failure) -> Outcome {
    let outcome = try NetworkTraining(
      options: options, reporter: reporter, shouldStop: shouldStop, checkpointPath: checkpointPath
    ).run(split.training, heldOut: split.heldOut)
    let labels = split.training.labels
    let network = TextClassifier.Network(try outcome.network.classifier(), outcome.vocabulary)
    var result = Outcome(
      labels: labels, network: outcome,
      classifier: TextClassifier(labels: labels, bag: nil, network: network),
      encoderName: options.encoder.rawValue)
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
    let outcome = try bag(text)
    report(outcome)
    var result = Outcome(
      labels: text.labels, bag: outcome,
      classifier: TextClassifier(labels: text.labels, bag: outcome.bag, network: nil),
      heldOut: .init(on: "heldOut", scores: outcome.scores, text: text), encoderName: TextEncoder.bag.rawValue
    )
    if let validation {
      result.heldOut = .init(
        on: "heldOut", scores: try result.measure(validation, threadCount: threadCount), text: validation)
    }
    return result
  }

  private func bag(_ text: LabelledExamples) throws(Failure) -> BagTraining.Outcome {
    reporter.begin(.bag)
    defer { reporter.end() }
    return try bagTraining(text).run { reporter.update(fraction: $0) }
  }

  private func bagTraining(_ text: LabelledExamples) -> BagTraining {
    var training = BagTraining(
      examples: text, labelWeights: labelWeights(text), metric: options.training.metric,
      threadCount: threadCount)
    if options.bagOrder != nil || options.bagHasCharacters != nil {
      training.features = BagFeatures(
        order: options.bagOrder ?? 2,
        characters: options.bagHasCharacters == false ? nil : options.bagCharacters ?? 2...5)
    }
    return training
  }

  private func report(_ outcome: BagTraining.Outcome) {
    let settings = outcome.settings
    reporter.report(
      .classifier(
        .bag(
          order: settings.features.order, characters: settings.features.characters,
          crossesWords: settings.features.crossesWords, usesRatios: settings.usesRatios, c: settings.c,
          featureCount: outcome.bag.featureCount)))
  }

  // MARK: Both

  /// Trains a bag, and a network beside it; both answer where held-out texts say that they are better together.
  private func trainBoth(
    _ text: LabelledExamples, _ validation: LabelledExamples?
  ) throws(Failure) -> Outcome {
    let split = split(text, validation)
    guard !split.heldOut.examples.isEmpty else { return try trainBag(text, validation) }
    let whole = try trainBag(text, validation)
    // What chooses has been learned by neither; the bag's settings are of all texts.
    let part = validation == nil ? try trainBag(split.training, like: whole) : whole
    var networkOptions = options
    networkOptions.encoder = .multiCNN
    let network = try trainNetwork(split, networkOptions)
    if network.wasInterrupted { return whole }
    let ofBag = try part.measure(split.heldOut, threadCount: threadCount)
    let ofNetwork = try network.measure(split.heldOut, threadCount: threadCount)
    let choices = (0...4).map { Double($0) / 4 }.map { share in
      (share: share, scores: LabelScores.mixed(ofBag, ofNetwork, share: share))
    }
    // By the loss, which says more about few texts than how many are right.
    let best = choices.min { $0.scores.loss < $1.scores.loss }!
    let metric = options.training.metric
    let isBetter = metric == .accuracy || best.scores.value(metric) >= ofBag.value(metric)
    // Where n-grams tell all but one in a hundred, surer probabilities are not worth the wait for a network's answers.
    let hasRoom = ofBag.value(.accuracy) < 0.99
    guard best.share < 1, isBetter, hasRoom, best.scores.loss <= Self.worthwhileShare * ofBag.loss else {
      return whole
    }
    return Outcome(
      labels: text.labels, bag: whole.bag, network: network.network, bagShare: Float(best.share),
      classifier: TextClassifier(
        labels: text.labels, bag: whole.classifier.bag, network: network.classifier.network,
        bagShare: Float(best.share)),
      heldOut: .init(on: "heldOut", scores: best.scores, text: split.heldOut),
      encoderName: "\(TextEncoder.bag.rawValue) and \(TextEncoder.multiCNN.rawValue)")
  }

  private func trainNetwork(
    _ split: (training: LabelledExamples, heldOut: LabelledExamples), _ options: ClassifierBuildingOptions
  ) throws(Failure) -> Outcome {
    try ClassifierTraining(
      options: options, reporter: reporter, shouldStop: shouldStop, threadCount: threadCount,
      checkpointPath: nil
    ).trainNetwork(split)
  }

  /// A bag of other texts with the settings that were chosen for all.
  private func trainBag(_ text: LabelledExamples, like whole: Outcome) throws(Failure) -> Outcome {
    guard let chosen = whole.bag else { preconditionFailure("is a bag") }
    let outcome = try bagTraining(text).run(like: chosen)
    return Outcome(
      labels: text.labels, bag: outcome,
      classifier: TextClassifier(labels: text.labels, bag: outcome.bag, network: nil),
      encoderName: TextEncoder.bag.rawValue)
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
    model["kind"] = .string(ModelKind.classifier.rawValue)
    model["labels"] = .array(labels.map { .string($0) })
    model["encoder"] = .string(encoderName)
    if let bag {
      try model.write(BagModel.fileName, bag.bag.serialized())
      var object: JSONObject = [
        "features": bag.bag.features.json, "count": JSON(bag.bag.featureCount),
        "ratios": .bool(bag.settings.usesRatios), "c": JSON(bag.settings.c),
      ]
      if network != nil { object["share"] = JSON(Double(bagShare)) }
      model["bag"] = .object(object)
    }
    if let network {
      try model.write(ModelDirectory.vocabularyName, network.vocabulary.serialized())
      try model.write(ModelDirectory.networkName, network.network.serializedWeights())
      for (key, value) in network.network.descriptionMembers { model[key] = value }
    }
  }
}
