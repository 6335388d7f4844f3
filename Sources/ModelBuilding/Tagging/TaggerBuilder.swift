import LanguageModeling
import Platform
import Privacy
import Tagging

/// Builds a model directory that tags: reads tagged sentences, trains, measures, and puts the whole in its place.
///
///     var options = TaggerBuildingOptions()
///     options.testPaths = ["test.tsv"]
///     let built = try TaggerBuilder(["train.conllu"], output: "tagger", options: options).build()
///     print(built.test!.accuracy)
///
/// What is at the place stays until the new model is whole; a failure leaves it as it was. Words and files of the list of
/// what was forgotten beside the place, and what looks like a secret, are not learned.
public struct TaggerBuilder: Sendable {
  /// Where a tagger goes unless somebody says otherwise.
  public static let defaultOutput = OutputChecks.defaultTaggerOutput

  private let paths: [String]
  private let output: String
  private let isOutputNamed: Bool
  private let options: TaggerBuildingOptions
  private let reporter: BuildReporter
  private let shouldStop: @Sendable () -> Bool

  /// - Parameters:
  ///   - paths: files of tagged sentences (`TaggedTextReader`); pipes too, and `-` for standard input.
  ///   - output: the model directory: nothing, an empty folder or a model. Nil is `defaultOutput`.
  ///   - report: told how the build goes.
  ///   - shouldStop: asked after each step of training; once it is true the model gets what has been learned.
  public init(
    _ paths: [String], output: String? = nil, options: TaggerBuildingOptions = TaggerBuildingOptions(),
    report: @escaping @Sendable (ModelBuildingEvent) -> Void = { _ in },
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) {
    self.paths = paths
    self.output = output ?? Self.defaultOutput
    isOutputNamed = output != nil
    self.options = options
    self.shouldStop = shouldStop
    reporter = BuildReporter(report)
  }

  /// Builds the tagger and writes it.
  ///
  /// - Throws: `Failure` for files that cannot be read or have a line without a tag, options that do not fit each other, a
  ///   place that is not the model's to take, and a full disk.
  public func build() throws(Failure) -> BuiltTagger {
    try options.check()
    var named = NamedInputs()
    var inputs = options
    let paths = try named.readable(paths)
    inputs.validationPaths = try named.readable(options.validationPaths)
    inputs.testPaths = try named.readable(options.testPaths)
    let run = TaggerRun(
      paths: paths, output: output, isOutputNamed: isOutputNamed, options: inputs, reporter: reporter,
      shouldStop: shouldStop)
    return try named.naming { () throws(Failure) in try run.run() }
  }
}
