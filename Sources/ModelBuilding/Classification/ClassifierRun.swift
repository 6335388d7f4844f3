import Classification
import JSON
import LanguageModeling
import Neural
import NeuralTraining
import Platform
import Privacy

/// One build of a classifier.
struct ClassifierRun {
  struct Input {
    /// Where it can be read, and how the person called it.
    var path: String
    var name: String
  }

  struct Inputs {
    var training: Input
    var validation: Input?
    var test: Input?
  }

  let inputs: Inputs
  let output: String
  let options: ClassifierBuildingOptions
  let reporter: BuildReporter
  let shouldStop: @Sendable () -> Bool

  private var threadCount: Int {
    options.training.threadCount ?? max(1, min(16, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }
  private var checkpointPath: String { RecurrentTraining.checkpointPath(besideModel: output) }

  func run() throws(Failure) -> BuiltClassifier {
    let startTime = utcTimestamp()
    let forgotten = try ForgottenList.read(besideModel: output)
    try ModelOutput.check(output)
    let keepsCheckpoint = options.encoder != .bag && options.encoder != .auto
    if keepsCheckpoint {
      try OutputChecks.checkCheckpoint(checkpointPath, resumes: options.resumes)
      removeAbandonedTemporaries(of: checkpointPath, includesOldNames: true)
    }
    let text = try read(forgotten)
    var scores: [ClassifierReport.Part] = []
    if options.foldCount > 0 {
      scores.append(.init(on: "folds", scores: try crossValidate(text.training), text: text.training))
    }
    var model = try ModelOutput(output, reporter: reporter)
    let encoderName: String
    do throws(Failure) {
      let trained = try ClassifierTraining(
        options: options, reporter: reporter, shouldStop: shouldStop, threadCount: threadCount,
        checkpointPath: checkpointPath
      ).run(text.training, validation: text.validation)
      if let heldOut = trained.heldOut { scores.append(heldOut) }
      if let test = text.test {
        scores.append(
          .init(on: "test", scores: try trained.measure(test, threadCount: threadCount), text: test))
      }
      for part in scores where part.on != "folds" {
        reporter.report(.classifier(.scores(part.scores, on: part.on)))
      }
      encoderName = trained.encoderName
      try trained.write(to: &model)
      describe(&model, trained, text, scores, startTime: startTime)
      model["forgotten"] = forgotten.mark.json
      let report = ClassifierReport(parts: scores, run: trained.report).html
      model.writeOptional(ModelDirectory.reportName, Array(report.utf8))
      try model.commit(log: reporter.log)
      if !trained.wasInterrupted, keepsCheckpoint {
        RecurrentTraining.removeCheckpoint(checkpointPath)
      }
    } catch {
      let explained = model.explained(error)
      model.cancel()
      throw explained
    }
    let built = BuiltClassifier(
      path: output, encoder: encoderName, seconds: reporter.elapsedSeconds, labels: text.training.labels,
      exampleCount: text.training.examples.count)
    reporter.report(.classifier(.finished(built)))
    return built
  }

  // MARK: Text

  struct Text {
    var training: LabelledExamples
    var validation: LabelledExamples?
    var test: LabelledExamples?
  }

  private func read(_ forgotten: ForgottenList) throws(Failure) -> Text {
    reporter.begin(.reading)
    let reading = LabelledReading(
      types: TypeReader(forgotten: forgotten.lastingWords), forgottenPaths: forgotten.paths,
      threadCount: threadCount)
    let training = try reading.read(inputs.training.path, name: inputs.training.name)
    guard training.labels.count >= 2 else {
      throw Failure(
        inputs.training.name, why: "all examples have one label, \(training.labels[0])",
        remedy: "add examples of at least one more to tell apart")
    }
    for (first, second) in training.likeLabels {
      reporter.warn(
        Failure(
          "the labels \(first) and \(second)",
          why: "differ in how they are written alone, and are two to the classifier",
          remedy: "write them alike if they mean the same"))
    }
    func other(_ input: Input?) throws(Failure) -> LabelledExamples? {
      try input.map { input throws(Failure) in
        try reading.read(input.path, name: input.name, labels: training.labels)
      }
    }
    let text = Text(
      training: training, validation: try other(inputs.validation), test: try other(inputs.test))
    reporter.end()
    reporter.report(
      .classifier(
        .examples(
          .init(
            labels: training.labels, counts: training.counts,
            heldOutCount: text.validation?.examples.count ?? 0,
            testCount: text.test?.examples.count ?? 0, byteCount: training.byteCount))))
    return text
  }

  /// Trains on all but every so many-th example and measures on those, from each place.
  private func crossValidate(_ text: LabelledExamples) throws(Failure) -> LabelScores {
    let count = options.foldCount
    guard text.examples.count >= count else {
      throw Failure(
        "folds", why: "are \(count), and there are \(text.examples.count) examples",
        remedy: "choose fewer folds")
    }
    var all = LabelScores(labels: text.labels)
    for fold in 0..<min(count, options.foldLimit ?? count) {
      let test = text.part { $0 % count == fold }
      let trained = try ClassifierTraining(
        options: options, reporter: reporter, shouldStop: shouldStop, threadCount: threadCount,
        checkpointPath: nil
      ).run(text.part { $0 % count != fold }, validation: nil)
      guard !shouldStop() else {
        throw Failure("cross-validation", why: "was stopped", remedy: "train without --folds for a model")
      }
      let scores = try trained.measure(test, threadCount: threadCount)
      reporter.report(.classifier(.scores(scores, on: "fold \(fold)")))
      for entry in scores.entries {
        all.add(label: entry.label, logits: entry.logits, example: entry.example * count + fold)
      }
    }
    reporter.report(.classifier(.scores(all, on: "folds")))
    return all
  }

  private func describe(
    _ model: inout ModelOutput, _ trained: ClassifierTraining.Outcome, _ text: Text,
    _ parts: [ClassifierReport.Part], startTime: String
  ) {
    model["trained"] = [
      "inkling": JSON(inklingVersion), "at": JSON(startTime), "seconds": JSON(reporter.elapsedSeconds),
      "seed": JSON(options.training.seed),
    ]
    model["examples"] = .array(
      zip(text.training.labels, text.training.counts).map { ["label": .string($0), "examples": JSON($1)] })
    model["metrics"] = .array(
      parts.map { part in
        var members: JSONObject = ["on": .string(part.on)]
        for (key, value) in part.scores.members { members[key] = value }
        return .object(members)
      })
  }
}
