import JSON

/// `inkling/rank`: candidates that somebody else offers at a place.
package struct RankParams: MessageParams {
  package static let candidateLimit = 2000

  package var place: PlaceParams
  package var candidates: [RankCandidate]

  package init(_ params: JSONDecoding) throws(JSONError) {
    place = try PlaceParams(params)
    candidates = []
    let list = params["candidates"]
    guard let elements = list.value?.arrayValue else {
      // An empty object is an empty array too.
      _ = try list.elements()
      return
    }
    guard elements.count <= Self.candidateLimit else {
      throw .mismatch(
        path: list.path, expected: "an array of at most \(Self.candidateLimit)",
        found: "\(elements.count) elements")
    }
    candidates.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      // Somebody waits: what is right is read without noting where it was.
      if let plain = RankCandidate(plain: element) {
        candidates.append(plain)
      } else {
        candidates.append(try RankCandidate(list[index]))
      }
    }
  }
}

/// One of them, as far as it counts: a few members of LSP's "CompletionItem".
package struct RankCandidate: Hashable, Sendable {
  package var label: String
  package var insertText: String?
  /// Whether what is inserted has places to fill in (LSP 3.17, "InsertTextFormat").
  package var isSnippet: Bool
  /// LSP 3.17, "CompletionItemKind".
  package var kind: Int?

  package init(label: String, insertText: String? = nil, isSnippet: Bool = false, kind: Int? = nil) {
    self.label = label
    self.insertText = insertText
    self.isSnippet = isSnippet
    self.kind = kind
  }

  package init(_ item: JSONDecoding) throws(JSONError) {
    label = try item["label"].string()
    insertText = try item["insertText"].optional?.string()
    isSnippet = item["insertTextFormat"].integerIfAny == 2
    kind = item["kind"].integerIfAny
  }

  /// Nil for what may be wrong.
  fileprivate init?(plain item: JSON) {
    guard case .object(let object) = item, let label = object["label"]?.stringValue else { return nil }
    self.label = label
    if let text = object["insertText"] {
      guard let string = text.stringValue else { return nil }
      insertText = string
    }
    isSnippet = object["insertTextFormat"]?.integerValue == 2
    kind = object["kind"]?.integerValue
  }

  private static let callableKinds = [2, 3, 4]

  /// What would stand in the text: without what is to be filled in, and of what is called only the name, since whether its
  /// parentheses come with it is a habit of who offers it.
  package var text: String {
    let whole = insertText ?? label
    let isCalled = isSnippet || kind.map(Self.callableKinds.contains) == true
    guard isCalled else { return whole }
    var text = whole.utf8[...]
    if isSnippet, let mark = text.firstIndex(of: UInt8(ascii: "$")) { text = text[..<mark] }
    if let end = text.firstIndex(where: { $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: "<") }),
      end > text.startIndex
    {
      text = text[..<end]
    }
    return String(Substring(text))
  }
}

/// How probable each candidate is.
package struct RankResult: MessageResult {
  package var probabilities: [Double]
  package var order: [Int]
  package var remainder: Double
  package var isIncomplete: Bool
  package var usesNetwork: Bool?

  package init(
    probabilities: [Double], order: [Int], remainder: Double, isIncomplete: Bool, usesNetwork: Bool?
  ) {
    self.probabilities = probabilities
    self.order = order
    self.remainder = remainder
    self.isIncomplete = isIncomplete
    self.usesNetwork = usesNetwork
  }

  package func write(to text: inout JSONText) {
    text.object { text in
      text.member("probabilities") { $0.array { for probability in probabilities { $0.write(probability) } } }
      text.member("order") { $0.array { for place in order { $0.write(place) } } }
      text.member("remainder") { $0.write(remainder) }
      text.member("isIncomplete", isIncomplete)
      text.member("usesNetwork") { text in
        if let usesNetwork { text.write(usesNetwork) } else { text.writeNull() }
      }
    }
  }
}
