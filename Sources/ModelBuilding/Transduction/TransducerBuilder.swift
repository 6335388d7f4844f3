import Platform
import Transduction

/// Builds a model directory that turns texts into others: reads pairs, trains, measures, and puts the whole in its place.
///
///     var options = TransducerBuildingOptions()
///     options.testPaths = ["test.tsv"]
///     let built = try TransducerBuilder(["pairs.tsv"], output: "transducer", options: options).build()
///     print(built.test!.exactness)
///
/// What is at the place stays until the new model is whole; a failure leaves it as it was. Pairs with words of the list of
/// what was forgotten beside the place, or with what looks like a secret, are not learned.
public struct TransducerBuilder: Sendable {
  /// Where a transducer goes unless somebody says otherwise.
  public static let defaultOutput = OutputChecks.defaultTransducerOutput

  private let paths: [String]
  private let output: String
  private let isOutputNamed: Bool
  private let options: TransducerBuildingOptions
  private let reporter: BuildReporter
  private let shouldStop: @Sendable () -> Bool

  /// - Parameters:
  ///   - paths: files of pairs; pipes too, and `-` for standard input.
  ///   - output: the model directory: nothing, an empty folder or a model. Nil is `defaultOutput`.
  ///   - report: told how the build goes.
  ///   - shouldStop: asked after each step of training; once it is true the model gets what has been learned.
  public init(
    _ paths: [String], output: String? = nil,
    options: TransducerBuildingOptions = TransducerBuildingOptions(),
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
  /// - Throws: `Failure` for files that cannot be read or have a line that is no pair, options that do not fit each other, a
  ///   place that is not the model's to take, and a full disk.
  public func build() throws(Failure) -> BuiltTransducer {
    try options.check()
    var named = NamedInputs()
    var inputs = options
    let paths = try named.readable(paths)
    inputs.validationPaths = try named.readable(options.validationPaths)
    inputs.testPaths = try named.readable(options.testPaths)
    let run = TransducerRun(
      paths: paths, output: output, isOutputNamed: isOutputNamed, options: inputs, reporter: reporter,
      shouldStop: shouldStop)
    return try named.naming { () throws(Failure) in try run.run() }
  }
}
