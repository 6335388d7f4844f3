import ArgumentParser
import Console
import Corpora
import JSON
import LanguageModeling
import Lexing
import NGrams
import Neural
import Platform
import Prediction

/// How well a model foretells texts.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Measure how well a model foretells texts.",
    discussion: """
      Prints tokens, tokens outside the vocabulary (OOVs), perplexity over all tokens and without the OOVs, and \
      bits a token and a byte, for each component of the model. A text is one sequence; with --tokens each line is \
      one, or each file with --sequence document. To the n-grams the end of a sequence is a token and its start is \
      not, as in KenLM, and every OOV is <unk>. To the mixture a sequence has no end, its tokens so far count as in \
      an editor, and an OOV is spelled: its figures stand in a table of their own, for they cannot be compared with \
      the others.

      With --both, two figures of the network at the same tokens: what it makes of each with the text before it known, \
      and with the text behind it known too. The second is no probability of the text, only of each token in its place.

      Example: inkling score --model .inkling/model Sources/App.swift
      Example: inkling score --both --tokens --model model test.txt
      Example: inkling score --tokens --model model --component ngram --json test.txt
      Example: echo '{"text": "It is a truth", "surprisals": true}' | inkling score --jsonl
      """)

  @Argument(
    help: "The texts, or with --tokens token files or folders of them (default or -: standard input).",
    completion: .file())
  var files: [String] = []

  @OptionGroup var model: ModelOptions

  @Option(help: "ngram, recurrent or mixture (default: all that the model has).") var component:
    ScoredComponent?
  @Flag(
    help: "Measure each token given those on both sides, by a model that was trained with --direction both.")
  var both = false
  @Flag(help: "The files are token files: one sentence a line, tokens split by single spaces.") var tokens =
    false
  @Option(
    help: "With --tokens, what stands between <s> and </s>: line (the default) or document (the whole file).")
  var sequence: TokenFiles.SequenceUnit?
  @Option(
    help:
      "How the network's weights are held: int8 (the default), as elsewhere, or float32, as they were trained."
  )
  var precision: WeightPrecision?
  @Option(help: "The language (default: by each file's name, else plain text).") var language: String?
  @Flag(help: "Give figures of each file too.") var byFile = false
  @Flag(help: "Print one JSON object (docs/json-output.md).") var json = false
  @Flag(help: "Score texts, one JSON object a line, from standard input until it ends.") var jsonl = false

  func validate() throws {
    if jsonl && (!files.isEmpty || component != nil || both || tokens || precision != nil || json || byFile) {
      throw ValidationError(
        "--jsonl takes no FILE, --component, --both, --tokens, --precision, --by-file or --json: each request says its own text"
      )
    }
    if both && component != nil {
      throw ValidationError("--both is of the network: it excludes --component")
    }
    if !tokens && sequence != nil {
      throw ValidationError("--sequence needs --tokens: a text is one sequence")
    }
    if tokens && language != nil {
      throw ValidationError("--language is of texts: the files of --tokens are split already")
    }
    if component == .ngram && precision != nil {
      throw ValidationError("--precision is of the network, which --component ngram leaves out")
    }
  }

  func run() throws {
    if jsonl {
      var requests = ScoreRequests(
        library: try TextInput.standardLibrary(), options: model, language: language)
      return try requests.answerAll()
    }
    let texts = try texts()
    let opened = try model.openRequired(
      near: files.first.flatMap { $0 == "-" ? nil : $0 }, grammar: texts.first?.grammar,
      networkPrecision: precision ?? .int8)
    if precision != nil && opened.model.ownNetwork == nil {
      throw ValidationError("--precision is of the network, and \(opened.path) has none")
    }
    let scorer =
      both
      ? try TextScorer(bothDirectionsOf: opened, precision: precision ?? .int8)
      : try TextScorer(model: opened.model, component: component)
    var sums = scorer.components.map { Scored(component: $0, sum: Perplexity()) }
    var parts: [Scored] = []
    for text in texts {
      for (index, result) in try scorer.score(text.read()).enumerated() {
        sums[index].sum += result
        if byFile { parts.append(Scored(file: text.name, component: sums[index].component, sum: result)) }
      }
    }
    if json { return try printJSON(sums, parts, scorer, modelPath: opened.path) }
    try printTables(parts + sums, scorer)
  }

  /// Figures of one component, of a file or of all.
  private struct Scored {
    /// Nil for all texts together.
    var file: String?
    var component: ScoredComponent
    var sum: Perplexity
  }

  private func texts() throws(Failure) -> [ScoredText] {
    let named = files.isEmpty ? ["-"] : files
    if tokens {
      var texts: [ScoredText] = []
      for name in named {
        if name == "-" {
          texts.append(.tokenFile(path: nil, unit: sequence ?? .line))
        } else {
          texts += try TokenFiles([name]).paths.map { .tokenFile(path: $0, unit: sequence ?? .line) }
        }
      }
      return texts
    }
    let library = try TextInput.standardLibrary()
    return try named.map { path throws(Failure) in
      .text(try TextInput(path: path, languageID: language, library: library))
    }
  }

  /// A table for each way of counting: only figures of one table can be compared.
  private func printTables(_ sums: [Scored], _ scorer: TextScorer) throws(Failure) {
    var isFirst = true
    for counting in TextScorer.Counting.allCases {
      let rows = sums.filter { scorer.counting(of: $0.component) == counting }
      guard !rows.isEmpty else { continue }
      if !isFirst { try Console.print("") }
      isFirst = false
      var table = TextTable(
        (byFile ? [.init("file")] : []) + [
          .init("component"), .init("tokens", .trailing), .init("OOVs", .trailing),
          .init("perplexity", .trailing),
          .init("without OOVs", .trailing), .init("bits/token", .trailing), .init("bits/byte", .trailing),
        ])
      for row in rows {
        let sum = row.sum
        let reals = [
          (sum.perplexity, 2), (sum.perplexityExcludingOOV, 2), (sum.bitsPerToken, 3), (sum.bitsPerByte, 3),
        ].map { value, digits in value.map { NumberText.grouped($0, digits: digits) } ?? "-" }
        table.append(
          (byFile ? [row.file.map { singleLine($0) } ?? "all"] : []) + [
            row.component.rawValue, NumberText.grouped(sum.tokens), NumberText.grouped(sum.oov),
          ] + reals)
      }
      try Console.write(table.text(on: .output))
      try Console.print(counting.explanation)
    }
  }

  private func printJSON(
    _ sums: [Scored], _ parts: [Scored], _ scorer: TextScorer, modelPath: String
  ) throws(Failure) {
    // The whole model's figures stand at the top: the mixture's, or the one component's that was asked for.
    var object: JSONObject = ["model": JSON(modelPath)]
    if let last = sums.last { for (key, value) in members(last, scorer) { object[key] = value } }
    if sums.count > 1 { object["components"] = .array(sums.map { .object(members($0, scorer)) }) }
    if byFile { object["files"] = .array(parts.map { .object(members($0, scorer)) }) }
    try Console.write(JSON.object(object).serialized() + [10])
  }

  private func members(_ result: Scored, _ scorer: TextScorer) -> JSONObject {
    var object: JSONObject = [
      "component": JSON(result.component.rawValue),
      "counting": JSON(scorer.counting(of: result.component).rawValue),
    ]
    if let file = result.file { object["file"] = JSON(file) }
    for (key, value) in result.sum.members { object[key] = value }
    return object
  }
}

