import JSON
import LanguageModeling
import NGrams
import Neural
import NeuralTraining
import Platform
import Prediction
import Privacy

/// One build, its inputs readable as often as it needs them.
struct BuildRun {
  let paths: [String]
  /// What was counted, where nothing is to be read; nil otherwise.
  var runs: RunSet?
  let output: String
  let isOutputNamed: Bool
  let options: ModelBuildingOptions
  let reporter: BuildReporter
  let shouldStop: @Sendable () -> Bool
  /// Of a network that several processes learn together; nil for one.
  var sharing: SharedTraining?
  /// What is learned from in the place of files.
  var given: GivenDocuments?
  /// What the given documents are about.
  var diffs: DiffTraining?
  /// What must not be learned; known once the run has begun.
  var forgotten = ForgottenList()
  /// What learning begins from; known once the text has been read.
  var below: LayerBelow?

  mutating func run() throws(Failure) -> BuiltModel {
    let training = NGramTraining(options.ngrams, reporter: reporter)
    let bound = MemoryBound(options.ngrams.memoryByteCount)
    defer { bound.end() }
    let checkpointPath = RecurrentTraining.checkpointPath(besideModel: output)
    try checkOutputs(checkpointPath)
    // What was named is looked at before hours of counting.
    let named = try LayerBelow.named(options.beginning)
    if let named, case .trained(let network, _) = options.network {
      try named.checkNetwork(of: options.completed(network).units)
    }
    // What is forgotten while this goes on may have been read already: the model knows of what was forgotten before.
    let startTime = utcTimestamp()
    forgotten = try ForgottenList.read(besideModel: output)
    var model = try ModelOutput(output, reporter: reporter)
    removeAbandonedTemporaries(of: checkpointPath, includesOldNames: true)
    let learned = RecurrentTraining.Learned()
    var summary: RunSummary
    let network: RecurrentTraining.Outcome?
    let finished: NGramModel
    do throws(Failure) {
      summary = try learn(training, into: &model)
      below = named
      if below == nil {
        below = try LayerBelow.find(
          options.beginning, documents: summary.mixture?.store.documents ?? summary.documents, output: output,
          reporter: reporter)
      }
      let networkStart = monotonicSeconds()
      network = try trainNetwork(&summary, training, learned: learned, into: &model)
      let networkSeconds = network.map { _ in monotonicSeconds() - networkStart }
      try finish(&summary, networkSeconds: networkSeconds, into: &model)
      try SlipRateMeasurement(
        documents: summary.documents, vocabulary: summary.trained.vocabulary,
        discounts: options.ngrams.keepsSingleOccurrences ? summary.trained.discounts : [],
        threadCount: try training.makeEstimator().options.threadCount, reporter: reporter,
        shouldStop: shouldStop
      ).run(into: &model)
      describe(&model, summary, training, startTime: startTime)
      model["forgotten"] = forgotten.mark.json
      // Opened here: once it is in place, another run may replace it.
      finished = try NGramModel(path: model.path(of: ModelDirectory.ngramsName))
      if let network { model.writeOptional(ModelDirectory.reportName, network.report) }
      try model.commit(log: reporter.log)
    } catch {
      let explained = model.explained(error)
      // Its space may be what the checkpoint needs.
      model.cancel()
      throw learned.keep(after: explained, at: checkpointPath, reporter: reporter)
    }
    if let network, !network.wasInterrupted { RecurrentTraining.removeCheckpoint(checkpointPath) }
    let built = BuiltModel(
      path: output, seconds: reporter.elapsedSeconds, vocabularyCount: summary.trained.vocabulary.count,
      ngramCounts: summary.trained.file.counts, ngramByteCount: summary.trained.file.byteCount)
    reporter.report(.finished(built))
    if let arpaPath = options.arpaPath { try writeARPA(arpaPath, finished, summary) }
    return built
  }

  /// What can be known to fail is said before anything is read.
  private func checkOutputs(_ checkpointPath: String) throws(Failure) {
    if !isOutputNamed { try OutputChecks.checkDefaultOutput() }
    if let arpaPath = options.arpaPath {
      try OutputChecks.checkARPA(
        arpaPath, output: output,
        inputs: paths + options.text.validationPaths + options.text.testPaths + [checkpointPath])
    }
    if case .trained(_, let resumes) = options.network {
      try OutputChecks.checkCheckpoint(checkpointPath, resumes: resumes)
    }
  }

  /// The vocabulary and the n-grams.
  private func learn(
    _ training: NGramTraining, into model: inout ModelOutput
  ) throws(Failure) -> RunSummary {
    var summary =
      if let runs { try learn(runs, training, into: &model) } else { try learnFiles(training, into: &model) }
    try model.writeVocabulary(summary.trained.vocabulary)
    try model.add(ModelDirectory.ngramsName)
    summary.metrics += try testMetrics(model.path(of: ModelDirectory.ngramsName), summary)
    return summary
  }

