import JSON
import LanguageModeling
import Neural
import NeuralTraining
import Platform
import Privacy
import Transduction

/// One build of a transducer, its inputs readable as often as it needs them.
struct TransducerRun {
  let paths: [String]
  let output: String
  let isOutputNamed: Bool
  let options: TransducerBuildingOptions
  let reporter: BuildReporter
  let shouldStop: @Sendable () -> Bool

  /// What is learned from and measured on.
  private struct Text {
    var training: [UnitPair]
    var heldOut: [UnitPair]
    var test: [UnitPair]
  }

  /// Without files to choose by, every so many pairs of this many at least.
  private static let heldOutStride = 20
  private static let splitPairCount = 200
  /// Pairs that the finished model is measured on at the most.
  private static let measuredPairCount = 2_000
  /// A target may become so many units longer than any that was learned from.
  private static let targetMargin = 8

  func run() throws(Failure) -> BuiltTransducer {
    let checkpointPath = RecurrentTraining.checkpointPath(besideModel: output)
    if !isOutputNamed { try OutputChecks.checkDefaultOutput(TransducerBuilder.defaultOutput) }
    try OutputChecks.checkCheckpoint(checkpointPath, resumes: options.resumes)
    let startTime = utcTimestamp()
    let forgotten = try ForgottenList.read(besideModel: output)
    var model = try ModelOutput(output, reporter: reporter)
    var built = BuiltTransducer(path: output, seconds: 0, pairCount: 0)
    let wasInterrupted: Bool
    do throws(Failure) {
      let (text, vocabulary) = try read(forgotten)
      let transducer: TransducerModel
      (transducer, wasInterrupted) = try train(text, vocabulary, checkpointPath, into: &model)
      built.pairCount = text.training.count
      try measure(transducer, text, &built)
      describe(&model, text, built, startTime: startTime)
      model["forgotten"] = forgotten.mark.json
      try model.commit(log: reporter.log)
    } catch {
      let explained = model.explained(error)
      model.cancel()
      throw explained
    }
    if !wasInterrupted { RecurrentTraining.removeCheckpoint(checkpointPath) }
    built.seconds = reporter.elapsedSeconds
    reporter.report(.transduction(.finished(built)))
    return built
  }

  // MARK: Reading

  private func read(_ forgotten: ForgottenList) throws(Failure) -> (Text, Vocabulary) {
    reporter.begin(.reading)
    defer { reporter.end() }
    let reading = PairReading(
      units: options.units, unitLimit: options.maximumLength, forgotten: forgotten, reporter: reporter)
    let read = try reading.read(paths)
    guard !read.pairs.isEmpty else {
      throw Failure(
        paths.first ?? "pairs", why: "there are no pairs in it that can be learned from",
        remedy: read.tooLong > 0 ? "choose a greater --length" : "write source, tab, target on a line each")
    }
    var text = Text(
      training: read.pairs, heldOut: try reading.read(options.validationPaths).pairs,
      test: try reading.read(options.testPaths).pairs)
    if options.validationPaths.isEmpty, read.pairs.count >= Self.splitPairCount {
      let (stride, places) = (Self.heldOutStride, read.pairs.indices)
      text.heldOut = places.filter { $0 % stride == stride - 1 }.map { read.pairs[$0] }
      text.training = places.filter { $0 % stride != stride - 1 }.map { read.pairs[$0] }
    }
    let vocabulary = vocabulary(text.training)
    reporter.report(
      .transduction(
        .pairs(
          training: text.training.count, heldOut: text.heldOut.count, tooLong: read.tooLong,
          withheld: read.withheld, types: vocabulary.count)))
    return (text, vocabulary)
  }

  /// The most frequent units. Of many pairs those that occur once are left out, so that copying what is unknown is learned.
  private func vocabulary(_ pairs: [UnitPair]) -> Vocabulary {
    var counts: [[UInt8]: Int] = [:]
    for pair in pairs {
      for unit in pair.source { counts[unit, default: 0] += 1 }
      for unit in pair.target { counts[unit, default: 0] += 1 }
    }
    let least = pairs.count < Self.splitPairCount ? 1 : 2
    let frequent = counts.filter { $0.value >= least }
      .sorted { $0.value == $1.value ? $0.key.lexicographicallyPrecedes($1.key) : $0.value > $1.value }
    return Vocabulary(types: frequent.prefix(options.vocabularyLimit).map(\.key))
  }

