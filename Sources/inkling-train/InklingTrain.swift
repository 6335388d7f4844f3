import ArgumentParser
import Console
import Platform

@main
struct InklingTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inkling-train", abstract: "Builds Inkling's models from your own files, on this machine.",
    discussion: """
      Example: inkling-train Sources Tests --output .inkling/model
      """,
    version: inklingVersion,
    subcommands: [
      TrainCommand.self,
      ClassifyCommand.self,
      TagCommand.self,
      CountCommand.self,
      MergeCommand.self,
      EstimateCommand.self,
      ExportCorpusCommand.self,
      LanguagesCommand.self,
      BaseCommand.self,
      PairsCommand.self,
      CommitsCommand.self,
      ImportCommand.self,
      RecurrentBenchmark.self,
      ClassifierBenchmarkCommand.self,
    ],
    defaultSubcommand: TrainCommand.self)

  static func main() { Program.run(InklingTrain.self) }
}
