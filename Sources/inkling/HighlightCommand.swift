import ArgumentParser
import Console
import LanguageServer
import Lexing
import Platform
import Prediction

/// Marks what the models find improbable.
struct HighlightCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "highlight", abstract: "Mark the tokens that the models find improbable.",
    discussion: """
      Colours them on a terminal; elsewhere prints file:line:column: message, which compilers print and quickfix \
      lists read. Lines and columns count from 1; columns count bytes (code points in SARIF). Without --threshold \
      a token is marked when it is more surprising than ordinary text was in training, or looks like a slip for \
      an expected word. Words of the dictionaries (.inkling/dictionary.txt of the project, and the user's own) are \
      never marked.

      Example: inkling highlight Sources/App.swift
      Example: inkling highlight --format sarif Sources/*.swift > improbable.sarif
      """)

  @Argument(help: "The texts (default or -: standard input).", completion: .file())
  var files: [String] = []

  @Option(help: "ansi, plain, json, html or sarif (default: ansi on a terminal, else plain).")
  var format: HighlightFormat?

  @Option(help: "Mark every token of at least this many bits.") var threshold: Double?
  @OptionGroup var model: ModelOptions
  @Option(help: "The language (default: by each file's name, else plain text).") var language: String?

  func validate() throws {
    if let threshold, !(threshold >= 0 && threshold.isFinite) {
      throw ValidationError("--threshold is \(threshold), not 0 bits or more")
    }
  }

  func run() throws {
    let library = try TextInput.standardLibrary()
    var models = ModelCache(model)
    var printer = (format ?? (Terminal.output.usesColor ? .ansi : .plain)).makePrinter()
    try printer.begin()
    for path in files.isEmpty ? ["-"] : files {
      let input = try TextInput(path: path, languageID: language, library: library)
      let opened = try models.model(near: input.path)
      let accepted = DictionaryFile.acceptedWords(forDocument: input.path)
      try printer.print(highlight(input, model: opened?.model, accepted: accepted))
    }
    try printer.end()
  }

  private func highlight(_ input: TextInput, model: Model?, accepted: Set<String>) -> HighlightedFile {
    let predictor = DocumentPredictor(text: input.bytes, grammar: input.grammar, model: model)
    var findings: [Finding] = []
    for token in predictor.surprisals(in: 0..<input.bytes.count) {
      let isMarked = threshold.map { token.surprisalBits >= $0 } ?? token.isSlip
      guard isMarked, !token.byteRange.isEmpty else { continue }
      if !accepted.isEmpty {
        let word = String(decoding: input.bytes[token.byteRange], as: UTF8.self)
        if accepted.contains(word) || accepted.contains(word.lowercased()) { continue }
      }
      findings.append(
        Finding(
          byteRange: token.byteRange, surprisalBits: token.surprisalBits,
          expected: token.expected.map { ($0.text, $0.probability) }))
    }
    return HighlightedFile(
      name: input.name, languageID: input.grammar.languageID, text: input.bytes,
      positions: LinePositions(input.bytes),
      findings: findings)
  }
}
