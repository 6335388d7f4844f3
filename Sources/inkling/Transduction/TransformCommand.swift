import ArgumentParser
import Console
import Corpora
import JSON
import LanguageModeling
import Neural
import Platform
import Prediction
import Transduction

/// What texts become by a model of pairs.
struct TransformCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transform", abstract: "Turn texts into others, by a model of inkling-train pairs.",
    discussion: """
      Each line is a text; its best output is printed, or with --top several, each with its score and its \
      log-probability.

      Example: inkling transform --model dates letters.txt
      Example: echo '{"text": "teh"}' | inkling transform --model spelling --jsonl --top 3
      """)

  @Argument(help: "The texts, one a line (default or -: standard input).", completion: .file())
  var file: String?

  @Option(
    help: """
      The model (default: .inkling/transducer in the file's folder or the nearest parent, else the user's own, \
      $XDG_DATA_HOME/inkling/models/transducer).
      """,
    completion: .directory)
  var model: String?

  @Option(help: "Hypotheses that are kept at each step, 1 to 64.") var beam = BeamSearch.standardWidth
  @Option(help: "Outputs of each text, 1 to 64: the score, the log-probability and the text, tabs between.")
  var top: Int?
  @Option(help: "How the weights are held: float32, as they were trained, or int8, which is faster.")
  var precision: WeightPrecision = .float32
  @Flag(help: "Read one JSON object a line from standard input and answer each by one (docs/json-output.md).")
  var jsonl = false

  func validate() throws {
    for (name, value) in [("beam", beam), ("top", top ?? 1)] where !BeamSearch.widths.contains(value) {
      throw ValidationError("--\(name) is \(value), not 1 to \(BeamSearch.widths.upperBound)")
    }
    if jsonl && file != nil {
      throw ValidationError("--jsonl takes its texts from standard input: leave out the file")
    }
  }

  func run() throws {
    let model = try open()
    if jsonl { return try TransformRequests(model: model, beamWidth: beam, top: top ?? 1).answerAll() }
    let (name, text) = try read()
    var number = 0
    for line in Self.lines(text) {
      number += 1
      let answer = try model.transform(line, beamWidth: beam, limit: top ?? 1)
      if answer.isCut {
        Console.warn(
          Failure(
            "\(name):\(number)", why: "only its first \(model.sourceLimit) \(model.units.rawValue)s were read"
          ))
      }
      if top == nil {
        try Console.write((answer.outputs.first?.text ?? []) + [10])
        continue
      }
      for output in answer.outputs {
        let scores = [output.score, output.logProbability].map { NumberText.fixed($0, digits: 4) }
        try Console.write(Array((scores.joined(separator: "\t") + "\t").utf8) + output.text + [10])
      }
    }
  }

  private func open() throws -> TransducerModel {
    let near = file.flatMap { $0 == "-" ? nil : $0 }
    guard
      let path = model ?? ModelLocator.locate(ModelLocator.transducerRelativePath, documentPath: near)
    else {
      throw Failure(
        "model", why: "none found beside the text, above it, or in the user's data folder",
        remedy: "train one with `inkling-train pairs`, or name one with --model")
    }
    return try TransducerModel(ModelDirectory(path), precision: precision)
  }

  private func read() throws -> (name: String, text: [UInt8]) {
    guard let file, file != "-" else {
      return (
        "<stdin>", TextDecoding.text(try readAll(STDIN_FILENO, path: "<stdin>", limit: TextInput.byteLimit))
      )
    }
    guard !isDirectory(file) else {
      throw Failure(file, why: "is a directory", remedy: "name the files in it")
    }
    return (file, TextDecoding.text(try readNamedInput(file, limit: TextInput.byteLimit)))
  }

  /// The lines of a text, without their ends.
  private static func lines(_ text: [UInt8]) -> [[UInt8]] {
    var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).map {
      Array($0.last == 0x0D ? $0.dropLast() : $0)
    }
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }
}
