import Console
import JSON
import Platform

/// One object a file, one a line.
struct JSONPrinter: HighlightPrinter {
  /// What the array of marks is called: `findings` with the surprisal of each, `marks` without.
  let member: String

  func print(_ file: HighlightedFile) throws(Failure) {
    let object: JSONObject = [
      "file": JSON(file.name), "language": JSON(file.languageID), "tokens": JSON(file.tokenCount),
      member: .array(file.marks.map { .object(Self.members(of: $0, in: file)) }),
    ]
    try Console.write(JSON.object(object).serialized() + [10])
  }

  private static func members(of mark: Mark, in file: HighlightedFile) -> JSONObject {
    let start = file.positions.position(of: mark.byteRange.lowerBound)
    let end = file.positions.position(of: mark.byteRange.upperBound)
    var object: JSONObject = [
      "line": JSON(start.line), "column": JSON(start.column), "endLine": JSON(end.line),
      "endColumn": JSON(end.column), "byteOffset": JSON(mark.byteRange.lowerBound),
      "byteLength": JSON(mark.byteRange.count), "kind": JSON(mark.kindName),
      "text": JSON(file.string(mark.byteRange)), "message": JSON(file.message(mark)),
      "corrections": .array(
        mark.corrections.map { ["text": JSON($0.text), "gainBits": JSON($0.gainBits)] }),
    ]
    if let slip = mark.slip {
      object["logOdds"] = JSON(slip.logOdds)
      object["falseMarksPerThousandTokens"] = slip.falseMarksPerThousandTokens.map { JSON($0) } ?? .null
    }
    if let surprisal = mark.surprisal {
      object["surprisalBits"] = JSON(surprisal.surprisalBits)
      object["expected"] = .array(
        surprisal.expected.map { ["text": JSON($0.text), "probability": JSON($0.probability)] })
    }
    return object
  }
}
