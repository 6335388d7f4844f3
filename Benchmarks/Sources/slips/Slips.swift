import Lexing
@_spi(SlipFitting) import Prediction
import Timing

/// What the detector of slips says of texts as they are, and with slips planted.
///
///     swift run -c release --package-path Benchmarks slips MODEL|- LANGUAGE SEED FILE...
///
/// Prints a JSON object a text: `planted` (false for the text as it is), `tokens`, `seconds` of `slips(in:)`, `slips`
/// (`[start, end, class, what stood there]` of what was planted), `readings` (`[start, end, kind, context, text, logOdds,
/// features]` of all that the detector scored) and `marks` (`[start, end, first expected text]` of the tokens that
/// surprisal marks). `Benchmarks/slips.py` fits weights to it and reports. Bytes count from 0.
@main
struct Slips {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count >= 4, let seed = UInt64(arguments[2]) else {
      stop("usage: slips MODEL|- LANGUAGE SEED FILE...", status: 2)
    }
    guard let grammar = try GrammarLibrary.standard().grammar(languageID: arguments[1]) else {
      stop("no grammar for \(arguments[1])", status: 1)
    }
    let model = arguments[0] == "-" ? nil : try Model(path: arguments[0])
    for path in arguments.dropFirst(3) {
      guard let text = contents(path) else { stop("\(path) cannot be read", status: 1) }
      report(path, text, [], isPlanted: false, grammar, model)
      // Of one name always the same slips, whatever files come before.
      let own = path.utf8.reduce(seed) { ($0 &* 31) &+ UInt64($1) }
      var planting = Planting(text: text, grammar: grammar, model: model, seed: own)
      planting.plant()
      report(path, planting.text, planting.slips, isPlanted: true, grammar, model)
    }
  }

  /// What is marked for its surprisal alone, to be compared with.
  private static let thresholdBits = 14.0

  private static func report(
    _ path: String, _ text: [UInt8], _ slips: [PlantedSlip], isPlanted: Bool, _ grammar: Grammar,
    _ model: Model?
  ) {
    let document = DocumentPredictor(text: text, grammar: grammar, model: model)
    var detected: [DetectedSlip] = []
    let time = microseconds { detected = document.slips(in: 0..<text.count) }
    let readings = document.slipReadings(in: 0..<text.count)
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
        + "\"\(reading.context)\",\(quoted(reading.text)),\((reading.logOdds * 1000).rounded() / 1000),\(features)]"
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
