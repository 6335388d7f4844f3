import JSON
import LanguageModeling
import NeuralTraining
import Platform
import Privacy
import Tagging

/// One build of a tagger, its inputs readable as often as it needs them.
struct TaggerRun {
  let paths: [String]
  let output: String
  let isOutputNamed: Bool
  let options: TaggerBuildingOptions
  let reporter: BuildReporter
  let shouldStop: @Sendable () -> Bool

  /// What is learned from and measured on.
  struct Text {
    var tags: [String]
    var training: [TaggedSentence]
    var heldOut: [TaggedSentence]
    var test: [TaggedSentence]

    static func wordCount(_ sentences: [TaggedSentence]) -> Int {
      sentences.reduce(0) { $0 + $1.words.count }
    }
  }

  func run() throws(Failure) -> BuiltTagger {
    let checkpointPath = RecurrentTraining.checkpointPath(besideModel: output)
    if !isOutputNamed { try OutputChecks.checkDefaultOutput(TaggerBuilder.defaultOutput) }
    let kind = options.resolvedKind
    if kind.encoder != nil {
      try OutputChecks.checkCheckpoint(checkpointPath, resumes: options.resumes)
    }
    let startTime = utcTimestamp()
    let forgotten = try ForgottenList.read(besideModel: output)
    var model = try ModelOutput(output, reporter: reporter)
    var built = BuiltTagger(path: output, kind: kind, seconds: 0, byteCount: 0)
    var wasInterrupted = false
    do throws(Failure) {
      let text = try read(forgotten)
      let tagger: any SequenceTagger
      (tagger, wasInterrupted) = try train(kind, text, checkpointPath, into: &model)
      try measure(tagger, text, &built)
      describe(&model, text, built, startTime: startTime)
      model["forgotten"] = forgotten.mark.json
      built.byteCount = try byteCount(model)
      try model.commit(log: reporter.log)
    } catch {
      let explained = model.explained(error)
      model.cancel()
      throw explained
    }
    if kind.encoder != nil, !wasInterrupted { RecurrentTraining.removeCheckpoint(checkpointPath) }
    built.seconds = reporter.elapsedSeconds
    reporter.report(.tagging(.finished(built)))
    return built
  }

  // MARK: Reading

  private func read(_ forgotten: ForgottenList) throws(Failure) -> Text {
    reporter.begin(.reading)
    defer { reporter.end() }
    let reading = TaggedTextReading(
      forgotten: forgotten, reporter: reporter,
      columns: options.classCount == nil ? .wordAndTag : .words)
    let (training, tags) = try reading.read(paths)
    guard training.contains(where: { !$0.words.isEmpty }) else {
      throw Failure(
        paths.first ?? "tagged text", why: "there is no word in it",
        remedy: "name files with a word, a tab and its tag a line")
    }
    // Of other files tags that were not learned are wrong answers to come.
    let text = Text(
      tags: tags, training: training,
      heldOut: try reading.read(options.validationPaths, tags: tags).sentences,
      test: try reading.read(options.testPaths, tags: tags).sentences)
    reporter.report(
      .tagging(
        .text(
          kind: options.resolvedKind, isDefault: options.kind == nil && options.classCount == nil,
          sentences: training.count, words: Text.wordCount(training),
          tags: options.classCount ?? tags.count)))
    return text
  }

  // MARK: Training

  private func train(
    _ kind: TaggerKind, _ text: Text, _ checkpointPath: String, into model: inout ModelOutput
  ) throws(Failure) -> (tagger: any SequenceTagger, wasInterrupted: Bool) {
    if let encoder = kind.encoder {
      let training = TaggingNetworkTraining(
        encoder: encoder, hasField: kind == .bilstmCRF, options: options, checkpointPath: checkpointPath,
        reporter: reporter, shouldStop: shouldStop)
      return try training.run(text, into: &model)
    }
    reporter.begin(.tagger)
    defer { reporter.end() }
    let tagger: any SequenceTagger
    if let classCount = options.classCount {
      let found = try induce(classCount, text)
      try model.write(TaggerModel.fileName, found.serialized())
      tagger = found
    } else if kind == .hmm {
      let counted = try HiddenMarkovTagger(text.training, tags: text.tags)
      try model.write(TaggerModel.fileName, counted.serialized())
      tagger = counted
    } else {
      let field = try trainField(text)
      try model.write(TaggerModel.fileName, field.serialized())
      tagger = field
    }
    return (tagger, false)
  }