extension Perplexity {
  /// As scripts get it.
  var members: JSONObject {
    [
      "tokens": JSON(tokens), "oov": JSON(oov), "perplexity": Self.number(perplexity),
      "perplexityExcludingOOV": Self.number(perplexityExcludingOOV),
      "bitsPerToken": Self.number(bitsPerToken), "bitsPerByte": Self.number(bitsPerByte),
    ]
  }

  /// JSON has no infinity: what cannot be measured, or is beyond all numbers, is null.
  private static func number(_ value: Double?) -> JSON {
    value.flatMap { $0.isFinite ? JSON($0) : nil } ?? .null
  }
}

/// What can be measured on its own, the whole last.
enum ScoredComponent: String, ExpressibleByArgument {
  case ngram, recurrent, mixture
  /// The network with the text behind each token known too; an option of its own asks for it.
  case both

  static let named: [ScoredComponent] = [.ngram, .recurrent, .mixture]
  static var allValueStrings: [String] { named.map(\.rawValue) }

  init?(argument: String) {
    guard let found = Self.named.first(where: { $0.rawValue == argument }) else { return nil }
    self = found
  }
}

/// A text to score.
enum ScoredText {
  case text(TextInput)
  /// Nil: standard input.
  case tokenFile(path: String?, unit: TokenFiles.SequenceUnit)
  case tokens(NamedInput, unit: TokenFiles.SequenceUnit)

  /// Nil of tokens, which have none.
  var grammar: Grammar? { if case .text(let input) = self { input.grammar } else { nil } }

  /// What the text is called where figures of each are given: its path, `-` for standard input; nil for tokens that are read.
  var name: String? {
    switch self {
    case .text(let text): text.path ?? "-"
    case .tokenFile(let path, _): path ?? "-"
    case .tokens: nil
    }
  }

  /// The same with its bytes, once for all components: a pipe can be read only once.
  func read() throws(Failure) -> ScoredText {
    guard case .tokenFile(let path, let unit) = self else { return self }
    return .tokens(try NamedInput(path, limit: TextInput.byteLimit), unit: unit)
  }
}

extension TextScorer.Counting {
  /// What a person is told below a table.
  fileprivate var explanation: String {
    switch self {
    case .unknown:
      "Every OOV counts as the one token <unk>, and the end of each sequence as a token."
    case .spelled:
      """
      OOVs are spelled letter by letter, sequences have no end, and what was read of the text is known: not to be
      compared with figures that count otherwise.
      """
    }
  }
}

extension TokenFiles.SequenceUnit: ExpressibleByArgument {}
extension WeightPrecision: ExpressibleByArgument {}
