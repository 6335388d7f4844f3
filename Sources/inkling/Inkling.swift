import ArgumentParser

@main
struct Inkling: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "inkling", abstract: "The next word, offline.")
}