  private func learnFiles(
    _ training: NGramTraining, into model: inout ModelOutput
  ) throws(Failure) -> RunSummary {
    if options.text.form == .tokenLines {
      return try SentenceTraining(
        paths: paths, options: options, training: training, keepsText: options.network.isTrained,
        forgotten: forgotten
      ).run(into: &model)
    }
    if let given { return try train(given, training, into: &model) }
    return try train(FileDocuments(paths: paths), training, into: &model)
  }

  private func train(
    _ source: some DocumentSource, _ training: NGramTraining, into model: inout ModelOutput
  ) throws(Failure) -> RunSummary {
    try DocumentTraining(
      source: source, options: options, training: training, keepsText: options.network.isTrained,
      forgotten: forgotten
    ).run(into: &model)
  }

  private func learn(
    _ runs: RunSet, _ training: NGramTraining, into model: inout ModelOutput
  ) throws(Failure) -> RunSummary {
    let here = try RunCounting.runOptions(options, forgotten)
    if let difference = runs.description.options.difference(from: here) {
      throw Failure(
        runs.runs[0].path, why: "does not go together with what is here: \(difference)",
        remedy: "count it again, with --model \(output)")
    }
    var types = TypeInterner()
    for special in Vocabulary.specials { types.append(new: special) }
    let merged = try MergedRuns(runs) { (type, _) throws(Failure) in types.append(new: type) }
    try training.checkMemory(forTypes: types.count, byteCount: types.byteCount)
    if options.text.form == .tokenLines {
      return try RunSentenceTraining(merged: merged, types: types, training: training, reading: reading)
        .run(into: &model)
    }
    return try train(RunDocumentSource(merged, types: types, training: training), training, into: &model)
  }

  /// What comes when n-grams and network are there: a network of another model, and the mixture.
  ///
  /// - Parameter networkSeconds: what training one took, which must not be lost for want of a mixture; nil for none.
  private func finish(
    _ summary: inout RunSummary, networkSeconds: Double?, into model: inout ModelOutput
  ) throws(Failure) {
    if case .taken(let kept) = options.network { try keepNetwork(of: kept, &summary, into: &model) }
    guard let mixture = summary.mixture else { return }
    let path = model.path(of: ModelDirectory.recurrentName)
    do throws(Failure) {
      let measured = try mixture.run(
        network: fileExists(path) ? try RecurrentModel(path: path) : nil, initial: below?.model,
        trainingSeconds: networkSeconds, into: &model)
      try diffs?.run(seen: measured, heldOut: mixture.heldOut, vocabulary: mixture.vocabulary, into: &model)
    } catch {
      guard networkSeconds != nil else { throw error }
      model.remove([TrainedContexts.fileName, MixtureWeights.fileName])
      reporter.warn(
        Failure(
          error.what, why: "left out of the model, which does without: \(error.why)",
          remedy: "free some space, and train again with --network \(output)"))
    }
  }

  /// Trains the network if one is asked for.
  private func trainNetwork(
    _ summary: inout RunSummary, _ ngrams: NGramTraining, learned: RecurrentTraining.Learned,
    into model: inout ModelOutput
  ) throws(Failure) -> RecurrentTraining.Outcome? {
    guard let text = summary.text, case .trained(let given, let resumes) = options.network else {
      return nil
    }
    summary.text = nil
    let network = options.completed(given)
    let vocabulary = summary.trained.vocabulary
    let initial = try initialNetwork(for: vocabulary, network)
    let training = RecurrentTraining(
      options: network, initial: initial?.network, resumes: resumes, reporter: reporter,
      shouldStop: shouldStop, output: output, isCompact: options.isCompact, sharing: sharing)
    let test = try testSequences(vocabulary)
    var outcome = try training.run(
      text, test: test, vocabulary: vocabulary, learned: learned, into: &model)
    outcome.description["from"] = initial?.description
    model["recurrent"] = .object(outcome.description)
    summary.metrics += outcome.metrics
    try mix(test: test, &summary, into: &model)
    return outcome
  }

  /// The network that one of such options begins as, and what the model says of it; nil for none.
  private func initialNetwork(
    for vocabulary: Vocabulary, _ options: RecurrentTrainingOptions
  ) throws(Failure) -> (network: InitialNetwork, description: JSON)? {
    guard let below else { return nil }
    let isNamed = if case .model = self.options.beginning { true } else { false }
    let found: (network: InitialNetwork, knownCount: Int, similarCount: Int)?
    do throws(Failure) { found = try below.network(for: vocabulary, units: options.units) } catch {
      if isNamed { throw error }
      reporter.warn(error)
      return nil
    }
    guard let found, isNamed || found.network.fits(options.sizes) else { return nil }
    if sharing != nil {
      // Those that assist read no other models.
      reporter.report(
        .network(
          .notice(
            "begins from nothing, as several processes do, and not as the network of \(below.name): one process learns the same with --from none"
          ), hasCheckpoint: false))
      return nil
    }
    reporter.report(
      .network(
        .notice(
          "begins as the network of \(below.name), which knows \(found.knownCount) of \(vocabulary.count) types and others that are spelled like \(found.similarCount) more"
        ), hasCheckpoint: false))
    return (
      found.network,
      [
        "model": .string(below.name), "knownTypes": JSON(found.knownCount),
        "similarTypes": JSON(found.similarCount),
      ]
    )
  }

