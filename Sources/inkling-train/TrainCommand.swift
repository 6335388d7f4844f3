import ArgumentParser
import Console
import Corpora
import ModelBuilding
import NGrams
import NeuralTraining
import Platform

/// Trains a model on a person's files.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a model on files (the default command).",
    discussion: """
      Walks the paths, leaves out what .gitignore and .inklingignore name, binaries, generated files and \
      duplicates, and writes a model directory. Nothing is sent anywhere. What is at the output stays until the \
      new model is whole.

      Example: inkling-train ~/Projects ~/Documents/notes --output ~/.local/share/inkling/models/default
      """)

  @Argument(
    help:
      "Files and folders to learn from (default: the current folder); pipes too, and - for standard input.",
    completion: .file())
  var paths: [String] = []

  @Option(help: "Where the model goes. (default: \(ModelBuilder.defaultOutput))", completion: .directory)
  var output: String?

  @OptionGroup(title: "N-grams") var ngrams: NGramArguments
  @OptionGroup(title: "Corpus") var corpus: CorpusArguments
  @OptionGroup(title: "Network (trained if one of its kind, size or length is asked for)") var recurrent:
    RecurrentArguments

  @Option(help: "Also write the n-gram model as an ARPA file.", completion: .file())
  var arpa: String?

  @Flag(help: "Print one JSON object an event (docs/json-output.md).") var json = false

  func validate() throws {
    try ngrams.check()
    try corpus.check()
    try recurrent.check()
    if json && isARPAPrinted {
      throw ValidationError("--json and --arpa both want standard output: name a file for one of them")
    }
    if corpus.tokens && paths.isEmpty { throw ValidationError("--tokens needs the token files or folders") }
  }

  func run() throws {
    Interruption.install()
    if getenv(ChildProcess.endsWithInputVariable) != nil { try InputWatcher.start() }
    let stop = StopRequests()
    let reporter = Reporter(json: json, printsToError: isARPAPrinted) { stop.listen() }
    defer { Interruption.setHandler(nil) }
    _ = try ModelBuilder(
      paths.isEmpty ? ["."] : paths, output: output, options: try options(), report: reporter.report,
      shouldStop: { stop.isStopped }
    ).build()
  }

  private func options() throws -> ModelBuildingOptions {
    var options = ModelBuildingOptions()
    options.text = corpus.textOptions
    options.ngrams = try ngrams.options()
    options.network = try recurrent.network(isCharacters: corpus.units == .character)
    options.fitsMixture = !corpus.noMixture
    options.seed = corpus.seed
    options.arpaPath = arpa == "-" ? "/dev/stdout" : arpa
    return options
  }

  /// Whether standard output is the ARPA file's, so that nothing else may stand in it.
  private var isARPAPrinted: Bool {
    arpa.map { ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains($0) } ?? false
  }
}

/// What is counted and how it is smoothed.
struct NGramArguments: ParsableArguments {
  @Option(help: "The longest n-grams, 1 to 8.") var order = 5

  @Option(help: "How unseen n-grams get probability: maximum-likelihood, add-delta, backoff or kneser-ney.")
  var smoothing: SmoothingName = .kneserNey

  @Option(help: "What add-delta adds to each count (default: 1).") var delta: Double?

  @Option(
    help: """
      Leave out n-grams seen at most this often, a number an order from 1 on, the last for all above, as lmplz: \
      "0 0 1".
      """)
  var prune: String?

  @Option(help: "How much memory to use, such as 200M or 2G (default: half of what is free).")
  var memory: String?

  @Flag(
    name: [.customLong("quantize"), .customLong("quantise")],
    help: "Store probabilities and backoff weights in 8 bits: half the file; the loss is reported.")
  var quantize = false

