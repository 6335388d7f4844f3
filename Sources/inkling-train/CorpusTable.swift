import Console
import Corpora
import ModelBuilding

/// A corpus's report as a table for a person.
struct CorpusTable {
  let report: CorpusReport

  var text: String {
    var table = TextTable([
      .init("language"), .init("files", .trailing), .init("size", .trailing), .init("tokens", .trailing),
      .init("held out", .trailing), .init("left out", .trailing),
    ])
    let languages = report.usedLanguages
    for (id, language) in languages {
      let leftOut = language.leftOut.values.reduce(0) { $0 + $1.count }
      table.append([
        id, NumberText.grouped(language.training.fileCount + language.heldOut.fileCount),
        NumberText.bytes(language.byteCount),
        NumberText.grouped(language.training.tokenCount + language.heldOut.tokenCount),
        language.heldOut.fileCount == 0 ? "" : NumberText.grouped(language.heldOut.fileCount),
        leftOut == 0 ? "" : NumberText.grouped(leftOut),
      ])
    }
    if languages.count > 1 {
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
}
