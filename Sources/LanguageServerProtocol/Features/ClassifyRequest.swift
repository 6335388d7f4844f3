import JSON

/// `inkling/classify`.
package struct ClassifyParams: MessageParams {
  /// The text; nil where an open document is meant.
  package var text: String?
  /// Nil where a text is given.
  package var document: TextDocumentIdentifier?
  /// The classifier's directory, absolute.
  package var model: String
  /// How many labels are wanted.
  package var top: Int
  /// Whether what decided is wanted.
  package var explains: Bool

  package init(_ params: JSONDecoding) throws(JSONError) {
    text = try params["text"].optional?.string()
    if text == nil { document = try TextDocumentIdentifier(params["textDocument"]) }
    model = try params["model"].string()
    guard model.hasPrefix("/") else { throw params["model"].mismatch(expected: "an absolute path") }
    top = try params["top"].optional?.integer(in: 1...1000) ?? 1000
    explains = try params["explain"].optional?.bool() ?? false
  }
}

/// The label of a text, the most probable ones, and what decided.
package struct ClassifyResult: MessageValue {
  package struct Label: Sendable {
    package var label: String
    package var probability: Double

    package init(label: String, probability: Double) {
      self.label = label
      self.probability = probability
    }
  }

  package struct Part: Sendable {
    package var text: String
    package var weight: Double

    package init(text: String, weight: Double) {
      self.text = text
      self.weight = weight
    }
  }

  /// The most probable first; at least one.
  package var labels: [Label]
  /// What spoke for the first label, or against it; nil where nobody asked.
  package var because: [Part]?

  package init(labels: [Label], because: [Part]?) {
    self.labels = labels
    self.because = because
  }

  package var json: JSON {
    var object: JSONObject = [
      "label": labels.first.map { .string($0.label) } ?? .null,
      "labels": .array(labels.map { ["label": .string($0.label), "probability": JSON($0.probability)] }),
    ]
    if let because {
      object["because"] = .array(because.map { ["text": .string($0.text), "weight": JSON($0.weight)] })
    }
    return .object(object)
  }
}