  private func numbered(_ pairs: [UnitPair], _ vocabulary: Vocabulary) -> [SequencePair] {
    pairs.map { pair in
      var known = ExtendedVocabulary(vocabulary)
      let source = pair.source.map { known.number(ofSource: $0) }
      return SequencePair(source: source, target: pair.target.map(known.number(ofTarget:)))
    }
  }

  // MARK: Training

  private func train(
    _ text: Text, _ vocabulary: Vocabulary, _ checkpointPath: String, into model: inout ModelOutput
  ) throws(Failure) -> (model: TransducerModel, wasInterrupted: Bool) {
    let description = try NetworkDescription.transducer(options.sizes, typeCount: vocabulary.count)
    var training = options.training
    training.length = options.length(pairCount: text.training.count)
    let paired = PairedText(
      training: numbered(text.training, vocabulary), heldOut: numbered(text.heldOut, vocabulary),
      typeCount: vocabulary.count)
    reporter.begin(.network)
    let trainer = try TransducerTrainer(
      paired, description: description, options: training, checkpointPath: checkpointPath,
      resumes: options.resumes)
    var run = NetworkRun(reporter)
    let trained = try trainer.run(report: { run.take($0) }, shouldStop: shouldStop)
    reporter.end()
    try model.write(ModelDirectory.vocabularyName, vocabulary.serialized())
    try model.write(ModelDirectory.networkName, trained.serialized)
    model["network"] = description.json
    model.writeOptional(ModelDirectory.reportName, run.page)
    let longest = (text.training + text.heldOut).map(\.target.count).max() ?? 0
    let targetLimit = min(longest + Self.targetMargin, TransducerModel.unitLimits.upperBound)
    model["transducer"] = [
      "units": .string(options.units.rawValue), "maximumSource": JSON(options.maximumLength),
      "maximumTarget": JSON(targetLimit),
    ]
    let file = try Safetensors(model.path(of: ModelDirectory.networkName))
    let transducer = try TransducerModel(
      LayeredNetwork(description, weights: file), vocabulary: vocabulary, units: options.units,
      sourceLimit: options.maximumLength, targetLimit: targetLimit, path: output)
    return (transducer, run.wasInterrupted)
  }

  // MARK: Measuring

  private func measure(
    _ transducer: TransducerModel, _ text: Text, _ built: inout BuiltTransducer
  ) throws(Failure) {
    for (name, pairs) in [("heldOut", text.heldOut), ("test", text.test)] where !pairs.isEmpty {
      reporter.begin(.measuring)
      defer { reporter.end() }
      var accuracy = TransductionAccuracy(width: options.beamWidth)
      let measured = pairs.prefix(Self.measuredPairCount)
      for (place, pair) in measured.enumerated() {
        let start = monotonicSeconds()
        let answer = try transducer.transform(
          options.units.join(pair.source), beamWidth: options.beamWidth, limit: options.beamWidth)
        accuracy.seconds += monotonicSeconds() - start
        accuracy.count(pair.target, outputs: answer.outputs.map(\.text), units: options.units)
        reporter.update(fraction: Double(place + 1) / Double(measured.count))
        if shouldStop() { break }
      }
      if name == "test" { built.test = accuracy } else { built.heldOut = accuracy }
      reporter.report(.transduction(.accuracy(accuracy, on: name)))
    }
  }

  private func describe(
    _ model: inout ModelOutput, _ text: Text, _ built: BuiltTransducer, startTime: String
  ) {
    model["kind"] = .string(ModelKind.transducer.rawValue)
    model["trained"] = [
      "inkling": JSON(inklingVersion), "at": JSON(startTime), "seconds": JSON(reporter.elapsedSeconds),
      "seed": JSON(options.training.seed),
    ]
    model["corpus"] = ["pairs": JSON(text.training.count)]
    var metrics: [JSON] = []
    for (name, accuracy) in [("heldOut", built.heldOut), ("test", built.test)] {
      if let accuracy { metrics.append(.object(accuracy.members(on: name))) }
    }
    model["metrics"] = .array(metrics)
  }
}
