import Classification
import JSON
import Lexing
import Platform

/// Says something of texts, for people and for scripts.
protocol TextAnswer {
  /// What a text may be, the most probable first, as many as were asked for.
  func ranked(_ text: [UInt8], path: String?) throws(Failure) -> [(label: String, probability: Float)]
  /// What decided about the most probable label, with the part of the text that it is; empty where nobody asks.
  func evidence(_ text: [UInt8]) throws(Failure) -> [(part: String, evidence: Evidence)]
  /// - Parameter top: in place of how many were asked for.
  func members(_ text: [UInt8], path: String?, top: Int?) throws(Failure) -> JSONObject
}

/// The answers of a model that was trained on labelled texts.
struct ClassificationAnswer: TextAnswer {
  let classifier: TextClassifier
  let top: Int
  let explains: Bool

  private static let evidenceLimit = 10

  func evidence(_ text: [UInt8]) throws(Failure) -> [(part: String, evidence: Evidence)] {
    guard explains else { return [] }
    let best = try classifier.classify(text).bestIndex
    return try classifier.explain(text, label: best, limit: Self.evidenceLimit).map {
      (String(decoding: text[$0.place], as: UTF8.self), $0)
    }
  }

  func ranked(_ text: [UInt8], path: String?) throws(Failure) -> [(label: String, probability: Float)] {
    try classifier.classify(text).ranked(top)
  }

  func members(_ text: [UInt8], path: String?, top: Int?) throws(Failure) -> JSONObject {
    let result = try classifier.classify(text)
    var object: JSONObject = [
      "label": .string(result.best.label), "probability": JSON(Double(result.best.probability)),
      "labels": .array(
        result.ranked(top ?? self.top).map {
          ["label": .string($0.label), "probability": JSON(Double($0.probability))]
        }),
    ]
    if explains {
      object["because"] = .array(
        try evidence(text).map { part, evidence in
          [
            "text": .string(part), "weight": JSON(Double(evidence.weight)),
            "byteOffset": JSON(evidence.place.lowerBound), "byteCount": JSON(evidence.place.count),
          ]
        })
    }
    return object
  }
}

/// Which programming, markup or natural language a text is in.
struct LanguageAnswer: TextAnswer {
  let library: GrammarLibrary
  let property: ClassifiedProperty
  let top: Int
  /// Whether files' names count for nothing.
  let ignoresNames: Bool

  static let unknown = "unknown"

  private func found(_ text: [UInt8], path: String?) -> DocumentLanguage? {
    switch property {
    case .language: library.language(ofDocument: ignoresNames ? nil : path, text: text)
    case .naturalLanguage: text.withUnsafeBytes { library.naturalLanguage(of: $0) }
    }
  }

  private func ranked(byContent text: [UInt8], _ limit: Int) -> [(label: String, probability: Float)] {
    Array(
      text.withUnsafeBytes { library.ranked($0, property == .language ? .files : .paragraphs) }.prefix(limit))
  }

  func ranked(_ text: [UInt8], path: String?) -> [(label: String, probability: Float)] {
    let found = found(text, path: path)
    let byContent = ranked(byContent: text, top)
    if let found {
      return Array(
        ([(found.languageID, found.probability)] + byContent.filter { $0.label != found.languageID }).prefix(
          top))
    }
    return Array(([(Self.unknown, byContent.first?.probability ?? 0)] + byContent).prefix(top))
  }

  func evidence(_ text: [UInt8]) -> [(part: String, evidence: Evidence)] { [] }

  func members(_ text: [UInt8], path: String?, top: Int?) -> JSONObject {
    let found = found(text, path: path)
    let byContent = ranked(byContent: text, top ?? self.top)
    return [
      "label": found.map { .string($0.languageID) } ?? .null,
      "probability": JSON(Double(found?.probability ?? byContent.first?.probability ?? 0)),
      "evidence": found.map { .string($0.evidence.rawValue) } ?? .null,
      "labels": .array(
        byContent.map { ["label": .string($0.label), "probability": JSON(Double($0.probability))] }),
    ]
  }
}
