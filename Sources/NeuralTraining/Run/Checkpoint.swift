import JSON
import Neural
import Platform

/// What a stopped run goes on from, in one safetensors file that is replaced whole: weights, the optimiser's memory, the
/// states of the streams, the best weights, and where the run is. Nothing else is needed: what is random follows from
/// the seed and the step.
struct Checkpoint {
  private let file: Safetensors
  private let progress: JSON

  init(_ path: String) throws(Failure) {
    guard fileExists(path) else {
      throw Failure(
        "--resume", why: "there is no checkpoint at \(path)", remedy: "train without --resume")
    }
    file = try Safetensors(path)
    guard let text = file.metadata["training.progress"],
      let progress = try? JSON.parse([UInt8](text.utf8))
    else { throw Self.damaged(path) }
    self.progress = progress
  }

  private static func damaged(_ path: String) -> Failure {
    Failure(path, why: "is no checkpoint, or a damaged one", remedy: "train without --resume")
  }

  func check(fingerprint: String) throws(Failure) {
    guard file.metadata["training.fingerprint"] == fingerprint else {
      throw Failure(
        "--resume", why: "the checkpoint \(file.path) is of a run with other options or another text",
        remedy: "give the same ones, or train without --resume")
    }
  }

  /// The plan of the run that wrote this; `plan` for what does not change.
  func plan(from plan: TrainingPlan) throws(Failure) -> TrainingPlan {
    var result = plan
    result.architecture = try RecurrentArchitecture(metadata: file.metadata)
    result.parameterCount = result.architecture.parameters.reduce(0) { $0 + $1.count }
    // Before any memory is taken for them. Between the parameters is some room; see `ParameterStore`.
    guard let kept = file.tensors["values"]?.count, kept >= result.parameterCount else {
      throw Self.damaged(file.path)
    }
    var regularization = Regularization()
    regularization.inputDropout = try number("inputDropout", in: 0...0.999)
    regularization.layerDropout = try number("layerDropout", in: 0...0.999)
    regularization.outputDropout = try number("outputDropout", in: 0...0.999)
    regularization.embeddingDropout = try number("embeddingDropout", in: 0...0.999)
    regularization.weightDrop = try number("weightDrop", in: 0...0.999)
    regularization.isVariational = try number("isVariational") != 0
    result.regularization = regularization
    result.rate = try number("rate", in: 0...1e6)
    // Losses compare with the best one so far only on the same text.
    if progress["heldOutTokens"] != nil {
      result.heldOutTokenCount =
        try integer("heldOutTokens", in: Limit.tokens)
    }
    let first = try number("scheduleFirst", in: 0...1)
    let second = try number("scheduleSecond", in: 0...1)
    switch progress["schedule"]?.stringValue {
    case "constant": result.schedule = .constant
    case "plateau": result.schedule = .plateau(factor: first)
    case "cosine": result.schedule = .cosine(warmup: first, floor: second)
    case "linear": result.schedule = .linear(floor: first)
    default: throw Self.damaged(file.path)
    }
    return result
  }

  /// Of magnitudes that no run comes near: nothing that is computed from them may overflow.
  private enum Limit {
    static let steps = 0...(1 << 40)
    static let epochs = 0...(1 << 31)
    static let tokens = 0...(1 << 50)
    static let seconds = 0...1e8
  }

  private func number(_ key: String) throws(Failure) -> Double {
    guard let value = progress[key]?.doubleValue, value.isFinite, abs(value) <= 1e15 else {
      throw Self.damaged(file.path)
    }
    return value
  }

  private func number(_ key: String, in range: ClosedRange<Double>) throws(Failure) -> Double {
    let value = try number(key)
    guard range.contains(value) else { throw Self.damaged(file.path) }
    return value
  }

  private func integer(_ key: String, in range: ClosedRange<Int>) throws(Failure) -> Int {
    guard let value = progress[key]?.integerValue, range.contains(value) else {
      throw Self.damaged(file.path)
    }
    return value
  }

  /// A loss that has not been measured yet is not there.
  private func loss(_ key: String) throws(Failure) -> Double {
    progress[key] == nil ? .infinity : try number(key)
  }

  /// - Parameter segmentsPerEpoch: of the text that the run reads.
  func position(segmentsPerEpoch: Int) throws(Failure) -> TrainingSession.Position {
    var position = TrainingSession.Position()
    position.step = try integer("step", in: Limit.steps)
    position.epoch = try integer("epoch", in: Limit.epochs)
    position.segment = try integer("segment", in: 0...max(0, segmentsPerEpoch - 1))
    position.plannedSteps = try integer("plannedSteps", in: Limit.steps)
    position.rateFactor = try number("rateFactor", in: 0...1)
    position.bestLoss = try loss("bestLoss")
    position.evaluationsWithoutGain = try integer("evaluationsWithoutGain", in: Limit.steps)
    position.lossSum = try number("lossSum")
    position.lossCount = try integer("lossCount", in: Limit.tokens)
    position.smoothedLoss = try number("smoothedLoss")
    position.lowestSmoothedLoss = try loss("lowestSmoothedLoss")
    position.recoveryCount = try integer("recoveryCount", in: Limit.epochs)
    position.elapsedSeconds = try number("elapsedSeconds", in: Limit.seconds)
    position.lastEvaluatedStep = try integer("lastEvaluatedStep", in: -1...Limit.steps.upperBound)
    position.hasBest = try integer("hasBest", in: 0...1) != 0
    return position
  }

