import ArgumentParser
import Console
import Corpora
import JSON
import LanguageModeling
import Lexing
import Platform
import Prediction
import Privacy

/// How good completion is on held-out files.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure the quality of completion on held-out files.",
    discussion: """
      Predicts every token of the files from what stands before it, and never learns from it before. Prints \
      cross-entropy, the mean reciprocal rank among ten, and how often the first and the first five were right; for \
      names of three letters or more also with one and two characters typed.

      Then types a part of each text from its middle on, as a person would who takes from the list of five whatever \
      helps, and counts the keys; and once more with ghost text.

      Example: inkling evaluate --model .inkling/model Tests/*.swift
      Example: inkling evaluate --typed-characters 3600 chapter.txt --json
      Example: inkling evaluate --tokens held-out --language swift --sequence document --caches history --json
      """)

  @Argument(help: "Held-out texts; with --tokens more token files or folders.", completion: .file())
  var files: [String] = []

  @OptionGroup var model: ModelOptions

  @Option(
    name: .customLong("tokens"), parsing: .upToNextOption,
    help: "Token files or folders of them, in place of texts: tokens split by white space.",
    completion: .directory)
  var tokens: [String] = []
  @Option(help: "With --tokens, what is a document: line (the default), or document (the whole file).")
  var sequence: TokenFiles.SequenceUnit?
  @Option(help: "The language (default: by each file's name, else plain text); its keywords are no names.")
  var language: String?
  @Option(
    help: """
      What may be learned from the files: none; document, a file's own tokens so far; history, those and every file \
      before it in the order of the paths.
      """)
  var caches: Evaluator.Caches = .document
  @Flag(help: "Measure each component alone, and the mixture without each.") var components = false
  @Flag(help: "With --components, also the keystrokes that each saves; takes several times as long.")
  var componentKeystrokes = false
  @Option(
    help: """
      Characters typed of each text, from its middle on; 0 types nothing (default: \
      \(TypingEvaluator.standardCharacterCount) of all texts together, evenly). What stands before them, up to \
      \(TypingEvaluator.lookBack) characters, is in the document already.
      """)
  var typedCharacters: Int?
  @Option(
    help: """
      Leave a component out: ngram, contexts, document, neighbours, recurrent, or the layers person, organisation, base. \
      May be given again.
      """)
  var without: [Component] = []
  @Flag(help: "Print one JSON object (docs/evaluate.md).") var json = false

  func validate() throws {
    if files.isEmpty && tokens.isEmpty { throw ValidationError("name the held-out files, or --tokens") }
    if tokens.isEmpty && sequence != nil {
      throw ValidationError("--sequence needs --tokens: a text is one document")
    }
    if componentKeystrokes && !components {
      throw ValidationError("--component-keystrokes needs --components")
    }
    if let typedCharacters {
      guard typedCharacters >= 0 else {
        throw ValidationError("--typed-characters is \(typedCharacters), below 0")
      }
      if !tokens.isEmpty {
        throw ValidationError("--typed-characters needs texts: --tokens has none that could be typed")
      }
    }
    if componentKeystrokes && (!tokens.isEmpty || typedCharacters == 0) {
      throw ValidationError("--component-keystrokes needs texts to type, not --tokens")
    }
    if without.contains(.neighbours) && caches != .history {
      throw ValidationError("--without neighbours needs --caches history: there are none otherwise")
    }
    if without.contains(.document) && caches == .none {
      throw ValidationError("--without document has no meaning with --caches none")
    }
    if without.contains(.spelling) {
      throw ValidationError("the spelling of new words cannot be left out: every word has a probability")
    }
  }

  func run() throws {
    let library = try TextInput.standardLibrary()
    let first = tokens.first ?? files.first
    let documents = try read(library)
    let path = first == "-" ? nil : first
    let opened = try model.open(near: path, grammar: try grammar(of: path, library))
    if let missing = without.first(where: { !present(opened?.model).contains($0) }) {
      throw ValidationError("--without \(missing.rawValue) has no meaning: the model has no such component")
    }
    let whole = measure(
      documents, opened?.model, .all, switchedOff: Set(without), types: true, label: "evaluate")
    let report = EvaluationReport(
      whole: whole, parts: components ? measureParts(documents, opened?.model) : [], caches: caches,
      typedCharacterCount: typedCharacters)
    if json { return try report.printJSON(modelPath: opened?.path) }
    try report.printTables()
  }

  // MARK: Reading

  /// The grammar that says which layers are asked: of what is named, else that of the first file.
  private func grammar(of path: String?, _ library: GrammarLibrary) throws(Failure) -> Grammar {
    try TextInput.grammar(languageID: language, path: path, bytes: [], library: library)
  }

  private func read(_ library: GrammarLibrary) throws(Failure) -> [EvaluationDocument] {
    if tokens.isEmpty {
      return try files.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { path throws(Failure) in
        let input = try TextInput(path: path, languageID: language, library: library)
        return EvaluationDocument(text: input.bytes, grammar: input.grammar)
      }
    }
    let grammar = try language.map { id throws(Failure) in
      guard let grammar = try library.grammar(languageID: id) else {
        throw Failure("language \(id)", why: "unknown", remedy: "name one that grammars/ has")
      }
      return grammar
    }
    var documents: [EvaluationDocument] = []
    for name in tokens + files {
      for path in try name == "-" ? [nil] : TokenFiles([name]).paths.map(Optional.some) {
        let file = try NamedInput(path, limit: TextInput.byteLimit)
        try file.withBytes { bytes throws(Failure) in
          try appendSequences(of: bytes, grammar, to: &documents)
        }
      }
    }
    return documents
  }

  /// Adds the sequences of a token file. Each has the bytes up to its line end, and those of the empty lines before it.
  private func appendSequences(
    of bytes: UnsafeRawBufferPointer, _ grammar: Grammar?, to documents: inout [EvaluationDocument]
  ) throws(Failure) {
    var start = 0
    // What comes behind the last sequence that has tokens is that one's.
    var last: (types: [UnsafeRawBufferPointer], end: Int)?
    func add(_ types: [UnsafeRawBufferPointer], upTo end: Int) {
      documents.append(
        EvaluationDocument(
          types: types, byteCount: end - start, language: grammar?.languageID ?? "plaintext",
          keywords: grammar?.keywords ?? []))
      start = end
    }
    try TypeReader(keepsSecretTokens: true).forEachSequence(ofTokens: bytes, unit: sequence ?? .line) {
      types, end in
      guard !types.isEmpty else { return }
      if let last { add(last.types, upTo: last.end) }
      last = (types, end)
    }
    if let last { add(last.types, upTo: bytes.count) }
  }

  // MARK: Measuring

  private func measure(
    _ documents: [EvaluationDocument], _ model: Model?, _ measures: Evaluator.Measures,
    switchedOff: Set<Component>, types: Bool, label: String
  ) -> EvaluationReport.Figures {
    var figures = EvaluationReport.Figures()
    let evaluator = Evaluator(model: model, caches: caches, measures: measures, switchedOff: switchedOff)
    forEach(documents, label, unit: "tokens/s", weights: documents.map(\.tokenCount)) { document, _ in
      figures.add(evaluator.evaluate(document), language: document.language)
    }
    guard types else { return figures }
    let counts = TypingEvaluator.characterCounts(documents, perDocument: typedCharacters)
    guard counts.contains(where: { $0 > 0 }) else { return figures }
    let typing = TypingEvaluator(model: model, caches: caches, switchedOff: switchedOff)
    forEach(documents, label + ", typing", unit: "characters/s", weights: counts) { document, count in
      figures.add(typing.type(document, characterCount: count), language: document.language)
    }
    return figures
  }

  /// Calls `body` with each document and its weight, and shows how far it has come.
  private func forEach(
    _ documents: [EvaluationDocument], _ label: String, unit: String, weights: [Int],
    _ body: (EvaluationDocument, Int) -> Void
  ) {
    let bar = ProgressBar()
    bar.begin(label)
    defer { bar.finish() }
    let total = max(1, weights.reduce(0, +))
    var done = 0
    let start = monotonicSeconds()
    for (document, weight) in zip(documents, weights) {
      body(document, weight)
      done += weight
      let elapsed = max(1e-9, monotonicSeconds() - start)
      bar.update(fraction: Double(done) / Double(total), rate: (Double(done) / elapsed, unit))
    }
  }

  /// The components that have something to say with these caches.
  private func present(_ model: Model?) -> [Component] {
    Component.allCases.filter { component in
      switch component {
      case .ngram: model?.ngramModel != nil
      case .contexts: model?.contexts != nil
      case .document: caches != .none
      case .neighbours: caches == .history
      case .recurrent: model?.network != nil
      case .person, .organisation, .base:
        model?.layers.contains { $0.kind.rawValue == component.rawValue } == true
      case .spelling: false
      }
    }
  }

  private func measureParts(_ documents: [EvaluationDocument], _ model: Model?) -> [EvaluationReport.Part] {
    let all = present(model)
    let measures: Evaluator.Measures = componentKeystrokes ? .all : .ranks
    func measure(switchedOff: Set<Component>, _ label: String) -> EvaluationResult {
      self.measure(
        documents, model, measures, switchedOff: switchedOff, types: componentKeystrokes, label: label
      ).total
    }
    return all.map { component in
      EvaluationReport.Part(
        component: component,
        alone: measure(
          switchedOff: Set(all).subtracting([component]), "\(component.rawValue) alone"),
        without: measure(switchedOff: [component], "without \(component.rawValue)"))
    }
  }
}

extension Evaluator.Caches: ExpressibleByArgument {}
extension Component: ExpressibleByArgument {}
