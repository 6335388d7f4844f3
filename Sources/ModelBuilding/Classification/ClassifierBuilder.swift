import LanguageModeling
import Platform

/// Builds a classifier of texts from labelled ones: reads, trains, measures, and puts a model directory in its place in
/// one step.
///
///     var options = ClassifierBuildingOptions()
///     options.encoder = .multiCNN
///     let classifier = try ClassifierBuilder("reviews.tsv", output: "reviews", options: options).build()
///
/// What is at the place stays until the new model is whole; a failure leaves it as it was. Every word and file of the
/// list of what was forgotten beside the place, and everything that looks like a secret, is left out.
public struct ClassifierBuilder: Sendable {
  let path: String
  let output: String
  let options: ClassifierBuildingOptions
  private let reporter: BuildReporter
  private let shouldStop: @Sendable () -> Bool

  /// - Parameters:
  ///   - path: a folder with a folder of texts a label, or a file: `label<TAB>text`, JSON lines (`.jsonl`) or
  ///     comma-separated values with a header (`.csv`); a pipe too, and `-` for standard input.
  ///   - output: the model directory: nothing, an empty folder or a model.
  ///   - report: told how the build goes, from any thread, which waits for it.
  ///   - shouldStop: asked after each step of a network's training; once it is true the model gets what has been learned.
  public init(
    _ path: String, output: String, options: ClassifierBuildingOptions = ClassifierBuildingOptions(),
    report: @escaping @Sendable (ModelBuildingEvent) -> Void = { _ in },
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) {
    self.path = path
    self.output = output
    self.options = options
    self.shouldStop = shouldStop
    reporter = BuildReporter(report)
  }

  /// Builds the classifier and writes it.
  ///
  /// - Throws: `Failure` for text that cannot be read or has fewer than two labels, a place that is not the model's to
  ///   take, options that do not fit each other or the text, and a full disk.
  public func build() throws(Failure) -> BuiltClassifier {
    try options.check()
    var named = NamedInputs()
    let readable = try named.readable(path)
    let validation = try options.validationPath.map { path throws(Failure) in try named.readable(path) }
    let test = try options.testPath.map { path throws(Failure) in try named.readable(path) }
    let run = ClassifierRun(
      inputs: .init(
        training: .init(path: readable, name: path),
        validation: validation.map { .init(path: $0, name: options.validationPath!) },
        test: test.map { .init(path: $0, name: options.testPath!) }),
      output: output, options: options, reporter: reporter, shouldStop: shouldStop)
    return try named.naming { () throws(Failure) in try run.run() }
  }
}
