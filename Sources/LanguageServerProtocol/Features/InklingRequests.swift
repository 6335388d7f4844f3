import JSON

/// `inkling/complete`.
package struct RawCompletionParams: MessageParams {
  package var place: PlaceParams
  package var limit: Int?

  package init(_ params: JSONDecoding) throws(JSONError) {
    place = try PlaceParams(params)
    limit = try params["limit"].optional?.integer(in: 1...1000)
  }
}

/// What may come at a place, with probabilities.
package struct RawCompletionList: MessageValue {
  package struct Item: Sendable {
    package var text: String
    package var newText: String
    package var range: PositionRange
    package var probability: Double
    package var source: String

    package init(text: String, newText: String, range: PositionRange, probability: Double, source: String) {
      self.text = text
      self.newText = newText
      self.range = range
      self.probability = probability
      self.source = source
    }
  }

  package var items: [Item]
  package var isIncomplete: Bool
  package var usesNetwork: Bool?

  package init(items: [Item], isIncomplete: Bool, usesNetwork: Bool?) {
    self.items = items
    self.isIncomplete = isIncomplete
    self.usesNetwork = usesNetwork
  }

  package var json: JSON {
    [
      "items": .array(
        items.map { item in
          [
            "text": .string(item.text), "newText": .string(item.newText), "range": item.range.json,
            "probability": JSON(item.probability), "source": .string(item.source),
          ]
        }), "isIncomplete": .bool(isIncomplete), "usesNetwork": usesNetwork.map(JSON.bool) ?? .null,
    ]
  }
}
