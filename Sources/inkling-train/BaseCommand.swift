import ArgumentParser
import Console
import ModelBuilding
import NeuralTraining
import Platform

/// Builds base models of languages from the system's packages.
struct BaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "base", abstract: "Build models of languages from the packages of the system.",
    discussion: """
      Has the package manager download documentation and source packages into a temporary folder, as whoever runs this, \
      and builds a model of at most \(BaseModelBuilder.byteLimit / 1_000_000) MB of each language. Every document of the \
      language is then answered by it too, below the models of the project and of the person. What it was built from, \
      with versions and licences, is what inkling inspect shows.

      Languages: \(BaseModelBuilder.languages.joined(separator: " "))

      Example: inkling-train base en python --time 30m
      Example: inkling-train base swift --without-packages --add ~/Projects
      """)

  @Argument(help: "The languages.") var languages: [String]

  @Option(
    help: "Where the model goes, of one language (default: $XDG_DATA_HOME/inkling/models/base/LANGUAGE).",
    completion: .directory)
  var output: String?

  @Option(help: "A file or folder to learn from beside the packages; may be repeated.", completion: .file())
  var add: [String] = []

  @Flag(help: "Learn from what is added alone, and download nothing.") var withoutPackages = false

  @Option(help: "The most text out of packages, in megabytes, 1 to 1000.") var megabytes = 16

  @Option(
    help: """
      Train a network of each language too, in this time, such as 30m: it answers where a project has none, and projects' \
      networks begin as it (default: none).
      """)
  var time: RecurrentArguments.Duration?

  @Flag(help: "Print one JSON object an event (docs/json-output.md).") var json = false

  func validate() throws {
    for language in languages where !BaseModelBuilder.languages.contains(language) {
      throw ValidationError(
        "\(language) is none of the languages: \(BaseModelBuilder.languages.joined(separator: ", "))")
    }
    if output != nil && languages.count > 1 { throw ValidationError("--output is of one language") }
    if withoutPackages && add.isEmpty { throw ValidationError("--without-packages needs --add") }
    guard (1...1000).contains(megabytes) else {
      throw ValidationError("--megabytes is \(megabytes), not 1 to 1000")
    }
  }

  func run() throws {
    Interruption.install()
    try MPIProcessGroup.refuseSeveral("a base model")
    let stop = StopRequests()
    let reporter = Reporter(json: json) { stop.listen() }
    defer { Interruption.setHandler(nil) }
    for language in languages {
      guard let path = output ?? BaseModelBuilder.defaultOutput(of: language) else {
        throw Failure(
          "base", why: "there is no folder for a person's data",
          remedy: "set HOME, or name a place with --output")
      }
      var builder = BaseModelBuilder(language: language, output: path)
      builder.addedPaths = add
      builder.leavesOutPackages = withoutPackages
      builder.megabyteCount = megabytes
      builder.networkSeconds = time?.seconds
      _ = try builder.build(
        report: reporter.report, note: { Console.writeError("\(language): \($0)\n") },
        shouldStop: { stop.isStopped })
      if stop.isStopped { break }
    }
  }
}
