import JSON
import LanguageModeling
import NeuralTraining
import Platform
import Privacy

/// Writes what a network learns from into a folder that programs elsewhere can map into memory: the text as rows of the
/// network, the vocabulary, the weights that a run begins with, and how it goes (docs/scale.md). `scripts/torch/train.py`
/// trains on it, and `ModelImport` takes what comes out.
///
///     var options = ModelBuildingOptions()
///     options.network = .trained(RecurrentTrainingOptions(), resumes: false)
///     try CorpusExport(["Sources"], output: "corpus", options: options).run()
///
/// Text is split, redacted and held out as when a model is trained on the same files with the same options.
public struct CorpusExport: Sendable {
  /// The model directory that the network is for: words and files that were forgotten there are left out; nil is
  /// `ModelBuilder.defaultOutput`.
  public var model: String?

  private let paths: [String]
  private let output: String
  private let options: ModelBuildingOptions
  private let reporter: BuildReporter

  /// - Parameters:
  ///   - paths: files and folders; pipes too, and `-` for standard input.
  ///   - output: a folder: nothing, an empty one, or an exported corpus.
  ///   - options: those of the text, the seed and the network are heeded.
  public init(
    _ paths: [String], output: String, options: ModelBuildingOptions,
    report: @escaping @Sendable (ModelBuildingEvent) -> Void = { _ in }
  ) {
    self.paths = inReadingOrder(paths)
    self.output = output
    self.options = options
    reporter = BuildReporter(report)
  }

  /// - Throws: `Failure` for paths that cannot be read, a network that only this program trains, an output that is
  ///   something else, and a full disk.
  public func run() throws(Failure) {
    try options.check()
    guard case .trained(let network, _) = options.network else {
      throw Failure("network", why: "is none", remedy: "say which one is to be trained")
    }
    var folder = try DirectoryReplacement(output, kind: ExportedCorpus.kind)
    do throws(Failure) {
      let forgotten = try reporter.forgotten(atModel: model)
      var named = NamedInputs()
      var inputs = options
      let readable = try named.readable(paths)
      inputs.text = try named.readable(inputs.text)
      let read = try named.naming { () throws(Failure) in
        try NetworkText(readable, options: inputs, forgotten: forgotten, reporter: reporter)
      }
      let training = try ExportedTraining(read.text, options: options.completed(network))
      if let notice = training.notice { reporter.report(.network(.notice(notice), hasCheckpoint: false)) }
      reporter.report(.network(.plan(training.plan), hasCheckpoint: false))
      try write(training, read, forgotten, to: folder.temporaryPath)
      _ = try folder.commit()
      reporter.report(
        .exported(
          ExportedCorpus(
            path: output, seconds: reporter.elapsedSeconds, tokenCount: training.training.count - 1,
            heldOutTokenCount: training.heldOut.count - 1, vocabularyCount: read.vocabulary.count)))
    } catch {
      folder.cancel()
      throw error.said(of: output, insteadOf: folder.temporaryPath)
    }
  }

  private func write(
    _ training: ExportedTraining, _ read: NetworkText, _ forgotten: ForgottenList, to folder: String
  ) throws(Failure) {
    var files = JSONObject()
    func add(_ name: String) throws(Failure) {
      let file = try MappedFile(folder + "/" + name)
      files[name] = ["bytes": JSON(file.count), "xxh64": .string(XXH64.digest(file.bytes))]
      file.releasePages(upTo: file.count)
    }
    let vocabulary = read.vocabulary.serialized()
    try writeNewFile(folder + "/" + ModelDirectory.vocabularyName, vocabulary)
    try add(ModelDirectory.vocabularyName)
    for (name, rows) in [
      (ExportedCorpus.trainingName, training.training), (ExportedCorpus.heldOutName, training.heldOut),
    ] {
      try writeNewFile(folder + "/" + name, rows.withUnsafeBytes { [UInt8]($0) })
      try add(name)
    }
    try training.writeInitialWeights(to: folder + "/" + ExportedCorpus.weightsName)
    try add(ExportedCorpus.weightsName)
    var object: JSONObject = [
      "format": .string(ExportedCorpus.formatName), "version": JSON(ExportedCorpus.formatVersion),
      "exported": ["inkling": JSON(inklingVersion), "at": JSON(utcTimestamp())],
      "units": JSON(options.text.form == .characters ? "character" : "word"),
      "vocabulary": [
        "types": JSON(read.vocabulary.count), "xxh64": .string(XXH64.digest(vocabulary)),
      ],
      "corpus": .object(read.corpus.members),
    ]
    for (key, value) in training.members { object[key] = value }
    object["forgotten"] = forgotten.mark.json
    object["files"] = .object(files)
    try writeNewFile(
      folder + "/" + ExportedCorpus.descriptionName, JSON.object(object).serialized(pretty: true) + [0x0A])
  }
}
