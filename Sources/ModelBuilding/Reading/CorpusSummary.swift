import Corpora
import JSON

/// What was read to learn from.
public enum CorpusSummary: Sendable {
  /// Files found by walking paths, with those that were left out.
  case files(CorpusReport)
  /// Token files of which each is a sequence.
  case tokenDocuments(TokenFileCounts)
  /// Token files whose lines are the sequences.
  case tokenLines(TokenFileCounts, sequenceCount: Int)

  public struct TokenFileCounts: Hashable, Sendable {
    public var fileCount: Int
    public var byteCount: Int
    public var tokenCount: Int
    /// Files that were left out because they are measured on.
    public var heldOutCount: Int
    /// Files that were left out because they were forgotten on request.
    public var forgottenCount: Int

    /// Why files were left out, and how many.
    public var leftOut: [(reason: LeftOutReason, count: Int)] {
      [(.heldOut, heldOutCount), (.forgotten, forgottenCount)].filter { $0.count > 0 }
    }
  }

  /// A language of a report that has files to learn from.
  package typealias Language = (languageID: String, language: CorpusReport.Language)

  /// Members of the event, and of the model's description.
  var members: JSONObject {
    switch self {
    case .files(let report): return Self.members(of: report)
    case .tokenDocuments(let counts):
      return [
        "unit": "document", "files": JSON(counts.fileCount), "bytes": JSON(counts.byteCount),
        "tokens": JSON(counts.tokenCount), "leftOut": Self.leftOut(counts),
      ]
    case .tokenLines(let counts, let sequenceCount):
      return [
        "unit": "line", "files": JSON(counts.fileCount), "bytes": JSON(counts.byteCount),
        "sequences": JSON(sequenceCount), "tokens": JSON(counts.tokenCount), "leftOut": Self.leftOut(counts),
      ]
    }
  }

  private static func leftOut(_ counts: TokenFileCounts) -> JSON {
    .array(counts.leftOut.map { ["reason": JSON($0.reason.rawValue), "count": JSON($0.count)] })
  }

  private static func members(of report: CorpusReport) -> JSONObject {
    var object: JSONObject = [
      "unit": "document", "trainingFiles": JSON(report.training.fileCount),
      "heldOutFiles": JSON(report.heldOut.fileCount),
      "files": JSON(report.training.fileCount + report.heldOut.fileCount),
      "bytes": JSON(report.training.byteCount + report.heldOut.byteCount),
      "tokens": JSON(report.training.tokenCount + report.heldOut.tokenCount),
    ]
    object["languages"] = .array(
      report.usedLanguages.map { id, language in
        [
          "language": JSON(id), "files": JSON(language.training.fileCount + language.heldOut.fileCount),
          "heldOutFiles": JSON(language.heldOut.fileCount), "bytes": JSON(language.byteCount),
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
}

extension CorpusReport {
  /// The languages that were learned from, those with the most bytes first.
  package var usedLanguages: [CorpusSummary.Language] {
    languages.filter {
      !$0.key.isEmpty && $0.value.training.fileCount + $0.value.heldOut.fileCount > 0
    }
    .map { (languageID: $0.key, language: $0.value) }
    .sorted { a, b in
      let (first, second) = (a.language.byteCount, b.language.byteCount)
      return first != second ? first > second : a.languageID < b.languageID
    }
  }
}

extension CorpusReport.Language {
  /// Of training and held-out files.
  package var byteCount: Int { training.byteCount + heldOut.byteCount }
}
