import ArgumentParser
import Platform

/// Runs a root command the way every command of Inkling ends: status 0, 1 (failed) or 2 (usage), and errors on
/// standard error as `inkling: what: why (what to do)`.
package enum Program {
  /// Parses the process's arguments, runs the command they name and ends the process.
  package static func run<Root: ParsableCommand>(_ root: Root.Type) -> Never {
    endWithErrorAtMemoryLimit()
    Console.reserveDescriptors()
    let arguments = joiningNegativeValues(systemArguments())
    if arguments.isEmpty, !root.configuration.subcommands.isEmpty, root.configuration.defaultSubcommand == nil
    {
      Console.writeError(root.helpMessage())
      exit(ExitStatus.usage)
    }
    do {
      var command = try root.parseAsRoot(arguments)
      try command.run()
      // What was made of a file that lost its end meanwhile is no result.
      if let damage = MappedFile.damage() { throw damage }
      try Console.end()
      WriteGate.waitIfClosed()
      exit(ExitStatus.success)
    } catch {
      // What a signal's thread is removing may be what this error is of.
      WriteGate.waitIfClosed()
      exit(report(error, root: root, arguments: arguments))
    }
  }

  /// Prints what ended a command and gives the exit status that it means.
  private static func report<Root: ParsableCommand>(
    _ error: any Error, root: Root.Type, arguments: [String]
  ) -> Int32 {
    if let failure = error as? Failure {
      try? Console.end()
      Console.fail(failure)
      return ExitStatus.failure
    }
    if let status = error as? ExitCode {
      do { try Console.end() } catch {
        Console.fail(error)
        return ExitStatus.failure
      }
      return status.rawValue
    }
    switch root.exitCode(for: error) {
    case .success:
      do throws(Failure) {
        try Console.write(helpOfDefaultCommand(root, error, arguments) ?? root.fullMessage(for: error) + "\n")
        try Console.end()
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

  /// Writes `--top -1` as `--top=-1`: the parser takes what begins with a hyphen for another option, and would say that a
  /// value is missing where one is out of range.
  static func joiningNegativeValues(_ arguments: [String]) -> [String] {
    var result: [String] = []
    var takesOptions = true
    for argument in arguments {
      if takesOptions, isNegativeNumber(argument), let option = result.last, option.hasPrefix("--"),
        option.utf8.count > 2, !option.contains("=")
      {
        result[result.count - 1] = option + "=" + argument
      } else {
        result.append(argument)
      }
      if argument == "--" { takesOptions = false }
    }
    return result
  }

  private static func isNegativeNumber(_ text: String) -> Bool {
    guard text.first == "-" else { return false }
    let rest = text.dropFirst().lowercased()
    let digits = rest.drop { $0 == "." }
    return digits.first.map { ("0"..."9").contains($0) } ?? false
      || ["inf", "infinity", "nan"].contains(rest)
  }

  /// The help of a program that does one thing unless told otherwise: what it does, and then the options of that.
  private static func helpOfDefaultCommand<Root: ParsableCommand>(
    _ root: Root.Type, _ error: any Error, _ arguments: [String]
  ) -> String? {
    guard let command = root.configuration.defaultSubcommand,
      arguments == ["--help"] || arguments == ["-h"] || arguments == ["help"]
    else { return nil }
    return root.fullMessage(for: error) + "\n\n" + command.helpMessage() + "\n"
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
    // "the value '-1' is invalid for '--seed <seed>'": that it begins with a hyphen is not what is wrong with it.
    let quoted = why.split(separator: "'", omittingEmptySubsequences: false).map(String.init)
    if quoted.count >= 4, quoted[0] == "the value ", isNegativeNumber(quoted[1]) {
      let option = quoted[3].split(separator: " ").first.map(String.init) ?? quoted[3]
      why = "\(option) is \(quoted[1]), which is out of range"
    }
    return Failure("usage", why: why, remedy: help)
  }
}

/// The three statuses that the programs end with.
package enum ExitStatus {
  package static let success: Int32 = 0
  package static let failure: Int32 = 1
  package static let usage: Int32 = 2
}
