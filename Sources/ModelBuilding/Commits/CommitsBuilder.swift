import JSON
import Lexing
import Platform
import Prediction
import Privacy

/// What a model of commit messages learns from.
public struct CommitsBuildingOptions: Hashable, Sendable {
  /// The history that ends there is learned from.
  public var revision = "HEAD"
  /// The last so many commits of it, merges not counted.
  public var commitLimit = 3_000
  public var seed: UInt64 = 1
  /// Bytes of memory to use; nil is half of what is free.
  public var memoryByteCount: Int?

  public static let commitLimits = 1...1_000_000

  public init() {}
}

/// Builds a model directory of a repository's commit messages: a language model of the messages, and what they take from their
/// diffs.
///
///     let model = try CommitsBuilder("project", output: "project/.inkling/commits").build()
///
/// What looks like a secret, in messages and diffs, and every word of the list of what was forgotten beside the place, is left out.
public struct CommitsBuilder: Sendable {
  /// Where a model of commit messages goes unless somebody says otherwise.
  public static let defaultOutput = OutputChecks.defaultCommitsOutput

  private let repository: String
  private let output: String
  private let isOutputNamed: Bool
  private let options: CommitsBuildingOptions
  private let reporter: BuildReporter

  /// - Parameters:
  ///   - repository: a folder in its work tree, or a bare one.
  ///   - output: the model directory: nothing, an empty folder or a model. Nil is `defaultOutput`.
  ///   - report: told how the build goes.
  public init(
    _ repository: String = ".", output: String? = nil,
    options: CommitsBuildingOptions = CommitsBuildingOptions(),
    report: @escaping @Sendable (ModelBuildingEvent) -> Void = { _ in }
  ) {
    self.repository = repository
    self.output = output ?? Self.defaultOutput
    isOutputNamed = output != nil
    self.options = options
    reporter = BuildReporter(report)
  }

  /// Builds the model and writes it.
  ///
  /// - Throws: `Failure` where there is no git, no repository or no message, for a place that is not the model's to take, and a
  ///   full disk.
  public func build() throws(Failure) -> BuiltModel {
    if !isOutputNamed { try OutputChecks.checkDefaultOutput(Self.defaultOutput) }
    try ModelOutput.check(output)
    guard let grammar = try GrammarLibrary.standard().grammar(languageID: CommitMessageText.languageID) else {
      throw Failure(
        "grammar", why: "there is none of \(CommitMessageText.languageID)",
        remedy: "install Inkling's grammars")
    }
    let types = TypeReader(forgotten: try ForgottenList.read(besideModel: output).lastingWords)
    var documents = GivenDocuments(grammar: grammar)
    var diffs = DiffTraining(described: [], grammar: grammar, types: types, reporter: reporter)
    var history = CommitHistory(limit: options.commitLimit, revision: options.revision)
    reporter.begin(.history)
    try history.forEachCommit(of: repository) { commit in
      documents.documents.append(GivenDocument(name: "\(documents.documents.count)", text: commit.message))
      diffs.described.append(
        DescribedDiff(message: commit.message, diff: commit.diff, grammar: grammar, types: types))
      reporter.update(
        fraction: min(1, Double(documents.documents.count) / Double(max(1, options.commitLimit))))
    }
    reporter.end()
    guard !documents.documents.isEmpty else {
      throw Failure(
        repository, why: "has no commit message to learn from",
        remedy: "commit something first; merges and what programs wrote do not count")
    }
    reporter.report(.commits(count: documents.documents.count, leftOut: history.leftOutCount))
    var building = ModelBuildingOptions()
    building.seed = options.seed
    building.ngrams.memoryByteCount = options.memoryByteCount
    var run = BuildRun(
      paths: [], output: output, isOutputNamed: true, options: building, reporter: reporter,
      shouldStop: { false })
    run.given = documents
    run.diffs = diffs
    return try run.run()
  }
}
