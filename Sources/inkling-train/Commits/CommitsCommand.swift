import ArgumentParser
import Console
import ModelBuilding
import NeuralTraining
import Platform

/// Learns how a repository's commit messages are written.
struct CommitsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "commits",
    abstract: "Learn from a repository's history how its commit messages are written.",
    discussion: """
      Reads the messages and the diffs of a git repository, merges and what programs wrote left out. In a message that \
      an editor has open for git, completions then come from these messages, and from the diff: that below the scissors \
      line of `git commit --verbose`, or what is staged, where the setting commitMessages.staged allows it.

      Example: inkling-train commits
      Example: inkling-train commits ~/src/project --output ~/src/project/.inkling/commits
      """)

  @Argument(help: "A folder of the repository.", completion: .directory) var repository = "."

  @Option(help: "Where the model goes. (default: \(CommitsBuilder.defaultOutput))", completion: .directory)
  var output: String?

  @Option(help: "The history that ends there is learned from.") var revision = "HEAD"
  @Option(help: "How many commits are learned from, the last ones (default: 3000).") var commits: Int?
  @Option(help: "What everything random starts from.") var seed: UInt64 = 1
  @Flag(help: "Print one JSON object an event (docs/json-output.md).") var json = false

  func validate() throws {
    if let commits, !CommitsBuildingOptions.commitLimits.contains(commits) {
      throw ValidationError(
        "--commits is \(commits), not 1 to \(CommitsBuildingOptions.commitLimits.upperBound)")
    }
    if revision.isEmpty { throw ValidationError("--revision is empty") }
  }

  func run() throws {
    Interruption.install()
    try MPIProcessGroup.refuseSeveral("a model of commits")
    let reporter = Reporter(json: json)
    var options = CommitsBuildingOptions()
    options.revision = revision
    options.seed = seed
    if let commits { options.commitLimit = commits }
    _ = try CommitsBuilder(repository, output: output, options: options, report: reporter.report).build()
  }
}
