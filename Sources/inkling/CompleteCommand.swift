import ArgumentParser
import Console
import JSON
import Lexing
import Platform
import Prediction

/// The next word at a place in a text.
struct CompleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "complete", abstract: "Complete the word at a place, or foretell the next one.",
    discussion: """
      Reads FILE, or standard input, and completes at its end or at --at. Lines and columns count from 1; columns \
      count bytes. The text after the place is known too, as it is in an editor.

      Example: inkling complete Sources/App.swift --at 12:8 --top 3
      Example: printf 'let message: Str' | inkling complete --language swift
      Example: echo '{"text": "for index in ", "language": "swift"}' | inkling complete --jsonl
      Example: echo '{"text": "a b c a b ", "candidates": ["b", "c"]}' | inkling complete --jsonl
      """)

  @Argument(help: "The text (default or -: standard input).", completion: .file())
  var file: String?

  @Option(help: "The place, LINE:COLUMN (default: the end).") var at: String?
  @Option(help: "How many words, 1 to 1000.") var top = 5
  @OptionGroup var model: ModelOptions
  @Option(help: "The language (default: by the file's name, else plain text).") var language: String?
  @Flag(help: "Print one JSON object (docs/json-output.md).") var json = false
  @Flag(help: "Answer requests, one JSON object a line, from standard input until it ends.") var jsonl = false

  func validate() throws {
    guard (1...1000).contains(top) else { throw ValidationError("--top is \(top), not 1 to 1000") }
    if let at, LinePositions.Position(at) == nil {
      throw ValidationError("--at is \"\(at)\", not LINE:COLUMN such as 12:8")
    }
    if jsonl && (file != nil || at != nil || json) {
      throw ValidationError("--jsonl takes no FILE, --at or --json: each request says its own")
    }
  }

  func run() throws {
    let library = try TextInput.standardLibrary()
    if jsonl {
      var requests = CompletionRequests(library: library, options: model, language: language, top: top)
      return try requests.answerAll()
    }
    let input = try TextInput(path: file, languageID: language, library: library)
    var offset = input.bytes.count
    if let at, let position = LinePositions.Position(at) {
      offset = try LinePositions(input.bytes).byteOffset(of: position, in: input.name)
    }
    let opened = try model.open(near: input.path, grammar: input.grammar)
    // What stands behind the place has its say, too.
    if offset < input.bytes.count { try opened?.model.openBackward() }
    let predictor = DocumentPredictor(text: input.bytes, grammar: input.grammar, model: opened?.model)
    let list = predictor.completions(at: offset, limit: top)
    if json {
      var object: JSONObject = ["file": input.path.map(JSON.string) ?? .null]
      for (key, value) in CompletionAnswer(
        list: list, byteOffset: offset, languageID: input.grammar.languageID, modelPath: opened?.path
      ).members(positions: LinePositions(input.bytes)) { object[key] = value }
      return try Console.write(JSON.object(object).serialized() + [10])
    }
    try printTable(list, hasModel: opened != nil)
  }

  private func printTable(_ list: CompletionList, hasModel: Bool) throws(Failure) {
    if !hasModel && Terminal.error.isInteractive {
      Console.warn(
        Failure(
          "model", why: "none found, so the words come from the text alone",
          remedy: "train one with inkling-train, or name one with --model"))
    }
    var table = TextTable([.init("probability", .trailing), .init("word"), .init("from")])
    for item in list.items {
      table.append([
        NumberText.percent(item.probability), singleLine(item.text, width: 60), item.source.rawValue,
      ])
    }
    if list.items.isEmpty { return Console.writeError("inkling: nothing to offer here\n") }
    try Console.write(table.text(on: .output))
  }
}

/// A list of completions as a script gets it.
struct CompletionAnswer {
  let list: CompletionList
  let byteOffset: Int
  let languageID: String
  let modelPath: String?

  func members(positions: LinePositions) -> JSONObject {
    let place = positions.position(of: byteOffset)
    return [
      "line": JSON(place.line), "column": JSON(place.column), "byteOffset": JSON(byteOffset),
      "language": JSON(languageID), "model": modelPath.map(JSON.string) ?? .null, "typed": JSON(list.typed),
      "isIncomplete": JSON(list.isIncomplete), "items": .array(list.items.map(Self.item)),
    ]
  }

  private static func item(_ item: Completion) -> JSON {
    [
      "text": JSON(item.text), "insertedText": JSON(item.insertedText),
      "replaces": [
        "byteOffset": JSON(item.replacedBytes.lowerBound), "byteLength": JSON(item.replacedBytes.count),
      ],
      "probability": JSON(item.probability), "source": JSON(item.source.rawValue),
    ]
  }
}