  private var threadCount: Int { options.threadCount ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  private func trainField(_ text: Text) throws(Failure) -> ConditionalRandomFieldTagger {
    var field = ConditionalRandomFieldOptions()
    field.seed = options.seed
    field.threadCount = threadCount
    if let epochs = options.epochs { field.epochs = epochs }
    let trainer = try ConditionalRandomFieldTrainer(text.training, tags: text.tags, options: field)
    for epoch in 0..<field.epochs {
      let words = Text.wordCount(text.training)
      let loss = try trainer.pass(
        epoch,
        progress: { part in
          let done = (Double(epoch) + part) / Double(field.epochs)
          reporter.update(fraction: done, tokenCount: Int(done * Double(words * field.epochs)))
        }, shouldStop: shouldStop)
      let measured =
        text.heldOut.isEmpty ? nil : try accuracy(trainer.tagger(), text.heldOut, text).accuracy
      reporter.report(.tagging(.pass(epoch + 1, loss: loss, heldOut: measured)))
      if shouldStop() { break }
    }
    return trainer.tagger()
  }

  /// Passes of Baum–Welch, where nobody says how many.
  private static let classPasses = 40

  private func induce(_ classCount: Int, _ text: Text) throws(Failure) -> HiddenMarkovTagger {
    var learner = try BaumWelch(
      text.training, classCount: classCount, seed: options.seed, threadCount: threadCount)
    let passes = options.epochs ?? Self.classPasses
    let words = Double(Text.wordCount(text.training))
    for pass in 0..<passes {
      let logLikelihood = try learner.step()
      reporter.update(fraction: Double(pass + 1) / Double(passes))
      reporter.report(.tagging(.pass(pass + 1, loss: -logLikelihood / words, heldOut: nil)))
      if shouldStop() { break }
    }
    return learner.tagger(tags: (1...classCount).map { "C\($0)" })
  }

  // MARK: Measuring

  private func measure(
    _ tagger: any SequenceTagger, _ text: Text, _ built: inout BuiltTagger
  ) throws(Failure) {
    for (name, sentences) in [("heldOut", text.heldOut), ("test", text.test)] where !sentences.isEmpty {
      if options.classCount != nil {
        try measureClasses(tagger, sentences, on: name, tagCount: text.tags.count)
        continue
      }
      let start = monotonicSeconds()
      for sentence in sentences { _ = try tagger.tags(of: sentence.words) }
      let seconds = monotonicSeconds() - start
      let accuracy = try accuracy(tagger, sentences, text)
      if name == "test" { built.test = accuracy } else { built.heldOut = accuracy }
      reporter.report(
        .tagging(
          .accuracy(
            accuracy, on: name,
            microsecondsPerWord: 1e6 * seconds / Double(max(1, Text.wordCount(sentences))))))
    }
  }

  private func accuracy(
    _ tagger: any SequenceTagger, _ sentences: [TaggedSentence], _ text: Text
  ) throws(Failure) -> TaggingAccuracy {
    let known = Set(text.training.flatMap(\.words))
    var accuracy = TaggingAccuracy(tags: text.tags)
    for sentence in sentences {
      accuracy.count(
        sentence, answers: try tagger.tags(of: sentence.words),
        isKnown: { known.contains(sentence.words[$0]) })
    }
    return accuracy
  }

  /// Every class stands for the tag that most of its words have ("many to one").
  private func measureClasses(
    _ tagger: any SequenceTagger, _ sentences: [TaggedSentence], on name: String, tagCount: Int
  ) throws(Failure) {
    guard tagCount > 0 else { return }
    var counts = [Int](repeating: 0, count: tagger.tags.count * tagCount)
    for sentence in sentences {
      for (tag, found) in zip(sentence.tags, try tagger.tags(of: sentence.words)) where tag >= 0 {
        counts[found * tagCount + tag] += 1
      }
    }
    let words = counts.reduce(0, +)
    guard words > 0 else { return }
    let right = tagger.tags.indices.reduce(0) { sum, found in
      sum + (counts[found * tagCount..<(found + 1) * tagCount].max() ?? 0)
    }
    reporter.report(.tagging(.classes(accuracy: Double(right) / Double(words), words: words, on: name)))
  }

  // MARK: The description

  private func describe(
    _ model: inout ModelOutput, _ text: Text, _ built: BuiltTagger, startTime: String
  ) {
    let tags =
      options.classCount.map { count in (1...count).map { JSON.string("C\($0)") } }
      ?? text.tags.map { JSON.string($0) }
    model["kind"] = .string(ModelKind.tagger.rawValue)
    model["tagger"] = .string(built.kind.rawValue)
    model["tags"] = .array(tags)
    model["trained"] = [
      "inkling": JSON(inklingVersion), "at": JSON(startTime), "seconds": JSON(reporter.elapsedSeconds),
      "seed": JSON(options.seed),
    ]
    model["corpus"] = [
      "sentences": JSON(text.training.count), "words": JSON(Text.wordCount(text.training)),
    ]
    var metrics: [JSON] = []
    for (name, accuracy) in [("heldOut", built.heldOut), ("test", built.test)] {
      guard let accuracy else { continue }
      metrics.append([
        "on": .string(name), "accuracy": JSON(accuracy.accuracy), "words": JSON(accuracy.wordCount),
        "unknownAccuracy": JSON(accuracy.unknownAccuracy), "unknownWords": JSON(accuracy.unknownCount),
      ])
    }
    model["metrics"] = .array(metrics)
  }

  private func byteCount(_ model: borrowing ModelOutput) throws(Failure) -> Int {
    var sum = 0
    for name in [TaggerModel.fileName, ModelDirectory.networkName, ModelDirectory.vocabularyName]
    where fileExists(model.path(of: name)) {
      sum += try MappedFile(model.path(of: name)).count
    }
    return sum
  }
}
