import ArgumentParser
import Console
import Platform

@main
struct InklingTrain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inkling-train", abstract: "Builds Inkling's models from your own files, on this machine.",
    discussion: """
      Example: inkling-train Sources Tests --output .inkling/model
      """,
    version: inklingVersion,
    subcommands: [
      TrainCommand.self,
      ImportCommand.self,
      RecurrentBenchmark.self,
    ],
    defaultSubcommand: TrainCommand.self)

  static func main() async { await Program.run(InklingTrain.self) }
}
