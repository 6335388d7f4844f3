import ArgumentParser
import Console
import Platform

@main
struct Inkling: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inkling",
    abstract: "The next word, offline: completes, scores and marks text with models of your own files.",
    discussion: """
      Build a model with inkling-train, then attach an editor to `inkling serve` or ask from a script.

      Example: inkling complete Sources/App.swift --at 12:8 --top 3
      """,
    version: inklingVersion,
    subcommands: [
      ClassifyCommand.self,
      CompleteCommand.self,
      EvaluateCommand.self,
      GenerateCommand.self,
      HighlightCommand.self,
      InspectCommand.self,
      ProxyCommand.self,
      ScoreCommand.self,
      ServeCommand.self,
      TagCommand.self,
      TransformCommand.self,
    ])

  static func main() { Program.run(Inkling.self) }
}
