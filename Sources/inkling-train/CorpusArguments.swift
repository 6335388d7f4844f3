import ArgumentParser
import Corpora
import ModelBuilding

/// Which text is learned from, how it is read, and what of it is held out.
struct CorpusArguments: ParsableArguments {
  @OptionGroup var text: TextArguments
  @OptionGroup var fitting: FittingArguments

  func check() throws {
    try text.check()
    try text.check(heldOut: fitting.heldOut)
  }

  var textOptions: ModelBuildingOptions.Text {
    var options = text.options
    options.heldOutShare = fitting.heldOut
    return options
  }
}

/// How the mixture is fitted.
struct FittingArguments: ParsableArguments {
  @Option(
    help: """
      The part of the documents that is held out while the mixture is fitted and measured, 0 to 0.5 (default: about \
      0.08, whole projects where there are several). The finished model learns from them too.
      """)
  var heldOut: Double?

  @Option(help: "What the choice of held-out files starts from.") var seed: UInt64 = 1

  @Flag(
    help: """
      Learn n-grams only, not how they mix with a document's own words (never learned from sentences, --sequence line).
      """)
  var noMixture = false

  func check(hasValidationFiles: Bool) throws {
    try Self.check(heldOut: heldOut, hasValidationFiles: hasValidationFiles)
  }

  static func check(heldOut: Double?, hasValidationFiles: Bool) throws {
    if let heldOut, !(heldOut >= 0 && heldOut <= 0.5) {
      throw ValidationError("--held-out is \(heldOut), not 0 to 0.5")
    }
    if heldOut != nil && hasValidationFiles {
      throw ValidationError("--held-out and --valid exclude each other")
    }
  }
}

/// Which text is learned from and how it is read.
struct TextArguments: ParsableArguments {
  @Flag(
    help: """
      The paths are token files or folders of them: one sentence a line, tokens split by single spaces.
      """)
  var tokens = false

  @Option(
    help: "With --tokens, what stands between <s> and </s>: line (the default) or document (the whole file).")
  var sequence: TokenFiles.SequenceUnit?

  @Flag(
    help: """
      With --tokens: learn what looks like a secret as any other token, to compare with other toolkits token for token.
      """)
  var keepSecrets = false

  @Option(help: "What a token is: word, or character (of whole texts).") var units: UnitName = .word

  @Option(help: "Only files of this language; may be repeated. With --tokens: the language of all of them.")
  var language: [String] = []

  @Option(
    help:
      "A file or folder that the model never learns from, to fit the mixture and measure; may be repeated.",
    completion: .file())
  var valid: [String] = []

  @Option(help: "A file or folder to measure the finished model on; may be repeated.", completion: .file())
  var test: [String] = []

  func check() throws {
    if tokens && units == .character {
      throw ValidationError("--units character has no meaning with --tokens")
    }
    if !tokens && sequence != nil {
      throw ValidationError("--sequence needs --tokens: a file is one sequence")
    }
    if !tokens && keepSecrets { throw ValidationError("--keep-secrets needs --tokens") }
    if isSentences && !language.isEmpty {
      throw ValidationError("--language with --tokens needs --sequence document: lines have no language")
    }
    if tokens && language.count > 1 {
      throw ValidationError("--language may be given once with --tokens: all its files are of one language")
    }
  }

  /// - Parameter paths: where they are; empty where none were named.
  func check(paths: [String]) throws {
    if tokens && paths.isEmpty { throw ValidationError("--tokens needs the token files or folders") }
  }

  /// - Parameter heldOut: the part of these texts that is to be held out; nil for the default.
  func check(heldOut: Double?) throws {
    try FittingArguments.check(heldOut: heldOut, hasValidationFiles: !valid.isEmpty)
    if heldOut != nil && isSentences {
      throw ValidationError("--held-out splits documents; name files with --valid")
    }
  }

  /// Whether each line is a sequence, so that there are no documents for a mixture to learn from.
  var isSentences: Bool { tokens && sequence ?? .line == .line }

  var options: ModelBuildingOptions.Text {
    var options = ModelBuildingOptions.Text()
    options.form =
      tokens ? (isSentences ? .tokenLines : .tokenDocuments) : units == .character ? .characters : .words
    options.languageIDs = language
    options.validationPaths = valid
    options.testPaths = test
    options.keepsSecretTokens = keepSecrets
    return options
  }
}

extension TokenFiles.SequenceUnit: ExpressibleByArgument {}
