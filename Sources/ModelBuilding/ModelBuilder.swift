import Platform

/// Builds a model directory from files: reads, counts and estimates, trains a network, fits the mixture, and puts the
/// whole in its place in one step.
///
///     var options = ModelBuildingOptions()
///     options.ngrams.order = 4
///     let model = try ModelBuilder(["Sources", "notes.txt"], output: "model", options: options).build()
///     print(model.vocabularyCount)
///
/// What is at the place stays until the new model is whole; a failure leaves it as it was. Every word and file of the
/// list of what was forgotten beside the place (`ForgottenList`), and everything that looks like a secret, is left out.
public struct ModelBuilder: Sendable {
  /// Where a model goes unless somebody says otherwise. The folder that it is in gets a `.gitignore`.
  public static let defaultOutput = OutputChecks.defaultOutput

  let paths: [String]
  let output: String
  let options: ModelBuildingOptions
  private let isOutputNamed: Bool
  private let reporter: BuildReporter
  private let shouldStop: @Sendable () -> Bool

  /// - Parameters:
  ///   - paths: files and folders to learn from; pipes too, and `-` for standard input.
  ///   - output: the model directory: nothing, an empty folder or a model. Nil is `defaultOutput`, which must not lead
  ///     out of the current folder by a link.
  ///   - report: told how the build goes, from any thread, which waits for it.
  ///   - shouldStop: asked after each step of a network's training; once it is true the model gets what has been learned.
  public init(
    _ paths: [String], output: String? = nil, options: ModelBuildingOptions = ModelBuildingOptions(),
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

  /// Builds the model and writes it.
  ///
  /// - Throws: `Failure` for paths that cannot be read or hold nothing to learn from, a place that is not the model's to
  ///   take, options that do not fit each other or the text, and a full disk. Where only the ARPA file failed, the model
  ///   is in place all the same, and the failure says so.
  public func build() throws(Failure) -> BuiltModel {
    try options.check()
    var named = NamedInputs()
    var inputs = options
    let paths = try named.readable(paths)
    inputs.text.validationPaths = try named.readable(options.text.validationPaths)
    inputs.text.testPaths = try named.readable(options.text.testPaths)
    var run = BuildRun(
      paths: paths, output: output, isOutputNamed: isOutputNamed, options: inputs, reporter: reporter,
      shouldStop: shouldStop)
    return try named.naming { () throws(Failure) in try run.run() }
  }
}
