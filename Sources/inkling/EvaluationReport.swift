import Console
import JSON
import Platform
import Prediction

/// What an evaluation has found, for people and for programs.
struct EvaluationReport {
  /// One configuration's figures.
  struct Figures {
    var total = EvaluationResult()
    /// By language, in the order of their first documents.
    var languages: [(id: String, result: EvaluationResult)] = []

    mutating func add(_ result: EvaluationResult, language: String) {
      total.add(result)
      if let place = languages.firstIndex(where: { $0.id == language }) {
        languages[place].result.add(result)
      } else {
        languages.append((language, result))
      }
    }

    mutating func add(_ typing: TypingResult?, language: String) {
      total.addTyping(typing)
      if let place = languages.firstIndex(where: { $0.id == language }) {
        languages[place].result.addTyping(typing)
      }
    }
  }

  /// A component by itself, and the mixture without it.
  struct Part {
    let component: Component
    let alone: EvaluationResult
    let without: EvaluationResult
  }

  let whole: Figures
  let parts: [Part]
  let caches: Evaluator.Caches
  /// As it was asked for; nil for the standard sample.
  let typedCharacterCount: Int?

  // MARK: For programs

  func printJSON(modelPath: String?) throws(Failure) {
    var object: JSONObject = ["model": modelPath.map(JSON.string) ?? .null, "caches": JSON(caches.rawValue)]
    for (key, value) in members(whole.total) { object[key] = value }
    object["languages"] = .array(
      whole.languages.map { language in
        var object: JSONObject = ["language": JSON(language.id)]
        for (key, value) in members(language.result) { object[key] = value }
        return .object(object)
      })
    if !parts.isEmpty {
      object["components"] = .array(
        parts.map { part in
          [
            "component": JSON(part.component.rawValue), "alone": .object(members(part.alone, isPart: true)),
            "without": .object(members(part.without, isPart: true)),
          ]
        })
    }
    try Console.write(JSON.object(object).serialized() + [10])
  }

  private func members(_ result: EvaluationResult, isPart: Bool = false) -> JSONObject {
    var object: JSONObject = [
      "documents": JSON(result.documentCount), "tokens": JSON(result.tokenCount),
      "inVocabulary": JSON(result.knownTokenCount), "bytes": JSON(result.byteCount),
      "bitsPerToken": JSON(result.bitsPerToken),
      "bitsPerTokenInVocabulary": JSON(result.bitsPerTokenInVocabulary),
      "bitsPerByte": JSON(result.bitsPerByte), "mrr10": JSON(result.tokens.meanReciprocalRank),
      "top1": JSON(result.tokens.top1), "top5": JSON(result.tokens.top5),
    ]
    if !isPart || result.identifiers.contains(where: { $0.count > 0 }) {
      object["identifiers"] = .array(
        result.identifiers.enumerated().map { typed, ranks in
          [
            "typed": JSON(typed), "count": JSON(ranks.count), "mrr10": JSON(ranks.meanReciprocalRank),
            "top1": JSON(ranks.top1), "top5": JSON(ranks.top5),
          ]
        })
    }
    if let typing = result.typing {
      object["keystrokesSaved"] = JSON(typing.lists.keystrokesSaved)
      object["typing"] = .object(members(typing))
    }
    return object
  }

  private func members(_ typing: TypingResult) -> JSONObject {
    let (lists, ghost) = (typing.lists, typing.ghostText)
    return [
      "documents": JSON(lists.documentCount),
      "charactersPerDocument": typedCharacterCount.map { JSON($0) } ?? .null,
      "charactersBefore": JSON(TypingEvaluator.lookBack), "characters": JSON(lists.characterCount),
      "keys": JSON(lists.keyCount), "lists": JSON(lists.shownCount), "accepted": JSON(lists.acceptedCount),
      "acceptanceRate": JSON(lists.acceptanceRate), "spoiled": JSON(typing.spoiledCount),
      "whole": JSON(typing.wholeCount), "explicitCancels": JSON(typing.cancelRate),
      "completedCodeRatio": JSON(lists.completedCodeRatio), "isOriginal": JSON(lists.isOriginal),
      "ghostText": [
        "characters": JSON(ghost.characterCount), "keys": JSON(ghost.keyCount),
        "saved": JSON(ghost.keystrokesSaved), "shown": JSON(ghost.shownCount),
        "right": JSON(ghost.acceptedCount), "rightShare": JSON(ghost.acceptanceRate),
        "completedCodeRatio": JSON(ghost.completedCodeRatio), "isOriginal": JSON(ghost.isOriginal),
      ],
    ]
  }

  // MARK: For people

