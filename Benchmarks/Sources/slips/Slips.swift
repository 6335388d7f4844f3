import Foundation
import Lexing
@_spi(SlipFitting) import Prediction
import Timing

/// What the detector of slips says of texts as they are, and with slips planted.
///
///     swift run -c release --package-path Benchmarks slips MODEL|- LANGUAGE SEED FILE... [--learned FOLDER] [--both] [--clean]
///
/// With `--clean` nothing is planted: real text whose readings are all taken to be false.
///
/// With `--both` the model's network in both directions is asked too, and each reading has a feature more.
///
/// With `--learned` what is looked at was trained on. The first time the texts are written to FOLDER/clean and FOLDER/planted;
/// once models that learned them too are FOLDER/clean-model and FOLDER/planted-model, each text is judged by its own.
///
/// Prints a JSON object a text: `planted` (false for the text as it is), `tokens`, `seconds` of `slips(in:)`, `slips`
/// (`[start, end, class, what stood there]` of what was planted), `readings` (`[start, end, kind, context, text, logOdds,
/// features, whether the words of the language around it are listed]` of all that the detector scored) and `marks` (`[start, end, first expected text]` of the tokens that
/// surprisal marks). `Benchmarks/slips.py` fits weights to it and reports. Bytes count from 0.
@main
struct Slips {
  static func main() throws {
    var arguments = Array(CommandLine.arguments.dropFirst())
    var learned: String?
    if let place = arguments.firstIndex(of: "--learned"), place + 1 < arguments.count {
      learned = arguments[place + 1]
      arguments.removeSubrange(place...place + 1)
    }
    let readsBoth = arguments.contains("--both")
    let isClean = arguments.contains("--clean")
    arguments.removeAll { $0 == "--both" || $0 == "--clean" }
    guard arguments.count >= 4, let seed = UInt64(arguments[2]) else {
      stop("usage: slips MODEL|- LANGUAGE SEED FILE... [--learned FOLDER]", status: 2)
    }
    guard let grammar = try GrammarLibrary.standard().grammar(languageID: arguments[1]) else {
      stop("no grammar for \(arguments[1])", status: 1)
    }
    let model = arguments[0] == "-" ? nil : try Model(path: arguments[0])
    if readsBoth {
      try model?.openNetwork()
      try model?.openBackward()
    }
    let models = try learned.flatMap { try LearnedModels($0) }
    for path in arguments.dropFirst(3) {
      guard let text = contents(path) else { stop("\(path) cannot be read", status: 1) }
      if isClean {
        report(path, text, [], isPlanted: false, grammar, model, readsBoth)
        continue
      }
      // Of one name always the same slips, whatever files come before.
      let own = path.utf8.reduce(seed) { ($0 &* 31) &+ UInt64($1) }
      var planting = Planting(text: text, grammar: grammar, model: model, seed: own)
      planting.plant()
      if let learned, models == nil {
        try write(text, to: learned + "/clean", path)
        try write(planting.text, to: learned + "/planted", path)
        continue
      }
      report(path, text, [], isPlanted: false, grammar, models?.clean ?? model, readsBoth)
      report(
        path, planting.text, planting.slips, isPlanted: true, grammar, models?.planted ?? model, readsBoth)
    }
  }

  /// Models that learned the texts that they judge.
  private struct LearnedModels {
    let clean: Model
    let planted: Model

    /// Nil where they are not there yet.
    init?(_ folder: String) throws {
      guard contents(folder + "/clean-model/model.json") != nil else { return nil }
      clean = try Model(path: folder + "/clean-model")
      planted = try Model(path: folder + "/planted-model")
    }
  }

  private static func write(_ text: [UInt8], to folder: String, _ path: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    try Data(text).write(to: URL(fileURLWithPath: folder + "/" + name))
  }

  /// What is marked for its surprisal alone, to be compared with.
  private static let thresholdBits = 14.0

  private static func report(
    _ path: String, _ text: [UInt8], _ slips: [PlantedSlip], isPlanted: Bool, _ grammar: Grammar,
    _ model: Model?, _ readsBoth: Bool
  ) {
    let document = DocumentPredictor(text: text, grammar: grammar, model: model)
    var detected: [DetectedSlip] = []
    let time = microseconds { detected = document.slips(in: 0..<text.count) }
    let readings = document.slipReadings(in: 0..<text.count, asksBothSides: readsBoth)
    let marks = document.surprisals(in: 0..<text.count, alternativeCount: 1).filter {
      $0.surprisalBits >= thresholdBits
    }
    var contexts: [TokenContext: Int] = [:]
    document.withDocument { lexed in lexed.tokens.map(\.context) }.forEach { contexts[$0, default: 0] += 1 }
    let counted = TokenContext.allCases.map { "\"\($0)\":\(contexts[$0] ?? 0)" }
    func list(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }
    let planted = slips.map {
      "[\($0.byteRange.lowerBound),\($0.byteRange.upperBound),\"\($0.kind.rawValue)\",\(quoted($0.original))]"
    }
    let scored = readings.map { reading in
      let features = list(reading.features.map { "\((Double($0) * 1000).rounded() / 1000)" })
      return "[\(reading.byteRange.lowerBound),\(reading.byteRange.upperBound),\"\(reading.kind.rawValue)\","
        + "\"\(reading.context)\",\(quoted(reading.text)),\((reading.logOdds * 1000).rounded() / 1000),\(features),\(reading.hasWordList)]"
    }
    let given = detected.map {
      "[\($0.byteRange.lowerBound),\($0.byteRange.upperBound),\"\($0.kind.rawValue)\","
        + list($0.corrections.map { quoted($0.text) })
        + ",\(($0.logOdds * 1000).rounded() / 1000),\($0.falseMarksPerThousandTokens.map { "\($0)" } ?? "null")]"
    }
    let surprising = marks.map {
      "[\($0.byteRange.lowerBound),\($0.byteRange.upperBound),\(quoted($0.expected.first?.text ?? ""))]"
    }
    print(
      "{\"file\":\(quoted(path)),\"planted\":\(isPlanted),\"tokens\":\(document.tokenCount),\"seconds\":\(time / 1e6),"
        + "\"bytes\":\(text.count),\"contexts\":{\(counted.joined(separator: ","))},\"slips\":\(list(planted)),\"readings\":\(list(scored)),\"detected\":\(list(given)),"
        + "\"marks\":\(list(surprising))}")
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if scalar.value < 0x20 {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
