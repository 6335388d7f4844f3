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
      cross-entropy, the mean reciprocal rank among ten, how often the first and the first five were right, and the \
      keystrokes that a list of five saves; for names of three letters or more also with one and two characters typed.

      Example: inkling evaluate --model .inkling/model Tests/*.swift
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
    help: "Leave a component out: ngram, contexts, document, neighbours, recurrent. May be given again.")
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
    let opened = try model.open(near: first == "-" ? nil : first)
    if let missing = without.first(where: { !present(opened?.model).contains($0) }) {
      throw ValidationError("--without \(missing.rawValue) has no meaning: the model has no such component")
    }
    let documents = try read(library)
    let whole = measure(documents, opened?.model, .all, switchedOff: Set(without), label: "evaluate")
    let parts = components ? measureParts(documents, opened?.model) : []
    if json { return try printJSON(whole, parts, modelPath: opened?.path) }
    try printTables(whole, parts)
  }

  // MARK: Reading

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

  /// One configuration's figures.
  private struct Measured {
    var total = EvaluationResult()
    /// By language, in the order of their first documents.
    var languages: [(id: String, result: EvaluationResult)] = []

    mutating func add(_ result: EvaluationResult, language: String) {
      total.add(result)
      if let place = languages.firstIndex(where: { $0.id == language }) {
        languages[place].result.add(result)
      } else {
        languages.append((language, result))
      }
    }
  }

  private func measure(
    _ documents: [EvaluationDocument], _ model: Model?, _ measures: Evaluator.Measures,
    switchedOff: Set<Component>, label: String
  ) -> Measured {
    let bar = ProgressBar()
    bar.begin(label)
    defer { bar.finish() }
    var measured = Measured()
    let total = max(1, documents.reduce(0) { $0 + $1.tokenCount })
    var done = 0
    let start = monotonicSeconds()
    let evaluator = Evaluator(model: model, caches: caches, measures: measures, switchedOff: switchedOff)
    for document in documents {
      measured.add(evaluator.evaluate(document), language: document.language)
      done += document.tokenCount
      let elapsed = max(1e-9, monotonicSeconds() - start)
      bar.update(fraction: Double(done) / Double(total), rate: (Double(done) / elapsed, "tokens/s"))
    }
    return measured
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
      case .spelling: false
      }
    }
  }

  private func measureParts(
    _ documents: [EvaluationDocument], _ model: Model?
  ) -> [(component: Component, alone: EvaluationResult, without: EvaluationResult)] {
    let all = present(model)
    let measures: Evaluator.Measures = componentKeystrokes ? .all : .ranks
    return all.map { component in
      let others = Set(all).subtracting([component])
      return (
        component,
        measure(documents, model, measures, switchedOff: others, label: "\(component.rawValue) alone").total,
        measure(documents, model, measures, switchedOff: [component], label: "without \(component.rawValue)")
          .total
      )
    }
  }

  // MARK: Printing

  private func members(_ result: EvaluationResult) -> JSONObject {
    [
      "documents": JSON(result.documentCount), "tokens": JSON(result.tokenCount),
      "inVocabulary": JSON(result.knownTokenCount), "bytes": JSON(result.byteCount),
      "bitsPerToken": JSON(result.bitsPerToken),
      "bitsPerTokenInVocabulary": JSON(result.bitsPerTokenInVocabulary),
      "bitsPerByte": JSON(result.bitsPerByte), "mrr10": JSON(result.tokens.meanReciprocalRank),
      "top1": JSON(result.tokens.top1), "top5": JSON(result.tokens.top5),
    ]
  }

  private func typingMembers(_ result: EvaluationResult) -> JSONObject {
    var object = members(result)
    object["keystrokesSaved"] = JSON(result.keystrokesSaved)
    object["identifiers"] = .array(
      result.identifiers.enumerated().map { typed, ranks in
        .object([
          "typed": JSON(typed), "count": JSON(ranks.count), "mrr10": JSON(ranks.meanReciprocalRank),
          "top1": JSON(ranks.top1), "top5": JSON(ranks.top5),
        ])
      })
    return object
  }

  private func partMembers(_ result: EvaluationResult) -> JSONObject {
    componentKeystrokes ? typingMembers(result) : members(result)
  }

  private func printJSON(
    _ whole: Measured, _ parts: [(component: Component, alone: EvaluationResult, without: EvaluationResult)],
    modelPath: String?
  ) throws(Failure) {
    var object: JSONObject = ["model": modelPath.map(JSON.string) ?? .null, "caches": JSON(caches.rawValue)]
    for (key, value) in typingMembers(whole.total) { object[key] = value }
    object["languages"] = .array(
      whole.languages.map { language in
        var members: JSONObject = ["language": JSON(language.id)]
        for (key, value) in typingMembers(language.result) { members[key] = value }
        return .object(members)
      })
    if components {
      object["components"] = .array(
        parts.map { part in
          .object([
            "component": JSON(part.component.rawValue), "alone": .object(partMembers(part.alone)),
            "without": .object(partMembers(part.without)),
          ])
        })
    }
    try Console.write(JSON.object(object).serialized() + [10])
  }

  private func printTables(
    _ whole: Measured, _ parts: [(component: Component, alone: EvaluationResult, without: EvaluationResult)]
  ) throws(Failure) {
    var table = TextTable([
      .init("what"), .init("tokens", .trailing), .init("bits/token", .trailing),
      .init("in vocabulary", .trailing),
      .init("bits/byte", .trailing), .init("MRR@10", .trailing), .init("top 1", .trailing),
      .init("top 5", .trailing), .init("keystrokes saved", .trailing),
    ])
    func append(_ label: String, _ result: EvaluationResult) {
      table.append([
        label, NumberText.grouped(result.tokenCount), NumberText.fixed(result.bitsPerToken, digits: 3),
        NumberText.fixed(result.bitsPerTokenInVocabulary, digits: 3),
        NumberText.fixed(result.bitsPerByte, digits: 3),
        NumberText.fixed(result.tokens.meanReciprocalRank, digits: 3), NumberText.percent(result.tokens.top1),
        NumberText.percent(result.tokens.top5),
        result.characterCount > 0 ? NumberText.percent(result.keystrokesSaved) : "",
      ])
    }
    append("all tokens", whole.total)
    if whole.languages.count > 1 { for language in whole.languages { append(language.id, language.result) } }
    for part in parts {
      append("\(part.component.rawValue) alone", part.alone)
      append("without \(part.component.rawValue)", part.without)
    }
    var names = TextTable([
      .init("names of 3 letters or more"), .init("places", .trailing), .init("MRR@10", .trailing),
      .init("top 1", .trailing), .init("top 5", .trailing),
    ])
    for (typed, ranks) in whole.total.identifiers.enumerated() {
      names.append([
        "\(typed) typed", NumberText.grouped(ranks.count),
        NumberText.fixed(ranks.meanReciprocalRank, digits: 3),
        NumberText.percent(ranks.top1), NumberText.percent(ranks.top5),
      ])
    }
    try Console.write(table.text(on: .output) + "\n" + names.text(on: .output))
    try Console.print(
      "\nkeystrokes saved with a list of five: \(NumberText.percent(whole.total.keystrokesSaved))")
  }
}

extension Evaluator.Caches: ExpressibleByArgument {}
extension Component: ExpressibleByArgument {}
