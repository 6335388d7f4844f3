import ArgumentParser
import Classification
import Console
import Corpora
import JSON
import LanguageModeling
import Neural
import Platform

/// Which label texts have.
struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract:
      "Say which label texts have, by a model of inkling-train classify, or which language they are in.",
    discussion: """
      Prints the label, its probability and the file for each text. A file is one text, or with --lines each of its \
      lines is. --explain prints below what decided: n-grams, the windows of filters, or words. With --what no model is \
      needed: names decide about files, then first lines, then the content, and what may be of several languages is unknown.

      Example: inkling classify --model reviews review.txt
      Example: echo 'a joy from start to end' | inkling classify --model reviews --top 2 --explain
      Example: inkling classify --what language pasted.txt --ignore-names
      """)

  @Argument(help: "The texts (default or -: standard input).", completion: .file()) var files: [String] = []

  @Option(help: "The classifier's directory.", completion: .directory) var model: String?
  @Option(help: "Without a model: language, of programs and markup, or natural-language, of prose.")
  var what: ClassifiedProperty?
  @Flag(help: "Go by what is in files alone, whatever their names say (with --what language).")
  var ignoreNames = false
  @Option(help: "How many labels to print of each text, the most probable first (1 to 1000).") var top = 1
  @Flag(help: "Each line is a text.") var lines = false
  @Flag(help: "Print what decided about the most probable label.") var explain = false
  @Option(help: "How a network's weights are held: int8 (the default) or, slower, float32 as trained.")
  var precision: WeightPrecision?
  @Flag(help: "Print one JSON object a text (docs/json-output.md).") var json = false
  @Flag(help: "Read one JSON object a line from standard input and answer each by one (docs/json-output.md).")
  var jsonl = false

  func validate() throws {
    guard (1...1000).contains(top) else { throw ValidationError("--top is \(top), not 1 to 1000") }
    guard (model == nil) != (what == nil) else {
      throw ValidationError(
        model == nil ? "name a --model, or say --what" : "--model and --what exclude each other")
    }
    if what != nil && (explain || precision != nil) {
      throw ValidationError("--\(explain ? "explain" : "precision") needs --model")
    }
    if ignoreNames && what != .language { throw ValidationError("--ignore-names needs --what language") }
    if jsonl && (!files.isEmpty || lines || json) {
      throw ValidationError(
        "--jsonl takes its texts from standard input: leave out files, --lines and --json")
    }
  }

  func run() throws {
    let answer = try answer()
    if jsonl { return try ClassificationRequests(answer: answer).answerAll() }
    for file in files.isEmpty ? ["-"] : files {
      let (name, text) = try read(file)
      guard lines else {
        try print(answer, text, name: name, line: nil)
        continue
      }
      var rest = text[...]
      var number = 1
      while !rest.isEmpty {
        let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
        var line = rest[..<end]
        if line.last == 0x0D { line.removeLast() }
        try print(answer, Array(line), name: name, line: number)
        rest = rest[min(end + 1, rest.endIndex)...]
        number += 1
      }
    }
  }

  private func answer() throws(Failure) -> any TextAnswer {
    if let what {
      return LanguageAnswer(
        library: try TextInput.standardLibrary(), property: what, top: top, ignoresNames: ignoreNames)
    }
    let classifier = try TextClassifier.open(model ?? "", precision: precision ?? .int8)
    return ClassificationAnswer(classifier: classifier, top: top, explains: explain)
  }

  private func read(_ file: String) throws(Failure) -> (name: String, text: [UInt8]) {
    if file == "-" {
      return (
        "<stdin>", TextDecoding.text(try readAll(STDIN_FILENO, path: "<stdin>", limit: TextInput.byteLimit))
      )
    }
    guard !isDirectory(file) else {
      throw Failure(file, why: "is a directory", remedy: "name the files in it")
    }
    return (file, TextDecoding.text(try readNamedInput(file, limit: TextInput.byteLimit)))
  }

  private func print(
    _ answer: any TextAnswer, _ text: [UInt8], name: String, line: Int?
  ) throws(Failure) {
    // A line is no file: it has no name.
    let path = name == "<stdin>" || line != nil ? nil : name
    if json {
      var object: JSONObject = ["file": name == "<stdin>" ? .null : JSON(name)]
      if let line { object["line"] = JSON(line) }
      for (key, value) in try answer.members(text, path: path, top: nil) { object[key] = value }
      return try Console.write(JSON.object(object).serialized() + [10])
    }
    let place = line.map { "\(name):\($0)" } ?? name
    for (label, probability) in try answer.ranked(text, path: path) {
      try Console.write("\(singleLine(label))\t\(NumberText.fixed(Double(probability), digits: 4))\t")
      try Console.write(place.systemPathBytes + [10])
    }
    for (part, evidence) in try answer.evidence(text) {
      let sign = evidence.weight < 0 ? "" : "+"
      try Console.print(
        "    \(sign)\(NumberText.fixed(Double(evidence.weight), digits: 3))  \(singleLine(part))")
    }
  }
}

/// What is asked of a text without a model of one's own.
enum ClassifiedProperty: String, ExpressibleByArgument, CaseIterable {
  case language
  case naturalLanguage = "natural-language"
}