  /// Takes the network of another model of the same text.
  private func keepNetwork(
    of path: String, _ summary: inout RunSummary, into model: inout ModelOutput
  ) throws(Failure) {
    let vocabulary = summary.trained.vocabulary
    let other = try ModelDirectory(path)
    guard let network = other.file(ModelDirectory.recurrentName) else {
      throw Failure(path, why: "has no network", remedy: "name a model that has one, or train one")
    }
    guard other.file(ModelDirectory.vocabularyName)?.bytes.elementsEqual(vocabulary.serialized()) == true
    else {
      throw Failure(
        path, why: "its vocabulary is not that of this text",
        remedy: "name a model of the same text, or train a network")
    }
    try model.write(ModelDirectory.recurrentName, Array(network.bytes))
    try network.checkIsWhole()
    if let backward = other.file(ModelDirectory.backwardName) {
      try model.write(ModelDirectory.backwardName, Array(backward.bytes))
      try backward.checkIsWhole()
    }
    model["recurrent"] = other["recurrent"]
    try mix(test: try testSequences(vocabulary), &summary, into: &model)
  }

  private var reading: CorpusReading {
    CorpusReading(options, forgotten: forgotten, reporter: reporter)
  }

  /// The text to test on, each sequence ended by `</s>`; empty for none.
  private func testSequences(_ vocabulary: Vocabulary) throws(Failure) -> [UInt32] {
    let paths = options.text.testPaths
    return paths.isEmpty ? [] : try reading.sequences(of: paths, vocabulary: vocabulary)
  }

  /// Fits the weight with which the network and the n-grams are mixed where there is no document to mix with.
  ///
  /// - Parameter test: a text to measure the mixture on; empty for none.
  private func mix(
    test: [UInt32], _ summary: inout RunSummary, into model: inout ModelOutput
  ) throws(Failure) {
    // Only files that neither has learned from tell how far to trust each.
    guard !options.text.validationPaths.isEmpty, options.text.form != .characters else { return }
    let heldOut = try reading.sequences(
      of: options.text.validationPaths, vocabulary: summary.trained.vocabulary)
    let mixture = StaticMixture(
      ngrams: try NGramModel(path: model.path(of: ModelDirectory.ngramsName)),
      network: try RecurrentModel(path: model.path(of: ModelDirectory.recurrentName)))
    var weight: Double?
    for (name, tokens) in [("heldOut", heldOut), ("test", test)] where !tokens.isEmpty {
      let stream = tokens.map { TokenID(rawValue: $0) }
      let scores = mixture.score(stream)
      let fitted = weight ?? StaticMixture.fitWeight(scores)
      weight = fitted
      var sum = Perplexity()
      for (index, token) in stream.enumerated() {
        sum.add(logProbability: scores.mixed(index, weight: fitted), isOOV: token == .unknown)
      }
      let metric = ModelMetric(on: name, component: "mixture", sum: sum)
      reporter.report(.metric(metric))
      summary.metrics.append(metric)
    }
    model["interpolation"] = ["recurrent": JSON(weight ?? 0.5)]
  }

  private func testMetrics(_ path: String, _ summary: RunSummary) throws(Failure) -> [ModelMetric] {
    guard !options.text.testPaths.isEmpty else { return [] }
    let model = try NGramModel(path: path)
    let sum = try reading.score(
      options.text.testPaths, model: model, vocabulary: summary.trained.vocabulary)
    let metric = ModelMetric(on: "test", component: "ngram", sum: sum)
    reporter.report(.metric(metric))
    return [metric]
  }

  private func describe(
    _ model: inout ModelOutput, _ summary: RunSummary, _ training: NGramTraining, startTime: String
  ) {
    model["trained"] = [
      "inkling": JSON(inklingVersion), "at": JSON(startTime), "seconds": JSON(reporter.elapsedSeconds),
      "seed": JSON(options.seed),
    ]
    if let provenance = options.provenance { model["provenance"] = .object(provenance) }
    model["units"] = JSON(options.text.form == .characters ? "character" : "word")
    model["vocabulary"] = ["types": JSON(summary.trained.vocabulary.count)]
    model["corpus"] = .object(summary.corpus)
    model["ngrams"] = training.description(of: summary.trained)
    model["metrics"] = .array(summary.metrics.map { .object($0.members) })
  }

  /// The model is in place by now: what fails here fails the run, but takes nothing with it.
  private func writeARPA(_ path: String, _ model: NGramModel, _ summary: RunSummary) throws(Failure) {
    reporter.begin(.arpaWriting)
    defer { reporter.end() }
    do throws(Failure) { try ARPAWriter.write(model, summary.trained.vocabulary, to: path) } catch {
      throw Failure(
        error.what, why: "the ARPA file was not written: \(error.why)",
        remedy: "the model is in place in \(output) all the same")
    }
  }
}
