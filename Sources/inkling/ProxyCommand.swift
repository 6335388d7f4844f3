import ArgumentParser
import Console
import LanguageServer
import Platform

/// Another language server with its completions in order.
struct ProxyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proxy",
    abstract: "Stand between an editor and another language server, and rank its completions.",
    discussion: """
      Editors start this in the place of the server, whose command follows --. Everything passes as it comes, but the \
      server's completions come in the order of what is probable, and where it has none Inkling's stand in. What else of \
      Inkling's stands beside the server's say options, or the settings under proxy in initializationOptions.inkling. It ends as \
      the server does, with its status.

      Example: inkling proxy -- pylsp
      Example: inkling proxy --own-items always -- clangd --background-index
      """)

  @Option(help: "How long an answer of the server's may wait for Inkling, in milliseconds, 0 to 1000.")
  var deadline = 40
  @Option(
    help: "Inkling's own completions: never, missing (where the server has none) or always (behind its).")
  var ownItems = ProxyOptions.OwnItems.missing
  @Flag(help: "Show Inkling's marks beside the server's.") var diagnostics = false
  @Flag(help: "Say below the server's hovers how probable a word is.") var hover = false
  @Flag(help: "Offer Inkling's corrections behind the server's code actions.") var codeActions = false
  @Flag(help: "Show the heat map in the server's semantic tokens.") var semanticTokens = false
  @Flag(help: "Go on with Inkling alone when the server has ended, instead of ending with it.") var outlive =
    false
  @Option(
    help: "The model directory of every document (default: looked for beside each document).",
    completion: .directory)
  var model: String?
  @Argument(parsing: .postTerminator, help: "The server and its arguments.") var server: [String] = []

  func validate() throws {
    guard (0...1000).contains(deadline) else {
      throw ValidationError("--deadline is \(deadline), not 0 to 1000 milliseconds")
    }
    guard !server.isEmpty else {
      throw ValidationError("no server is named: give its command behind --, as in: inkling proxy -- pylsp")
    }
  }

  func run() throws {
    var settings = Settings()
    settings.model = model
    var options = ProxyOptions()
    options.deadlineMilliseconds = deadline
    options.ownItems = ownItems
    settings.combination.diagnostics = diagnostics
    settings.combination.hover = hover
    settings.combination.codeActions = codeActions
    settings.combination.semanticTokens = semanticTokens
    options.outlivesServer = outlive
    let status = try Proxy.run(
      server, version: inklingVersion, options: options, settings: settings, engines: ModelEngines(),
      onSignal: { stop in
        Interruption.setHandler { _ in
          stop()
          return false
        }
      })
    throw ExitCode(status)
  }
}

extension ProxyOptions.OwnItems: ExpressibleByArgument {}
