import Corpora
import LanguageModeling
import Lexing
import NGrams
import Platform
import Privacy

/// Counts the n-grams of documents or token files into a run.
///
///     var options = ModelBuildingOptions()
///     try RunCounting(["Sources"], output: "sources.run", options: options).run()
///
/// A model is made of runs by `ModelBuilder(runs:output:options:)`: the same as of all the files at once, whoever counted
/// which of them, as long as each was named, or found below what was named, by the same path.
public struct RunCounting: Sendable {
  /// Only the files of one part; nil for all.
  public var shard: CorpusShard?
  /// The model directory that the runs are for: words and files that were forgotten there are left out; nil is
  /// `ModelBuilder.defaultOutput`.
  public var model: String?

  private let paths: [String]
  private let output: String
  private let options: ModelBuildingOptions
  private let reporter: BuildReporter

  /// - Parameters:
  ///   - paths: files and folders; pipes too, and `-` for standard input.
  ///   - output: where the run goes.
  ///   - options: of its `text` everything but the share held out is heeded, of its `ngrams` the order and the memory.
  public init(
    _ paths: [String], output: String, options: ModelBuildingOptions = ModelBuildingOptions(),
    report: @escaping @Sendable (ModelBuildingEvent) -> Void = { _ in }
  ) {
    self.paths = inReadingOrder(paths)
    self.output = output
    self.options = options
    reporter = BuildReporter(report)
  }

  /// - Throws: `Failure` for paths that cannot be read, for an output that is something else, and for a full disk.
  public func run() throws(Failure) {
    try options.check()
    try OutputChecks.checkRun(output)
    let forgotten = try reporter.forgotten(atModel: model)
    let bound = MemoryBound(options.ngrams.memoryByteCount)
    defer { bound.end() }
    var named = NamedInputs()
    var inputs = options
    let readable = try named.readable(paths)
    inputs.text = try named.readable(inputs.text)
    let description = try named.naming { () throws(Failure) in
      var reading = try RunReading(
        CorpusReading(inputs, forgotten: forgotten, reporter: reporter), order: options.ngrams.order,
        training: NGramTraining(options.ngrams, reporter: reporter), output: output, shard: shard,
        runOptions: try Self.runOptions(options, forgotten))
      reporter.begin(.reading)
      try reading.read(zip(readable, paths).map { RunReading.Input(path: $0, name: $1) })
      return try reading.finish()
    }
    reporter.end()
    reporter.report(.counted(CountedRun(path: output, description, seconds: reporter.elapsedSeconds)))
  }

  static func runOptions(
    _ options: ModelBuildingOptions, _ forgotten: ForgottenList
  ) throws(Failure) -> RunOptions {
    let usesGrammars = !options.text.form.isTokens
    return RunOptions(
      order: options.ngrams.order, form: options.text.form, languageIDs: options.text.languageIDs,
      keepsSecretTokens: options.text.keepsSecretTokens, forgotten: forgotten.digest,
      grammars: try usesGrammars ? GrammarLibrary.standard().digest() : "")
  }
}

extension GrammarLibrary {
  /// Says whether two processes split text into the same tokens.
  fileprivate func digest() throws(Failure) -> String {
    var hash: UInt64 = 0
    for entry in entries {
      let bytes = try readFile(entry.path)
      hash = bytes.withUnsafeBytes { XXH64.hash($0, seed: hash) }
    }
    return String(hash, radix: 16)
  }
}
