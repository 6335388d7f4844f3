import Console
import Corpora
import JSON

/// A corpus's report as a table for a person and as an object for scripts and the model's description.
struct CorpusTable {
  let report: CorpusReport

  private var sorted: [(languageID: String, language: CorpusReport.Language)] {
    report.languages.filter {
      !$0.key.isEmpty && $0.value.training.fileCount + $0.value.heldOut.fileCount > 0
    }
    .map { (languageID: $0.key, language: $0.value) }
    .sorted { a, b in
      let (first, second) = (Self.bytes(a.language), Self.bytes(b.language))
      return first != second ? first > second : a.languageID < b.languageID
    }
  }

  private static func bytes(_ language: CorpusReport.Language) -> Int {
    language.training.byteCount + language.heldOut.byteCount
  }

  var text: String {
    var table = TextTable([
      .init("language"), .init("files", .trailing), .init("size", .trailing), .init("tokens", .trailing),
      .init("held out", .trailing), .init("left out", .trailing),
    ])
    for (id, language) in sorted {
      let leftOut = language.leftOut.values.reduce(0) { $0 + $1.count }
      table.append([
        id, NumberText.grouped(language.training.fileCount + language.heldOut.fileCount),
        NumberText.bytes(Self.bytes(language)),
        NumberText.grouped(language.training.tokenCount + language.heldOut.tokenCount),
        language.heldOut.fileCount == 0 ? "" : NumberText.grouped(language.heldOut.fileCount),
        leftOut == 0 ? "" : NumberText.grouped(leftOut),
      ])
    }
    if sorted.count > 1 {
      let (training, heldOut) = (report.training, report.heldOut)
      table.append([
        "all", NumberText.grouped(training.fileCount + heldOut.fileCount),
        NumberText.bytes(training.byteCount + heldOut.byteCount),
        NumberText.grouped(training.tokenCount + heldOut.tokenCount),
        heldOut.fileCount == 0 ? "" : NumberText.grouped(heldOut.fileCount), "",
      ])
    }
    var text = table.text(on: .output)
    let reasons = report.leftOut.map { "\(NumberText.grouped($0.what.count)) \($0.reason.rawValue)" }
    if !reasons.isEmpty { text += "left out: " + reasons.joined(separator: ", ") + "\n" }
    return text
  }

  var members: JSONObject {
    var object: JSONObject = [
      "unit": "document", "trainingFiles": JSON(report.training.fileCount),
      "heldOutFiles": JSON(report.heldOut.fileCount),
      "files": JSON(report.training.fileCount + report.heldOut.fileCount),
      "bytes": JSON(report.training.byteCount + report.heldOut.byteCount),
      "tokens": JSON(report.training.tokenCount + report.heldOut.tokenCount),
    ]
    object["languages"] = .array(
      sorted.map { id, language in
        [
          "language": JSON(id), "files": JSON(language.training.fileCount + language.heldOut.fileCount),
          "heldOutFiles": JSON(language.heldOut.fileCount), "bytes": JSON(Self.bytes(language)),
          "tokens": JSON(language.training.tokenCount + language.heldOut.tokenCount),
          "leftOut": JSON(language.leftOut.values.reduce(0) { $0 + $1.count }),
        ]
      })
    object["leftOut"] = .array(
      report.leftOut.map { reason, what in
        [
          "reason": JSON(reason.rawValue), "count": JSON(what.count), "bytes": JSON(what.byteCount),
          "examples": .array(what.examples.map { JSON($0) }),
        ]
      })
    return object
  }

  /// What is said of token files that were left out because they are measured on.
  static func heldOut(fileCount: Int) -> (json: JSON, text: String) {
    guard fileCount > 0 else { return ([], "") }
    let reason = LeftOutReason.heldOut.rawValue
    return (
      [["reason": JSON(reason), "count": JSON(fileCount)]],
      "; left out: \(NumberText.grouped(fileCount)) \(reason)"
    )
  }
}
