import JSON
import Neural
import Platform

/// What a stopped run goes on from, in one safetensors file that is replaced whole: weights, the optimiser's memory, what
/// the task carries from batch to batch, the best weights, and where the run is. Nothing else is needed: what is random
/// follows from the seed and the step.
package struct Checkpoint {
  package let file: Safetensors
  private let progress: JSON

  package init(_ path: String) throws(Failure) {
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

  /// What a run that is to go on begins from.
  ///
  /// - Parameter path: nil where the run keeps none.
  /// - Throws: `Failure` also where there is none to go on from.
  init(keptAt path: String?) throws(Failure) {
    guard let path else {
      throw Failure("--resume", why: "no checkpoint is kept", remedy: "train without --resume")
    }
    try self.init(path)
  }

  private static func damaged(_ path: String) -> Failure {
    Failure(path, why: "is no checkpoint, or a damaged one", remedy: "train without --resume")
  }

  var damaged: Failure { Self.damaged(file.path) }

  func check(fingerprint: String) throws(Failure) {
    guard file.metadata["training.fingerprint"] == fingerprint else {
      throw Failure(
        "--resume", why: "the checkpoint \(file.path) is of a run with other options or another text",
        remedy: "give the same ones, or train without --resume")
    }
  }

  /// Checks that the file holds at least so many values, before any memory is taken for them. Between the parameters is
  /// some room; see `ParameterStore`.
  func check(parameterCount: Int) throws(Failure) {
    guard let kept = file.tensors["values"]?.count, kept >= parameterCount else { throw damaged }
  }

  // MARK: - What the run had noted

  /// Of magnitudes that no run comes near: nothing that is computed from them may overflow.
  enum Limit {
    static let steps = 0...(1 << 40)
    static let epochs = 0...(1 << 31)
    static let tokens = 0...(1 << 50)
    static let seconds = 0...1e8
  }

  func contains(_ key: String) -> Bool { progress[key] != nil }

  func number(_ key: String) throws(Failure) -> Double {
    guard let value = progress[key]?.doubleValue, value.isFinite, abs(value) <= 1e15 else { throw damaged }
    return value
  }

  func number(_ key: String, in range: ClosedRange<Double>) throws(Failure) -> Double {
    let value = try number(key)
    guard range.contains(value) else { throw damaged }
    return value
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(Failure) -> Int {
    guard let value = progress[key]?.integerValue, range.contains(value) else { throw damaged }
    return value
  }

  /// Infinity where it has not been measured yet.
  func measuredNumber(_ key: String) throws(Failure) -> Double {
    contains(key) ? try number(key) : .infinity
  }

  /// The rate and its schedule, which the run may have chosen.
  func rateAndSchedule() throws(Failure) -> (rate: Double, schedule: RateSchedule) {
    let first = try number("scheduleFirst", in: 0...1)
    let second = try number("scheduleSecond", in: 0...1)
    let schedule: RateSchedule
    switch progress["schedule"]?.stringValue {
    case "constant": schedule = .constant
    case "plateau": schedule = .plateau(factor: first)
    case "cosine": schedule = .cosine(warmup: first, floor: second)
    case "linear": schedule = .linear(floor: first)
    default: throw damaged
    }
    return (try number("rate", in: 0...1e6), schedule)
  }

  // MARK: - Tensors

  /// Fills `buffer` with the tensor `name`, whose size must be the buffer's.
  func read(_ name: String, into buffer: Buffer<Float>) throws(Failure) {
    if buffer.count == 0 { return }
    let tensor = try file.tensor(name, shape: [buffer.count])
    try file.read(
      tensor, 0..<buffer.count, into: UnsafeMutableBufferPointer(start: buffer.pointer, count: buffer.count))
  }

  func integers(_ name: String, count: Int) throws(Failure) -> [Int32] {
    count == 0 ? [] : try file.integers(name, shape: [count])
  }
}

extension RateSchedule {
  /// Under the names that checkpoints have had since their first format.
  fileprivate var members: JSONObject {
    let (name, first, second) =
      switch self {
      case .constant: ("constant", 0.0, 0.0)
      case .plateau(let factor): ("plateau", factor, 0.0)
      case .cosine(let warmup, let floor): ("cosine", warmup, floor)
      case .linear(let floor): ("linear", floor, 0.0)
      }
    return ["schedule": .string(name), "scheduleFirst": JSON(first), "scheduleSecond": JSON(second)]
  }
}

extension TrainingSession {
  func writeCheckpoint(_ path: String) throws(Failure) {
    var members = position.members
    members["optimizerSteps"] = JSON(optimizer.stepCount)
    if let start = optimizer.averagingStart { members["averagingStart"] = JSON(start) }
    members["rate"] = JSON(settings.rate)
    for (key, value) in settings.schedule.members { members[key] = value }
    for (key, value) in task.checkpointMembers { members[key] = value }
    var metadata = task.checkpointMetadata
    metadata["training.fingerprint"] = fingerprint
    metadata["training.progress"] = JSON.object(members).serializedString()
    var writer = SafetensorsWriter(metadata: metadata)
    writer.add("values", task.parameters.values)
    writer.add("first", optimizer.first)
    writer.add("second", optimizer.second)
    writer.add("average", optimizer.average)
    if position.hasBest { writer.add("best", best) }
    if let outer { writer.add("outer", outer.velocity) }
    task.writeState(to: &writer)
    if isFirst { try writer.write(to: path) }
  }

  /// Goes on from `checkpoint`. The length may be another one than before.
  func restore(_ checkpoint: Checkpoint) throws(Failure) {
    let planned = position.plannedSteps
    position = try TrainingPosition(checkpoint, batchesPerEpoch: task.batchesPerEpoch)
    if case .epochs = settings.length { position.plannedSteps = planned }
    try checkpoint.read("values", into: task.parameters.values)
    try checkpoint.read("first", into: optimizer.first)
    try checkpoint.read("second", into: optimizer.second)
    try checkpoint.read("average", into: optimizer.average)
    if position.hasBest { try checkpoint.read("best", into: best) }
    if let outer {
      outer.restart()
      try checkpoint.read("outer", into: outer.velocity)
    }
    try task.restoreState(from: checkpoint)
    let steps = Checkpoint.Limit.steps
    optimizer.stepCount =
      checkpoint.contains("optimizerSteps") ? try checkpoint.integer("optimizerSteps", in: steps) : 0
    optimizer.averagingStart =
      checkpoint.contains("averagingStart") && optimizer.average.count > 0
      ? try checkpoint.integer("averagingStart", in: 0...optimizer.stepCount) : nil
    keepAsGood()
    notices.append("going on from step \(position.step), \(Int(position.elapsedSeconds)) s into the run")
  }
}

extension SafetensorsWriter {
  /// Adds a buffer as a vector, if there is anything in it.
  mutating func add(_ name: String, _ buffer: Buffer<Float>) {
    if buffer.count > 0 { add(name, shape: [buffer.count], buffer.array) }
  }
}
