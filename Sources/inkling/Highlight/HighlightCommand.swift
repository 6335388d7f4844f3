import ArgumentParser
import Console
import Lexing
import Platform
import Prediction

/// Marks where something else was probably meant.
struct HighlightCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "highlight", abstract: "Mark where something else was probably meant than what is written.",
    discussion: """
      Reads files, and folders as training walks them. Colours the marks on a terminal; elsewhere prints \
      file:line:column: message, which compilers print and quickfix lists read. Lines and columns count from 1; \
      columns count bytes (code points in SARIF). A last line on standard error counts files, tokens and marks. Words \
      of the dictionaries (.inkling/dictionary.txt of the project, and the user's own) are never marked, nor are lines \
      with "inkling:ignore" and those behind one with "inkling:ignore-next-line".

      Example: inkling highlight README.md docs/
      Example: inkling highlight --diff --fail-above 0 .
      Example: inkling highlight --apply README.md
      Example: inkling highlight --format sarif . > slips.sarif
      """)

  @Argument(
    help: "Files and folders (default or -: standard input; with --diff the current folder).",
    completion: .file())
  var files: [String] = []

  @Option(help: "ansi, plain, json, jsonl, html or sarif (default: ansi on a terminal, else plain).")
  var format: HighlightFormat?
  @Flag(help: "The same as --format jsonl: an object a file (docs/json-output.md).") var jsonl = false
  @Option(help: "False marks per 1,000 tokens of text without slips (default: 0.5).") var rate: Double?
  @Option(help: "Instead, mark every token of at least this many bits.") var threshold: Double?
  @Option(
    name: .long, defaultAsFlag: DiffLines.standardRevision, parsing: .next,
    help: ArgumentHelp(
      "Only mark lines that are new or changed since this revision of git's.", valueName: "rev"))
  var diff: String?
  @Option(help: "End with status 1 if there are more marks than this.") var failAbove: Int?
  @Flag(help: "Write near spellings into the files, each after a question.") var apply = false
  @Flag(help: "With --apply: ask nothing.") var yes = false
  @OptionGroup var model: ModelOptions
  @Option(
    help:
      "The language of the texts; of folders, only such files (default: by each file's name, else plain text)."
  )
  var language: String?

  func validate() throws {
    if let threshold, !(threshold >= 0 && threshold.isFinite) {
      throw ValidationError("--threshold is \(threshold), not 0 bits or more")
    }
    if let rate, !(rate > 0 && rate.isFinite) {
      throw ValidationError("--rate is \(rate), not more than 0 marks per 1,000 tokens")
    }
    if rate != nil && threshold != nil {
      throw ValidationError("--rate is of slips and --threshold of bits: give one of them")
    }
    if let failAbove, failAbove < 0 {
      throw ValidationError("--fail-above is \(failAbove), not 0 marks or more")
    }
    if jsonl, let format, format != .jsonl {
      throw ValidationError("--jsonl is --format jsonl, not \(format.rawValue)")
    }
    if let diff, diff.isEmpty || diff.hasPrefix("-") {
      throw ValidationError("--diff is \"\(diff)\", which is no revision")
    }
    if diff != nil && files.contains("-") {
      throw ValidationError("--diff is of files: git knows no standard input")
    }
    try validateApplying()
  }

  private func validateApplying() throws {
    if yes && !apply { throw ValidationError("--yes answers what only --apply asks") }
    guard apply else { return }
    if threshold != nil { throw ValidationError("--apply writes corrections, and --threshold finds none") }
    if diff == nil && files.isEmpty || files.contains("-") {
      throw ValidationError("--apply writes into files: name them")
    }
    if !yes && !ApplyCorrections.canAsk {
      throw ValidationError("--apply asks on a terminal, and this is none: --yes writes without a question")
    }
  }

  func run() throws {
    let library = try TextInput.standardLibrary()
    let (paths, changes) = try pathsAndChanges()
    let format = jsonl ? .jsonl : self.format ?? (Terminal.output.usesColor ? .ansi : .plain)
    let measure: TextHighlighter.Measure =
      threshold.map { TextHighlighter.Measure.bits($0) } ?? .slips(rate: rate ?? DetectedSlip.standardRate)
    let highlighter = TextHighlighter(measure: measure, details: format.details, changes: changes)
    var inputs = HighlightFiles(paths, languageID: language, library: library, model: model)
    var models = HighlightModels(model, needsNGrams: threshold == nil)
    var printer = format.makePrinter(measure)
    var corrections = ApplyCorrections(asks: !yes)
    var summary = HighlightSummary()
    try printer.begin()
    var isEnded = false
    while !isEnded {
      var batch = HighlightBatch(isSingle: apply)
      var failure: Failure?
      do throws(Failure) {
        // Nobody waits for the end of standard input to see what comes before it.
        while !batch.isFull, !isEnded, !inputs.isStandardInputNext || batch.works.isEmpty {
          guard let input = try inputs.next() else {
            isEnded = true
            break
          }
          if let changes, changes.byteRanges(of: input).isEmpty { continue }
          batch.add(input, model: try models.model(near: input.path, grammar: input.grammar))
        }
      } catch {
        // What was read before is not lost.
        failure = error
      }
      for (place, found) in try batch.highlighted(by: highlighter).enumerated() {
        let (input, model) = batch.works[place]
        var file = found
        if apply, let corrected = try corrections.apply(to: file, input) {
          file = highlighter.highlight(corrected, model: model)
        }
        summary.add(file)
        try printer.print(file)
      }
      if let failure { throw failure }
    }
    try printer.end(summary)
    try Console.flush()
    Console.writeError(summary.text + "\n")
    if corrections.failureCount > 0 || summary.markCount > failAbove ?? .max {
      throw ExitCode(ExitStatus.failure)
    }
  }

  /// What is read, and which of its lines count.
  ///
  /// The word behind `--diff` is a path where a file or folder has that name, so that `--diff docs` is what it looks like.
  private func pathsAndChanges() throws(Failure) -> ([String], DiffLines?) {
    guard let diff else { return (files.isEmpty ? ["-"] : files, nil) }
    let isPath = diff != DiffLines.standardRevision && fileExists(diff)
    let paths = (isPath ? [diff] : []) + files
    let named = paths.isEmpty ? ["."] : paths
    return (named, try DiffLines(named, since: isPath ? DiffLines.standardRevision : diff))
  }
}

/// The models of texts, with a word for people whose texts have none that can say what was meant.
private struct HighlightModels {
  private var models: ModelCache
  private let needsNGrams: Bool
  private var hasWarned = false

  init(_ options: ModelOptions, needsNGrams: Bool) {
    models = ModelCache(options)
    self.needsNGrams = needsNGrams
  }

  mutating func model(near path: String?, grammar: Grammar) throws(Failure) -> Model? {
    let model = try models.model(near: path, grammar: grammar)?.model
    if needsNGrams { try model?.openBackward() }
    if needsNGrams, !hasWarned, model?.ngramModel == nil {
      hasWarned = true
      Console.warn(
        Failure(
          "model",
          why: model == nil ? "none found, so no slips are marked" : "has no n-grams, so no slips are marked",
          remedy: "train one with inkling-train, name one with --model, or give a --threshold"))
    }
    return model
  }
}
