import JSON

/// `inkling/rank`: candidates that somebody else offers at a place.
package struct RankParams: MessageParams {
  package static let method = "inkling/rank"
  package static let candidateLimit = 2000

  package var place: PlaceParams
  /// Of each candidate its `RankCandidate.text`.
  package var texts: [String]

  package init(_ params: JSONDecoding) throws(JSONError) {
    place = try PlaceParams(params)
    texts = []
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
    texts.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      // As `PlainCandidates` leaves them. Of others what is right is read without noting where it was: somebody waits.
      if case .string(let text) = element {
        texts.append(text)
      } else if let plain = RankCandidate(plain: element) {
        texts.append(plain.text)
      } else {
        texts.append(try RankCandidate(list[index]).text)
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

  private static let callableKinds = 2...4

  /// What would stand in the text: without what is to be filled in, and of what is called only the name, since whether its
  /// parentheses come with it is a habit of who offers it.
  package var text: String {
    var whole = insertText ?? label
    guard isSnippet || kind.map(Self.callableKinds.contains) == true else { return whole }
    return whole.withUTF8 { bytes in
      let range = Self.textRange(in: bytes, 0..<bytes.count, isSnippet: isSnippet, kind: kind ?? 0)
      return String(decoding: bytes[range], as: UTF8.self)
    }
  }

  /// Where that stands among the bytes of what is inserted.
  ///
  /// - Parameter kind: 0 for none.
  static func textRange(
    in bytes: UnsafeBufferPointer<UInt8>, _ whole: Range<Int>, isSnippet: Bool, kind: Int
  ) -> Range<Int> {
    guard isSnippet || callableKinds.contains(kind) else { return whole }
    var end = whole.lowerBound
    while end < whole.upperBound {
      switch bytes[end] {
      case UInt8(ascii: "$") where isSnippet: return whole.lowerBound..<end
      case UInt8(ascii: "("), UInt8(ascii: "<"):
        if end > whole.lowerBound { return whole.lowerBound..<end }
      default: break
      }
      end += 1
    }
    return whole
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
      text.reserveCapacity(32 * probabilities.count + 128)
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
