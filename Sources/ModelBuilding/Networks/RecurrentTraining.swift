import JSON
import LanguageModeling
import Neural
import NeuralTraining
import Platform
import Privacy

/// Trains the network of a model whose vocabulary and n-grams are there already.
struct RecurrentTraining {
  /// What a run leaves for the model.
  struct Outcome {
    /// The page about the run, which the model can do without.
    var report: [UInt8] = []
    /// The description's member `recurrent`.
    var description = JSONObject()
    var metrics: [ModelMetric] = []
    var checkpointPath = ""
    /// Whether a signal ended the training early; the checkpoint is then still there.
    var wasInterrupted = false
  }

  /// A network that has been trained and is not in a model yet.
  final class Learned {
    fileprivate(set) var trainer: NeuralTrainer?

    /// Keeps it in the checkpoint, where the model could not be written, and says so in the failure.
    func keep(after failure: Failure, at path: String, reporter: BuildReporter) -> Failure {
      guard let trainer else { return failure }
      var result = failure
      do throws(Failure) {
        try trainer.writeCheckpoint()
        let state = "what the network has learned is in \(path), and --resume goes on from there"
        result.remedy = result.remedy.isEmpty ? state : "\(result.remedy); \(state)"
      } catch {
        reporter.warn(
          Failure(error.what, why: "the checkpoint was not written: \(error.why)", remedy: error.remedy))
      }
      return result
    }
  }

  /// With the build's units, seed and limit of memory.
  let options: RecurrentTrainingOptions
  /// What the network begins as; nil for none.
  let initial: InitialNetwork?
  let resumes: Bool
  let reporter: BuildReporter
  /// Asked after each step; true ends the training with what has been learned.
  let shouldStop: @Sendable () -> Bool
  /// Where the model will be: the checkpoint is kept beside it.
  let output: String
  /// Whether the model gets its matrices in half the space.
  var isCompact = false
  /// Of a network that several processes learn together; nil for one.
  var sharing: SharedTraining?

  var checkpointPath: String {
    Self.checkpointPath(besideModel: output)
  }

  static func checkpointPath(besideModel output: String) -> String {
    var path = output
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    // The folder's own name, where the path has none.
    if path == "." || path == ".." || path.hasSuffix("/.") || path.hasSuffix("/..") {
      path = realPath(path) ?? path
    }
    return path + ".checkpoint"
  }

  /// Removes the checkpoint of a run that has ended; behind a link, the file.
  static func removeCheckpoint(_ path: String) {
    if let real = realPath(path), fileExists(real), !isDirectory(real) { unlink(real) }
  }

  /// Trains on `text` and writes the network and the report.
  ///
  /// - Parameters:
  ///   - test: a text to measure the finished network on; empty for none.
  ///   - learned: told what has been learned, before any of it is written.
  ///   - model: takes the files.
  func run(
    _ text: TrainingText, test: [UInt32], vocabulary: Vocabulary, learned: Learned,
    into model: inout ModelOutput
  ) throws(Failure) -> Outcome {
    reporter.begin(.networkPlan)
    let trainer = try NeuralTrainer(
      text, options: options, initial: initial, checkpointPath: checkpointPath, resumes: resumes,
      sharing: sharing)
    reporter.end()
    var report = TrainingReport()
    reporter.begin(.network)
    var outcome = Outcome()
    outcome.checkpointPath = checkpointPath
    var checkpointFailure: Failure?
    let network = try trainer.run(
      report: { event in
        report.record(event)
        switch event {
        case .finished(let summary): outcome.wasInterrupted = summary.wasInterrupted
        case .checkpoint: checkpointFailure = nil
        case .checkpointFailed(let failure):
          // Once is enough to know; the next ones may fit again.
          if checkpointFailure == nil { warn(checkpoint: failure) }
          checkpointFailure = failure
        default: break
        }
        tell(event, hasCheckpoint: checkpointFailure == nil)
      }, shouldStop: shouldStop)
    sharing?.group.end()
    reporter.end()
    learned.trainer = trainer
    let file = model.path(of: ModelDirectory.recurrentName)
    do throws(Failure) {
      try network.write(to: file, isCompact: isCompact)
    } catch { throw model.explained(error) }
    try model.add(ModelDirectory.recurrentName)
    if network.direction == .both {
      let file = model.path(of: ModelDirectory.backwardName)
      do throws(Failure) {
        try network.writeBackward(to: file, isCompact: isCompact)
      } catch { throw model.explained(error) }
      try model.add(ModelDirectory.backwardName)
    }
    outcome.report = Array(report.html(samples: try samples(file, vocabulary)).utf8)
    outcome.description = description(trainer.plan, network)
    if let loss = network.heldOutLoss, let heldOut = text.heldOut, !heldOut.isEmpty {
      outcome.metrics.append(metric("heldOut", "recurrent", loss, heldOut))
      if network.direction == .both {
        outcome.metrics += measured(network, on: "heldOut", heldOut).filter { $0.component == "both" }
      }
    }
    if !test.isEmpty { outcome.metrics += measured(network, on: "test", test) }
    return outcome
  }

