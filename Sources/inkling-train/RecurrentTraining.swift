import Console
import Corpora
import JSON
import LanguageModeling
import Neural
import NeuralTraining
import Platform
import Prediction
import Synchronization

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
    func keep(after failure: Failure, at path: String) -> Failure {
      guard let trainer else { return failure }
      var result = failure
      do throws(Failure) {
        try trainer.writeCheckpoint()
        let state = "what the network has learned is in \(path), and --resume goes on from there"
        result.remedy = result.remedy.isEmpty ? state : "\(result.remedy); \(state)"
      } catch {
        Console.warn(
          Failure(error.what, why: "the checkpoint was not written: \(error.why)", remedy: error.remedy))
      }
      return result
    }
  }

  let arguments: RecurrentArguments
  let seed: UInt64
  /// Bytes; nil for no limit.
  let memoryLimit: Int?
  let units: RecurrentArchitecture.Units
  let reporter: Reporter
  /// Where the model will be: the checkpoint is kept beside it.
  let output: String

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

  /// Trains on `text` and writes the network and the report. Signals end the training early, and are not listened to any
  /// more when it has ended, until the caller takes the handler back.
  ///
  /// - Parameters:
  ///   - test: a text to measure the finished network on; empty for none.
  ///   - learned: told what has been learned, before any of it is written.
  ///   - model: takes the files.
  func run(
    _ text: TrainingText, test: [UInt32], vocabulary: Vocabulary, learned: Learned,
    into model: inout ModelOutput
  ) throws -> Outcome {
    let options = try arguments.options(units: units, seed: seed, memoryLimit: memoryLimit)
    reporter.begin("planning the network")
    let trainer = try NeuralTrainer(
      text, options: options, checkpointPath: checkpointPath, resumes: arguments.resume)
    reporter.end()
    let stop = StopFlag()
    Interruption.setHandler { _ in
      // Whoever asks twice does not want to wait for the end of a step.
      switch stop.request() {
      case .first:
        Interruption.say("stopping: the model gets what was learned so far (once more to give it up)")
      case .repeated: break
      case .impatient: return false
      }
      return true
    }
    var report = TrainingReport()
    reporter.begin("network")
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
      }, shouldStop: { stop.isSet })
    reporter.end()
    learned.trainer = trainer
    let file = model.path(of: ModelDirectory.recurrentName)
    do throws(Failure) { try network.write(to: file) } catch { throw model.explained(error) }
    try model.add(ModelDirectory.recurrentName)
    outcome.report = Array(report.html(samples: try samples(file, vocabulary)).utf8)
    outcome.description = description(trainer.plan, network)
    if let loss = network.heldOutLoss, let heldOut = text.heldOut, !heldOut.isEmpty {
      outcome.metrics.append(metric("heldOut", loss, heldOut))
    }
    if !test.isEmpty {
      let metric = metric("test", network.loss(of: test, threadCount: options.threadCount), test)
      reporter.report("metrics", metric.members, text: metric.text)
      outcome.metrics.append(metric)
    }
    return outcome
  }

  private func metric(_ part: String, _ loss: Double, _ tokens: [UInt32]) -> ModelMetric {
    let oov = tokens.count { $0 == TokenID.unknown.rawValue }
    let bits = loss / log(2) * Double(tokens.count)
    return ModelMetric(
      on: part, component: "recurrent",
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
    Console.warn(
      Failure(
        failure.what, why: "the checkpoint was not written, and training goes on: \(failure.why)",
        remedy: "free some space, or this run cannot be resumed"))
  }

  private func tell(_ event: TrainingEvent, hasCheckpoint: Bool) {
    let members = event.json.objectValue ?? JSONObject()
    switch event {
    case .progress(let progress):
      reporter.update(
        fraction: Double(progress.step) / Double(max(progress.plannedSteps, 1)),
        units: (Int(progress.epoch * Double(tokensPerEpoch(progress))), "tokens"), loss: progress.loss)
    case .plan(let plan): report("networkPlan", members, "Network: \(plan.summary)")
    case .evaluation(let evaluation):
      let perplexity = evaluation.heldOutPerplexity.map {
        ", held-out perplexity " + NumberText.fixed($0, digits: 2)
      }
      report(
        "networkEvaluation", members,
        "  pass \(NumberText.fixed(evaluation.epoch, digits: 2)): training loss "
          + NumberText.fixed(evaluation.trainingLoss, digits: 3) + (perplexity ?? "")
          + ", \(NumberText.short(evaluation.tokensPerSecond)) tokens/s, "
          + NumberText.duration(evaluation.elapsedSeconds))
    case .notice(let text): report("networkNotice", members, "  \(text)")
    case .checkpoint: report("networkCheckpoint", members, nil)
    case .checkpointFailed: report("networkCheckpointFailed", members, nil)
    case .finished(let summary):
      let text =
        summary.wasInterrupted
        ? "Stopped early: the model has the best weights so far" + (hasCheckpoint ? "; --resume goes on" : "")
        : nil
      report("networkFinished", members, text)
    }
  }

  private func tokensPerEpoch(_ progress: TrainingEvent.Progress) -> Double {
    guard progress.epoch > 0 else { return 0 }
    return progress.tokensPerSecond * progress.elapsedSeconds / progress.epoch
  }

  private func report(_ name: String, _ members: JSONObject, _ text: String?) {
    var members = members
    members["event"] = nil
    reporter.report(name, members, text: text)
  }

  /// The ids of token files, each sequence ended by `</s>`.
  static func tokens(
    of paths: [String], unit: TokenFiles.SequenceUnit, vocabulary: Vocabulary
  ) throws(Failure) -> [UInt32] {
    var result: [UInt32] = []
    for path in try TokenFiles(paths).paths {
      let file = try MappedFile(path)
      try TokenFiles.forEachSequence(in: file.bytes, unit: unit) { ranges throws(Failure) in
        for range in ranges {
          let id = vocabulary.id(of: UnsafeRawBufferPointer(rebasing: file.bytes[range])) ?? .unknown
          result.append(id.rawValue)
        }
        result.append(TokenID.sentenceEnd.rawValue)
      }
    }
    return result
  }

  /// What the network writes after a few beginnings, for the report.
  private func samples(_ path: String, _ vocabulary: Vocabulary) throws -> [(prompt: String, text: String)] {
    let model = try RecurrentModel(path: path)
    var random = SeededGenerator(seed: seed)
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
      return ("\(number).", words.joined(separator: units == .character ? "" : " "))
    }
  }
}

/// Set by a signal, read by the training's thread.
private final class StopFlag: Sendable {
  /// When it was asked for first, in seconds of the monotonic clock, as bits; 0 before.
  private let firstRequest = Atomic<UInt64>(0)
  var isSet: Bool { firstRequest.load(ordering: .relaxed) != 0 }

  enum Request {
    case first
    /// Within a second of the first: `timeout` and shells send a signal both to the program and to its group.
    case repeated
    case impatient
  }

  func request() -> Request {
    let now = monotonicSeconds()
    let (isFirst, original) = firstRequest.compareExchange(
      expected: 0, desired: max(now, 1e-9).bitPattern, ordering: .relaxed)
    if isFirst { return .first }
    return now - Double(bitPattern: original) >= 1 ? .impatient : .repeated
  }
}

/// A generator whose numbers follow from its seed (Steele, Lea and Flood 2014).
private struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
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