  func optimizerSteps() throws(Failure) -> Int {
    progress["optimizerSteps"] == nil ? 0 : try integer("optimizerSteps", in: Limit.steps)
  }

  func averagingStart() throws(Failure) -> Int? {
    progress["averagingStart"] == nil ? nil : try integer("averagingStart", in: Limit.steps)
  }

  /// Fills `buffer` with the tensor `name`, whose size must be the buffer's.
  func read(_ name: String, into buffer: Buffer<Float>) throws(Failure) {
    if buffer.count == 0 { return }
    let tensor = try file.tensor(name, shape: [buffer.count])
    try file.read(
      tensor, 0..<buffer.count, into: UnsafeMutableBufferPointer(start: buffer.pointer, count: buffer.count))
  }

  func history(count: Int) throws(Failure) -> [Int32] {
    count == 0 ? [] : try file.integers("history", shape: [count])
  }
}

extension Optimizer {
  /// Forgets the gradients so far.
  func reset() {
    first.zero()
    second.zero()
    stepCount = 0
    averagingStart = nil
  }
}

extension TrainingSession {
  func writeCheckpoint(_ path: String) throws(Failure) {
    var metadata = plan.architecture.metadata
    metadata["training.fingerprint"] = fingerprint
    metadata["training.progress"] = String(
      decoding: JSON.object(progressObject).serialized() as [UInt8], as: UTF8.self)
    var writer = SafetensorsWriter(metadata: metadata)
    func add(_ name: String, _ buffer: Buffer<Float>) {
      if buffer.count > 0 { writer.add(name, shape: [buffer.count], buffer.array) }
    }
    add("values", network.parameters.values)
    add("first", optimizer.first)
    add("second", optimizer.second)
    add("average", optimizer.average)
    if position.hasBest { add("best", best) }
    for (index, layer) in network.layers.enumerated() {
      add("hidden.\(index)", layer.hiddenState)
      add("cells.\(index)", layer.cellState)
    }
    if !network.history.isEmpty { writer.add("history", shape: [network.history.count], network.history) }
    try writer.write(to: path)
  }

  private var progressObject: JSONObject {
    let regularization = plan.regularization
    var object: JSONObject = [
      "step": JSON(position.step), "epoch": JSON(position.epoch), "segment": JSON(position.segment),
      "plannedSteps": JSON(position.plannedSteps), "rateFactor": JSON(position.rateFactor),
      "evaluationsWithoutGain": JSON(position.evaluationsWithoutGain), "lossSum": JSON(position.lossSum),
      "lossCount": JSON(position.lossCount), "smoothedLoss": JSON(position.smoothedLoss),
      "recoveryCount": JSON(position.recoveryCount), "elapsedSeconds": JSON(position.elapsedSeconds),
      "lastEvaluatedStep": JSON(position.lastEvaluatedStep), "hasBest": JSON(position.hasBest ? 1 : 0),
      "optimizerSteps": JSON(optimizer.stepCount), "rate": JSON(plan.rate),
      "heldOutTokens": JSON(plan.heldOutTokenCount),
      "inputDropout": JSON(regularization.inputDropout), "layerDropout": JSON(regularization.layerDropout),
      "outputDropout": JSON(regularization.outputDropout),
      "embeddingDropout": JSON(regularization.embeddingDropout),
      "weightDrop": JSON(regularization.weightDrop),
      "isVariational": JSON(regularization.isVariational ? 1 : 0),
    ]
    if position.bestLoss.isFinite { object["bestLoss"] = JSON(position.bestLoss) }
    if position.lowestSmoothedLoss.isFinite {
      object["lowestSmoothedLoss"] = JSON(position.lowestSmoothedLoss)
    }
    if let start = optimizer.averagingStart { object["averagingStart"] = JSON(start) }
    let (name, first, second) =
      switch plan.schedule {
      case .constant: ("constant", 0.0, 0.0)
      case .plateau(let factor): ("plateau", factor, 0.0)
      case .cosine(let warmup, let floor): ("cosine", warmup, floor)
      case .linear(let floor): ("linear", floor, 0.0)
      }
    object["schedule"] = .string(name)
    object["scheduleFirst"] = JSON(first)
    object["scheduleSecond"] = JSON(second)
    return object
  }

  /// Goes on from `checkpoint`. The length may be another one than before.
  func restore(_ checkpoint: Checkpoint) throws(Failure) {
    let planned = position.plannedSteps
    position = try checkpoint.position(segmentsPerEpoch: source.segmentsPerEpoch)
    if case .epochs = options.length { position.plannedSteps = planned }
    try checkpoint.read("values", into: network.parameters.values)
    try checkpoint.read("first", into: optimizer.first)
    try checkpoint.read("second", into: optimizer.second)
    try checkpoint.read("average", into: optimizer.average)
    if position.hasBest { try checkpoint.read("best", into: best) }
    for (index, layer) in network.layers.enumerated() {
      try checkpoint.read("hidden.\(index)", into: layer.hiddenState)
      try checkpoint.read("cells.\(index)", into: layer.cellState)
    }
    network.history = try checkpoint.history(count: network.history.count)
    optimizer.stepCount = try checkpoint.optimizerSteps()
    optimizer.averagingStart = try checkpoint.averagingStart()
    keepAsGood()
    notices.append("going on from step \(position.step), \(Int(position.elapsedSeconds)) s into the run")
  }
}
