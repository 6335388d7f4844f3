import ArgumentParser
import Platform

/// Runs a root command the way every command of Inkling ends: status 0, 1 (failed) or 2 (usage), and errors on
/// standard error as `inkling: what: why (what to do)`.
public enum Program {
  /// Parses the process's arguments, runs the command they name and ends the process.
  public static func run<Root: ParsableCommand>(_ root: Root.Type) async -> Never {
    endWithErrorAtMemoryLimit()
    let arguments = systemArguments()
    if arguments.isEmpty, !root.configuration.subcommands.isEmpty, root.configuration.defaultSubcommand == nil
    {
      Console.writeError(root.helpMessage())
      exit(ExitStatus.usage)
    }
    do {
      var command = try root.parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      try Console.flush()
      exit(ExitStatus.success)
    } catch {
      exit(report(error, root: root, arguments: arguments))
    }
  }

  /// Prints what ended a command and gives the exit status that it means.
  private static func report<Root: ParsableCommand>(
    _ error: any Error, root: Root.Type, arguments: [String]
  ) -> Int32 {
    if let failure = error as? Failure {
      try? Console.flush()
      Console.fail(failure)
      return ExitStatus.failure
    }
    if let status = error as? ExitCode {
      do { try Console.flush() } catch {
        Console.fail(error)
        return ExitStatus.failure
      }
      return status.rawValue
    }
    switch root.exitCode(for: error) {
    case .success:
      do throws(Failure) {
        try Console.write(root.fullMessage(for: error) + "\n")
        try Console.flush()
      } catch {
        Console.fail(error)
        return ExitStatus.failure
      }
      return ExitStatus.success
    case .validationFailure:
      Console.fail(usageFailure(root.fullMessage(for: error), root.message(for: error), arguments))
      return ExitStatus.usage
    default:
      Console.fail(Failure("unexpected", why: root.message(for: error)))
      return ExitStatus.failure
    }
  }

  /// One line out of the parser's message, its usage and its hint at the help.
  private static func usageFailure(_ full: String, _ message: String, _ arguments: [String]) -> Failure {
    let hint = "See '"
    var help = "see --help"
    for line in full.split(separator: "\n") {
      let text = line.drop { $0 == " " }
      guard text.hasPrefix(hint) else { continue }
      if let end = text.dropFirst(hint.count).firstIndex(of: "'") {
        help = "see " + text[text.index(text.startIndex, offsetBy: hint.count)..<end]
      }
    }
    let lines = message.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }
    var why = lines.first.map(String.init) ?? "not understood"
    if why.hasSuffix(".") { why.removeLast() }
    if let first = why.first { why = first.lowercased() + why.dropFirst() }
    return Failure("usage", why: why, remedy: help)
  }
}

/// The three statuses that the programs end with.
public enum ExitStatus {
  public static let success: Int32 = 0
  public static let failure: Int32 = 1
  public static let usage: Int32 = 2
}