  func printTables() throws(Failure) {
    var texts = [predictionTable.text(on: .output), nameTable.text(on: .output)]
    if let typing = whole.total.typing {
      texts.append(sampleText(typing))
      texts.append(listTable.text(on: .output))
      texts.append(ghostTable.text(on: .output))
    }
    try Console.write(texts.joined(separator: "\n"))
  }

  /// All results of the whole mixture: of all texts, and of each language where there are some.
  private var rows: [(label: String, result: EvaluationResult)] {
    [("all", whole.total)] + (whole.languages.count > 1 ? whole.languages.map { ($0.id, $0.result) } : [])
  }

  private var predictionTable: TextTable {
    var table = TextTable([
      .init("what"), .init("tokens", .trailing), .init("bits/token", .trailing),
      .init("in vocabulary", .trailing),
      .init("bits/byte", .trailing), .init("MRR@10", .trailing), .init("top 1", .trailing),
      .init("top 5", .trailing), .init("keystrokes saved", .trailing),
    ])
    func append(_ label: String, _ result: EvaluationResult) {
      table.append([
        label, NumberText.grouped(result.tokenCount), NumberText.fixed(result.bitsPerToken, digits: 3),
        NumberText.fixed(result.bitsPerTokenInVocabulary, digits: 3),
        NumberText.fixed(result.bitsPerByte, digits: 3),
        NumberText.fixed(result.tokens.meanReciprocalRank, digits: 3), NumberText.percent(result.tokens.top1),
        NumberText.percent(result.tokens.top5),
        result.typing.map { NumberText.percent($0.lists.keystrokesSaved) } ?? "",
      ])
    }
    for row in rows { append(row.label == "all" ? "all tokens" : row.label, row.result) }
    for part in parts {
      append("\(part.component.rawValue) alone", part.alone)
      append("without \(part.component.rawValue)", part.without)
    }
    return table
  }

  private var nameTable: TextTable {
    var names = TextTable([
      .init("names of 3 letters or more"), .init("places", .trailing), .init("MRR@10", .trailing),
      .init("top 1", .trailing), .init("top 5", .trailing),
    ])
    for (typed, ranks) in whole.total.identifiers.enumerated() {
      names.append([
        "\(typed) typed", NumberText.grouped(ranks.count),
        NumberText.fixed(ranks.meanReciprocalRank, digits: 3),
        NumberText.percent(ranks.top1), NumberText.percent(ranks.top5),
      ])
    }
    return names
  }

  private func sampleText(_ typing: TypingResult) -> String {
    let counts = typing.lists
    let texts = counts.documentCount == 1 ? "1 text" : "\(NumberText.grouped(counts.documentCount)) texts"
    return """
      typed: \(NumberText.grouped(counts.characterCount)) characters of \(texts), each from its middle on, up to \
      \(NumberText.grouped(TypingEvaluator.lookBack)) before them there already

      """
  }

  private var listTable: TextTable {
    var table = TextTable([
      .init("list of five"), .init("characters", .trailing), .init("keys", .trailing),
      .init("keystrokes saved", .trailing), .init("lists", .trailing), .init("accepted", .trailing),
      .init("spoiled", .trailing), .init("whole", .trailing), .init("cancelled", .trailing),
      .init("completed", .trailing), .init("as the original"),
    ])
    for (label, result) in rows {
      guard let typing = result.typing else { continue }
      let counts = typing.lists
      table.append([
        label, NumberText.grouped(counts.characterCount), NumberText.grouped(counts.keyCount),
        NumberText.percent(counts.keystrokesSaved), NumberText.grouped(counts.shownCount),
        NumberText.percent(counts.acceptanceRate), NumberText.grouped(typing.spoiledCount),
        NumberText.grouped(typing.wholeCount), NumberText.percent(typing.cancelRate),
        NumberText.percent(counts.completedCodeRatio), counts.isOriginal ? "yes" : "no",
      ])
    }
    return table
  }

  private var ghostTable: TextTable {
    var table = TextTable([
      .init("ghost text"), .init("characters", .trailing), .init("keys", .trailing),
      .init("saved", .trailing), .init("shown", .trailing), .init("right", .trailing),
      .init("completed", .trailing), .init("as the original"),
    ])
    for (label, result) in rows {
      guard let counts = result.typing?.ghostText else { continue }
      table.append([
        label, NumberText.grouped(counts.characterCount), NumberText.grouped(counts.keyCount),
        NumberText.percent(counts.keystrokesSaved), NumberText.grouped(counts.shownCount),
        NumberText.percent(counts.acceptanceRate), NumberText.percent(counts.completedCodeRatio),
        counts.isOriginal ? "yes" : "no",
      ])
    }
    return table
  }
}
