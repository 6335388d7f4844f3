import ArgumentParser

@main
struct InklingTrain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inkling-train", abstract: "Builds Inkling's models from your own files.")
}