  func check() throws {
    guard (1...8).contains(order) else { throw ValidationError("--order is \(order), not 1 to 8") }
    if let delta {
      guard smoothing == .addDelta else { throw ValidationError("--delta needs --smoothing add-delta") }
      guard delta > 0, delta.isFinite else { throw ValidationError("--delta is \(delta), not above 0") }
    }
    if prune != nil { _ = try pruneThresholds() }
    if let memory, NumberText.byteCount(memory) ?? 0 < 1 << 20 {
      throw ValidationError("--memory is \(memory), not a size from 1M on such as 200M or 2G")
    }
  }

  private var smoothingOptions: Smoothing {
    switch smoothing {
    case .maximumLikelihood: .maximumLikelihood
    case .addDelta: .addDelta(delta ?? 1)
    case .backoff: .backoff
    case .kneserNey: .kneserNey
    }
  }

  func options() throws -> ModelBuildingOptions.NGrams {
    var options = ModelBuildingOptions.NGrams()
    options.order = order
    options.smoothing = smoothingOptions
    options.prune = try pruneThresholds()
    options.memoryByteCount = memory.flatMap(NumberText.byteCount)
    options.isQuantized = quantize
    return options
  }

  /// The thresholds, one an order; empty without `--prune`.
  private func pruneThresholds() throws -> [Int] {
    guard let prune else { return [] }
    let parts = prune.split { $0 == " " || $0 == "," }
    var thresholds: [Int] = []
    for part in parts {
      guard let value = Int(part), value >= 0, value >= thresholds.last ?? 0 else {
        throw ValidationError("--prune is \"\(prune)\", not rising counts such as \"0 0 1\"")
      }
      thresholds.append(value)
    }
    guard let last = thresholds.last, thresholds.count <= order else {
      throw ValidationError("--prune is \"\(prune)\", not one to \(order) counts such as \"0 0 1\"")
    }
    while thresholds.count < order { thresholds.append(last) }
    return thresholds
  }
}

/// The estimators, as the command line names them.
enum SmoothingName: String, CaseIterable, ExpressibleByArgument {
  case maximumLikelihood = "maximum-likelihood"
  case addDelta = "add-delta"
  case backoff
  case kneserNey = "kneser-ney"
}

/// Which text is learned from and how it is read.
struct CorpusArguments: ParsableArguments {
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
    help: """
      The part of the documents that is held out while the mixture is fitted and measured, 0 to 0.5 (default: about \
      0.08, whole projects where there are several). The finished model learns from them too.
      """)
  var heldOut: Double?

  @Option(help: "What the choice of held-out files starts from.") var seed: UInt64 = 1

  @Option(
    help:
      "A file or folder that the model never learns from, to fit the mixture and measure; may be repeated.",
    completion: .file())
  var valid: [String] = []

  @Option(help: "A file or folder to measure the finished model on; may be repeated.", completion: .file())
  var test: [String] = []

  @Flag(
    help: """
      Learn n-grams only, not how they mix with a document's own words (never learned from sentences, --sequence line).
      """)
  var noMixture = false

  func check() throws {
    if tokens && units == .character {
      throw ValidationError("--units character has no meaning with --tokens")
    }
    if let heldOut, !(heldOut >= 0 && heldOut <= 0.5) {
      throw ValidationError("--held-out is \(heldOut), not 0 to 0.5")
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
    if heldOut != nil && !valid.isEmpty { throw ValidationError("--held-out and --valid exclude each other") }
    if heldOut != nil && isSentences {
      throw ValidationError("--held-out splits documents; name files with --valid")
    }
  }

  /// Whether each line is a sequence, so that there are no documents for a mixture to learn from.
  var isSentences: Bool { tokens && sequence ?? .line == .line }

  var textOptions: ModelBuildingOptions.Text {
    var options = ModelBuildingOptions.Text()
    options.form =
      tokens ? (isSentences ? .tokenLines : .tokenDocuments) : units == .character ? .characters : .words
    options.languageIDs = language
    options.heldOutShare = heldOut
    options.validationPaths = valid
    options.testPaths = test
    options.keepsSecretTokens = keepSecrets
    return options
  }
}

extension TokenFiles.SequenceUnit: ExpressibleByArgument {}
