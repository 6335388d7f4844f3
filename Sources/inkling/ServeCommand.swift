import ArgumentParser
import Console
import LanguageServer
import LanguageServerProtocol
import Platform
import Prediction

/// The language server.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serve an editor: the language server on standard input and output.",
    discussion: """
      Editors start this themselves; docs/editors.md says how to tell them to. It ends with the editor: on `exit`, at
      the end of input, and when the editor's process is gone. The status is 0 after `shutdown`, else 1.

      Example: inkling serve --model ~/models/mail
      """)

  @Flag(help: "Accepted because many editors pass it; standard input and output are always used.")
  var stdio = false
  @Option(
    help: "The model directory of every document (default: looked for beside each document).",
    completion: .directory)
  var model: String?
  @Option(help: "Also write the log to this file.", completion: .file())
  var log: String?
  @Option(
    help: "What the editor's columns count, whatever it says: for editors that count otherwise than they say."
  )
  var positionEncoding: PositionEncoding?

  func run() throws {
    var settings = Settings()
    settings.model = model
    settings.logPath = log
    settings.positionEncoding = positionEncoding
    let status = try Server.run(version: inklingVersion, settings: settings, engines: ModelEngines())
    throw ExitCode(status)
  }
}

extension PositionEncoding: ExpressibleByArgument {}
