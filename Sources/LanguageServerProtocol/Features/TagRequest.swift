import JSON

/// `inkling/tag`.
package struct TagParams: MessageParams {
  package var lines: LinesParams
  /// Whether the probability of every tag is told.
  package var wantsProbabilities: Bool

  package init(_ params: JSONDecoding) throws(JSONError) {
    lines = try LinesParams(params)
    wantsProbabilities = try params["probabilities"].optional?.bool() ?? false
  }
}

/// The words of a document with their tags.
package struct WordTags: MessageValue {
  package struct Word: Sendable {
    package var range: PositionRange
    package var tag: String
    /// By tag; nil where they were not asked for.
    package var probabilities: [(tag: String, probability: Double)]?

    package init(
      range: PositionRange, tag: String, probabilities: [(tag: String, probability: Double)]?
    ) {
      self.range = range
      self.tag = tag
      self.probabilities = probabilities
    }
  }

  /// Of the document.
  package var version: Int
  /// The kind of tagger.
  package var tagger: String
  /// Sentence by sentence.
  package var sentences: [[Word]]

  package init(version: Int, tagger: String, sentences: [[Word]]) {
    self.version = version
    self.tagger = tagger
    self.sentences = sentences
  }

  package var json: JSON {
    [
      "version": JSON(version), "tagger": .string(tagger),
      "sentences": .array(sentences.map { .array($0.map(Self.json)) }),
    ]
  }

  private static func json(_ word: Word) -> JSON {
    var object: JSONObject = ["range": word.range.json, "tag": .string(word.tag)]
    if let probabilities = word.probabilities {
      var members = JSONObject()
      for (tag, probability) in probabilities { members[tag] = JSON(probability) }
      object["probabilities"] = .object(members)
    }
    return .object(object)
  }
}