  /// Measures a finished network on a text: the forward one, and both directions where there are two.
  private func measured(_ network: TrainedNetwork, on part: String, _ tokens: [UInt32]) -> [ModelMetric] {
    let losses = network.losses(of: tokens, threadCount: options.threadCount)
    var metrics = [metric(part, "recurrent", losses.forward, tokens)]
    if let both = losses.both { metrics.append(metric(part, "both", both, tokens)) }
    for metric in metrics where part == "test" || metric.component == "both" {
      reporter.report(.metric(metric))
    }
    return metrics
  }

  private func metric(
    _ part: String, _ component: String, _ loss: Double, _ tokens: [UInt32]
  ) -> ModelMetric {
    let oov = tokens.count { $0 == TokenID.unknown.rawValue }
    let bits = loss / log(2) * Double(tokens.count)
    return ModelMetric(
      on: part, component: component,
      sum: Perplexity(tokens: tokens.count, oov: oov, bits: bits, oovBits: 0, bytes: 0), hasOOVPart: false)
  }

  private func description(_ plan: TrainingPlan, _ network: TrainedNetwork) -> JSONObject {
    var object = plan.json.objectValue ?? JSONObject()
    object["event"] = nil
    if let loss = network.heldOutLoss {
      object["heldOutLoss"] = JSON(loss)
      object["heldOutPerplexity"] = JSON(exp(loss))
    }
    return object
  }

  private func warn(checkpoint failure: Failure) {
    reporter.end()
    reporter.warn(
      Failure(
        failure.what, why: "the checkpoint was not written, and training goes on: \(failure.why)",
        remedy: "free some space, or this run cannot be resumed"))
  }

  private func tell(_ event: TrainingEvent, hasCheckpoint: Bool) {
    guard case .progress(let progress) = event else {
      return reporter.report(.network(event, hasCheckpoint: hasCheckpoint))
    }
    reporter.update(
      fraction: Double(progress.step) / Double(max(progress.plannedSteps, 1)),
      tokenCount: Int(progress.epoch * Double(tokensPerEpoch(progress))), loss: progress.loss)
  }

  private func tokensPerEpoch(_ progress: TrainingEvent.Progress) -> Double {
    guard progress.epoch > 0 else { return 0 }
    return progress.tokensPerSecond * progress.elapsedSeconds / progress.epoch
  }

  /// What the network writes after a few beginnings, for the report.
  private func samples(
    _ path: String, _ vocabulary: Vocabulary
  ) throws(Failure) -> [(prompt: String, text: String)] {
    let model = try RecurrentModel(path: path)
    var random = SplitMix64(seed: options.seed)
    return (1...3).map { number in
      var state = model.sentenceStartState
      var words: [String] = []
      for _ in 0..<40 {
        let token = model.sample(after: state, &random)
        let type = vocabulary.bytes(of: token)
        if token == .sentenceEnd {
          words.append("¶")
        } else if !Tokenization.standsForNoText(type) {
          words.append(type == Tokenization.lineEnd ? "⏎" : vocabulary.string(of: token))
        }
        model.step(token, &state)
      }
      return ("\(number).", words.joined(separator: options.units == .character ? "" : " "))
    }
  }
}

extension RecurrentModel {
  /// A token drawn from the distribution after `state`, sharpened a little.
  fileprivate func sample(after state: RecurrentState, _ random: inout some RandomNumberGenerator) -> TokenID
  {
    let values = distribution(after: state).logProbabilities
    let weights = values.map { exp(Double($0) / 0.8) }
    var rest = Double.random(in: 0..<max(weights.reduce(0, +), 1e-300), using: &random)
    for (index, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0, tokens[index] != .unknown { return tokens[index] }
    }
    return .sentenceEnd
  }
}
