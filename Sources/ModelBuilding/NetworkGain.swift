import JSON

/// What a network adds to the mixture on held-out text: the same measured with it and without.
public struct NetworkGain: Hashable, Sendable {
  public struct Figures: Hashable, Sendable {
    public var bitsPerToken: Double
    /// Of the right token among ten.
    public var meanReciprocalRank: Double
    /// 1 − keys / characters; nil where nothing was typed.
    public var keystrokesSaved: Double?

    var members: JSON {
      [
        "bitsPerToken": JSON(bitsPerToken), "meanReciprocalRank": JSON(meanReciprocalRank),
        "keystrokesSaved": keystrokesSaved.map { JSON($0) } ?? .null,
      ]
    }
  }

  public var with: Figures
  public var without: Figures
  /// What was measured on.
  public var tokenCount: Int
  public var typedCharacterCount: Int
  /// What training the network took; nil where it was taken from another model.
  public var trainingSeconds: Double?

  var members: JSONObject {
    [
      "with": with.members, "without": without.members, "tokens": JSON(tokenCount),
      "typedCharacters": JSON(typedCharacterCount),
      "trainingSeconds": trainingSeconds.map { JSON($0) } ?? .null,
    ]
  }
}
