import Console
import JSON
import Platform

/// SARIF 2.1.0 (OASIS): what code-scanning services and editors' problem viewers read.
struct SarifPrinter: HighlightPrinter {
  private var results: [JSON] = []

  mutating func print(_ file: HighlightedFile) throws(Failure) {
    for finding in file.findings {
      let range = finding.byteRange
      let region: JSON = [
        "startLine": JSON(file.positions.position(of: range.lowerBound).line),
        "startColumn": JSON(file.positions.codePointColumn(of: range.lowerBound)),
        "endLine": JSON(file.positions.position(of: range.upperBound).line),
        "endColumn": JSON(file.positions.codePointColumn(of: range.upperBound)),
        "byteOffset": JSON(range.lowerBound), "byteLength": JSON(range.count),
      ]
      results.append([
        "ruleId": "improbable-token", "ruleIndex": 0, "level": "note",
        "message": ["text": JSON(file.message(finding))],
        "locations": [
          ["physicalLocation": ["artifactLocation": ["uri": JSON(Self.uri(file.name))], "region": region]]
        ],
        "properties": ["surprisalBits": JSON(finding.surprisalBits)],
      ])
    }
  }

  mutating func end() throws(Failure) {
    let rule: JSON = [
      "id": "improbable-token", "name": "ImprobableToken",
      "shortDescription": ["text": "A token that the language model did not expect"],
      "defaultConfiguration": ["level": "note"],
    ]
    let log: JSON = [
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
      "runs": [
        [
          "tool": ["driver": ["name": "inkling", "version": JSON(inklingVersion), "rules": [rule]]],
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
