import NeuralTraining
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

  /// Of a network that several processes learn together: the first of them builds the model, the others `assist()`. Nil
  /// for one.
  public var sharing: SharedTraining?

  let paths: [String]
  /// Whether the paths are runs.
  private let readsRuns: Bool
  let output: String
  let options: ModelBuildingOptions
  private let isOutputNamed: Bool
  let reporter: BuildReporter
  let shouldStop: @Sendable () -> Bool

  /// - Parameters:
  ///   - paths: files and folders to learn from; pipes too, and `-` for standard input. In whatever order they are named,
  ///     the model is the same.
  ///   - output: the model directory: nothing, an empty folder or a model. Nil is `defaultOutput`, which must not lead
  ///     out of the current folder by a link.
  ///   - report: told how the build goes, from any thread, which waits for it.
  ///   - shouldStop: asked after each step of a network's training; once it is true the model gets what has been learned.
  public init(
    _ paths: [String], output: String? = nil, options: ModelBuildingOptions = ModelBuildingOptions(),
    report: @escaping @Sendable (ModelBuildingEvent) -> Void = { _ in },
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) {
    self.init(
      inReadingOrder(paths), readsRuns: false, output: output, options: options, report: report,
      shouldStop: shouldStop)
  }

  /// A builder of a model from n-grams that were counted before (`RunCounting`, `RunMerge`): the same model as from the
  /// files.
  ///
  /// - Parameters:
  ///   - runs: in any order; together they have all ranges of what they hold.
  ///   - options: what was decided when they were counted is theirs: the order, the form of the text, and its languages. No
  ///     network learns from runs.
  public init(
    runs: [String], output: String? = nil, options: ModelBuildingOptions = ModelBuildingOptions(),
    report: @escaping @Sendable (ModelBuildingEvent) -> Void = { _ in }
  ) {
    self.init(
      runs, readsRuns: true, output: output, options: options, report: report, shouldStop: { false })
  }

  private init(
    _ paths: [String], readsRuns: Bool, output: String?, options: ModelBuildingOptions,
    report: @escaping @Sendable (ModelBuildingEvent) -> Void, shouldStop: @escaping @Sendable () -> Bool
  ) {
    self.paths = paths
    self.readsRuns = readsRuns
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
    try checkSharing()
    var inputs = options
    let runs = readsRuns ? try openRuns(&inputs) : nil
    try inputs.check()
    var named = NamedInputs()
    let paths = readsRuns ? [] : try named.readable(paths)
    inputs.text = try named.readable(inputs.text)
    var run = BuildRun(
      paths: paths, runs: runs, output: output, isOutputNamed: isOutputNamed, options: inputs,
      reporter: reporter, shouldStop: shouldStop)
    run.sharing = sharing
    return try named.naming { () throws(Failure) in try run.run() }
  }

  /// Refuses what the processes of a group cannot do together, in each of them.
  func checkSharing() throws(Failure) {
    guard sharing != nil else { return }
    guard options.network.isTrained else {
      throw Failure(
        "network", why: "is all that several processes learn together, and none is to be trained",
        remedy: "build the model in one process")
    }
    if case .model(let path) = options.beginning {
      throw Failure(
        path, why: "is nothing that several processes begin from: those that assist read no other models",
        remedy: "begin from nothing, or train in one process")
    }
  }

  private func openRuns(_ options: inout ModelBuildingOptions) throws(Failure) -> RunSet {
    guard !options.network.isTrained else {
      throw Failure("runs", why: "hold no text for a network", remedy: "train it on the files themselves")
    }
    let runs = try RunSet(paths)
    let description = runs.description
    guard description.isWhole else {
      throw Failure(
        paths[0],
        why: "of \(description.rangeCount) ranges of n-grams, only \(description.ranges.count) are here",
        remedy: "name the runs of all of them")
    }
    options.ngrams.order = description.options.order
    options.text.form = description.options.form
    options.text.languageIDs = description.options.languageIDs
    options.text.keepsSecretTokens = description.options.keepsSecretTokens
    return runs
  }
}
