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
    commandName: "classify", abstract: "Say which label texts have, by a model of inkling-train classify.",
    discussion: """
      Prints the label, its probability and the file for each text. A file is one text, or with --lines each of its \
      lines is. --explain prints below what decided: n-grams, the windows of filters, or words.

      Example: inkling classify --model reviews review.txt
      Example: echo 'a joy from start to end' | inkling classify --model reviews --top 2 --explain
      """)

  @Argument(help: "The texts (default or -: standard input).", completion: .file()) var files: [String] = []

  @Option(help: "The classifier's directory.", completion: .directory) var model: String
  @Option(help: "How many labels to print of each text, the most probable first (1 to 1000).") var top = 1
  @Flag(help: "Each line is a text.") var lines = false
  @Flag(help: "Print what decided about the most probable label.") var explain = false
  @Option(help: "How a network's weights are held: float32, as they were trained, or int8, which is faster.")
  var precision: WeightPrecision = .float32
  @Flag(help: "Print one JSON object a text (docs/json-output.md).") var json = false
  @Flag(help: "Read one JSON object a line from standard input and answer each by one (docs/json-output.md).")
  var jsonl = false

  func validate() throws {
    guard (1...1000).contains(top) else { throw ValidationError("--top is \(top), not 1 to 1000") }
    if jsonl && (!files.isEmpty || lines || json) {
      throw ValidationError(
        "--jsonl takes its texts from standard input: leave out files, --lines and --json")
    }
  }

  func run() throws {
    let classifier = try TextClassifier.open(model, precision: precision)
    let answer = ClassificationAnswer(classifier: classifier, top: top, explains: explain)
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
    _ answer: ClassificationAnswer, _ text: [UInt8], name: String, line: Int?
  ) throws(Failure) {
    if json {
      var object: JSONObject = ["file": name == "<stdin>" ? .null : JSON(name)]
      if let line { object["line"] = JSON(line) }
      for (key, value) in try answer.members(text) { object[key] = value }
      return try Console.write(JSON.object(object).serialized() + [10])
    }
    let place = line.map { "\(name):\($0)" } ?? name
    for (label, probability) in try answer.classifier.classify(text).ranked(top) {
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

/// What is said of a text, in numbers and for scripts.
struct ClassificationAnswer {
  let classifier: TextClassifier
  let top: Int
  let explains: Bool

  private static let evidenceLimit = 10

  /// What decided about the most probable label, with the part of the text that it is; empty where nobody asks.
  func evidence(_ text: [UInt8]) throws(Failure) -> [(part: String, evidence: Evidence)] {
    guard explains else { return [] }
    let best = try classifier.classify(text).bestIndex
    return try classifier.explain(text, label: best, limit: Self.evidenceLimit).map {
      (String(decoding: text[$0.place], as: UTF8.self), $0)
    }
  }

  func members(_ text: [UInt8], top: Int? = nil) throws(Failure) -> JSONObject {
    let result = try classifier.classify(text)
    var object: JSONObject = [
      "label": .string(result.best.label), "probability": JSON(Double(result.best.probability)),
      "labels": .array(
        result.ranked(top ?? self.top).map {
          ["label": .string($0.label), "probability": JSON(Double($0.probability))]
        }),
    ]
    if explains {
      object["because"] = .array(
        try evidence(text).map { part, evidence in
          [
            "text": .string(part), "weight": JSON(Double(evidence.weight)),
            "byteOffset": JSON(evidence.place.lowerBound), "byteCount": JSON(evidence.place.count),
          ]
        })
    }
    return object
  }
}
