import Console
import JSON
import Platform

/// SARIF 2.1.0 (OASIS): what code-scanning services and editors' problem viewers read.
struct SarifPrinter: HighlightPrinter {
  private var results: [JSON] = []

  mutating func print(_ file: HighlightedFile) throws(Failure) {
    for mark in file.marks {
      let range = mark.byteRange
      let artifact: JSON = ["uri": JSON(Self.uri(file.name))]
      let region: JSON = [
        "startLine": JSON(file.positions.position(of: range.lowerBound).line),
        "startColumn": JSON(file.positions.codePointColumn(of: range.lowerBound)),
        "endLine": JSON(file.positions.position(of: range.upperBound).line),
        "endColumn": JSON(file.positions.codePointColumn(of: range.upperBound)),
        "byteOffset": JSON(range.lowerBound), "byteLength": JSON(range.count),
      ]
      var result: JSONObject = [
        "ruleId": JSON(SarifRules.id(of: mark)), "ruleIndex": JSON(SarifRules.index(of: mark)),
        "level": JSON(SarifRules.level(of: mark)), "message": ["text": JSON(file.message(mark))],
        "locations": [["physicalLocation": ["artifactLocation": artifact, "region": region]]],
      ]
      if !mark.corrections.isEmpty {
        result["fixes"] = .array(mark.corrections.map { Self.fix($0.text, region, artifact) })
      }
      result["properties"] = Self.properties(mark)
      results.append(.object(result))
    }
  }

  private static func fix(_ text: String, _ region: JSON, _ artifact: JSON) -> JSON {
    [
      "description": ["text": JSON("Write \"\(singleLine(text, width: 60))\"")],
      "artifactChanges": [
        [
          "artifactLocation": artifact,
          "replacements": [["deletedRegion": region, "insertedContent": ["text": JSON(text)]]],
        ]
      ],
    ]
  }

  private static func properties(_ mark: Mark) -> JSON {
    guard let slip = mark.slip else {
      return ["surprisalBits": mark.surprisal.map { JSON($0.surprisalBits) } ?? .null]
    }
    return [
      "logOdds": JSON(slip.logOdds),
      "falseMarksPerThousandTokens": slip.falseMarksPerThousandTokens.map { JSON($0) } ?? .null,
    ]
  }

  mutating func end(_ summary: HighlightSummary) throws(Failure) {
    let log: JSON = [
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
      "runs": [
        [
          "tool": ["driver": ["name": "inkling", "version": JSON(inklingVersion), "rules": SarifRules.json]],
          "columnKind": "unicodeCodePoints", "results": .array(results),
        ]
      ],
    ]
    try Console.write(log.serialized(pretty: true) + [10])
  }

  /// A path as a URI reference: what RFC 3986 does not allow in a path is percent-encoded.
  static func uri(_ path: String) -> String {
    let digits = Array("0123456789ABCDEF")
    var result = path.hasPrefix("/") ? "file://" : ""
    for byte in path.systemPathBytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        result += "%" + String(digits[Int(byte >> 4)]) + String(digits[Int(byte & 15)])
      }
    }
    return result
  }
}
