import JSON
import LanguageModeling
import Neural
import Platform

/// Trains a network that gives every word of a sentence a tag.
///
///     let trainer = try TaggerTrainer(text, description: description, options: options)
///     let tagger = try trainer.run(report: { event in … })
///     try tagger.write(to: &writer)
public final class TaggerTrainer {
  private let session: TrainingSession<TaggingTask>
  private let checkpointPath: String?

  /// - Parameters:
  ///   - description: from words and letters to one row of scores a word (`NetworkDescription.tagging`).
  ///   - initialValues: what parameters begin as, whole and row-major, by name: vectors learned elsewhere as
  ///     `embedding.weight`. The others begin at random.
  ///   - checkpointPath: where to keep what a killed run needs to go on; nil keeps nothing.
  ///   - resumes: whether to go on from the checkpoint at that path.
  /// - Throws: `Failure` when there is no word, text and network do not fit each other, or the checkpoint is of another run.
  public init(
    _ text: TaggedText, description: NetworkDescription, options: TaggingOptions,
    initialValues: [String: [Float]] = [:], checkpointPath: String? = nil, resumes: Bool = false
  ) throws(Failure) {
    self.checkpointPath = checkpointPath
    let checkpoint = resumes ? try Checkpoint(keptAt: checkpointPath) : nil
    let fingerprint = Self.fingerprint(text, description, options, initialValues)
    try checkpoint?.check(fingerprint: fingerprint)
    let task = try TaggingTask(
      text, description: description, options: options, initialValues: initialValues)
    session = TrainingSession(task, settings: options.settings, fingerprint: fingerprint)
    session.notices.append(
      "\(description.parameters.reduce(0) { $0 + $1.count }) weights, \(text.training.count) sentences, "
        + "\(text.heldOut.count) held out, \(task.team.count) threads, \(matrixProductsName())")
    if let checkpoint { try session.restore(checkpoint) }
  }

  /// Runs to the end, or until `shouldStop` says so after a batch; then a checkpoint is written as well.
  ///
  /// - Throws: `Failure` when the loss explodes again and again.
  public func run(
    report: (TrainingEvent) -> Void, shouldStop: () -> Bool = { false }
  ) throws(Failure) -> TrainedTagger {
    try session.run(checkpointPath: checkpointPath, report: report, shouldStop: shouldStop)
  }

  private static func fingerprint(
    _ text: TaggedText, _ description: NetworkDescription, _ options: TaggingOptions,
    _ initialValues: [String: [Float]]
  ) -> String {
    var hash = SplitMix64.mix(UInt64(text.training.count))
    func take(_ value: some BinaryInteger) {
      hash = SplitMix64.mix(hash ^ UInt64(truncatingIfNeeded: value))
    }
    for sequence in text.training + text.heldOut {
      take(sequence.words.count)
      for word in sequence.words { take(word) }
      for tag in sequence.tags { take(tag) }
      for letters in sequence.letters { for letter in letters { take(letter) } }
    }
    for (name, values) in initialValues.sorted(by: { $0.key < $1.key }) {
      for byte in name.utf8 { take(byte) }
      for value in values { take(value.bitPattern) }
    }
    return "tagging \(options.fingerprint) network \(description.json.serializedString()) text \(hash)"
  }
}

/// A tagger's network and its weights.
public struct TrainedTagger: Sendable {
  public let description: NetworkDescription
  /// On the held-out sentences; nil where there are none.
  public let score: TrainingEvent.Score?
  /// Passes over the sentences.
  public let epochs: Double
  let entries: [ParameterStore<Float>.Entry]
  let values: [Float]

  /// Adds the network and its weights to a model directory. Its vocabulary and tags are added by whoever has them.
  public func write(to writer: inout ModelDirectoryWriter) throws(Failure) {
    try writer.write(ModelDirectory.networkName, serialized)
    writer["network"] = description.json
  }

  /// The weights, those of the field among them, as safetensors.
  package var serialized: [UInt8] {
    var file = SafetensorsWriter()
    for entry in entries {
      file.add(entry.name, shape: entry.shape, Array(values[entry.offset..<entry.offset + entry.count]))
    }
    return file.serialized()
  }
}
