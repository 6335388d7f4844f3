/// What typing a text took, with the help of one kind of suggestion. Sums, so that parts can be added.
public struct TypingCounts: Hashable, Sendable {
  public internal(set) var documentCount = 0
  /// Unicode scalars typed, those that came from suggestions among them.
  public internal(set) var characterCount = 0
  /// One for each character that was typed, and one for each suggestion that was accepted.
  public internal(set) var keyCount = 0
  /// Places with a suggestion, a list or a ghost text.
  public internal(set) var shownCount = 0
  public internal(set) var acceptedCount = 0
  /// Characters that came from suggestions.
  public internal(set) var acceptedCharacterCount = 0
  /// Documents that were not, byte for byte, the original when all was typed.
  public internal(set) var alteredDocumentCount = 0

  public init() {}

  /// Keystroke savings (Trnka and McCoy 2008): 1 − keys / characters.
  public var keystrokesSaved: Double {
    characterCount == 0 ? 0 : 1 - Double(keyCount) / Double(characterCount)
  }
  /// Accepted suggestions by those that were shown.
  public var acceptanceRate: Double { shownCount == 0 ? 0 : Double(acceptedCount) / Double(shownCount) }
  /// The share of the characters that came from suggestions.
  public var completedCodeRatio: Double {
    characterCount == 0 ? 0 : Double(acceptedCharacterCount) / Double(characterCount)
  }
  public var isOriginal: Bool { alteredDocumentCount == 0 }

  mutating func add(_ other: TypingCounts) {
    documentCount += other.documentCount
    characterCount += other.characterCount
    keyCount += other.keyCount
    shownCount += other.shownCount
    acceptedCount += other.acceptedCount
    acceptedCharacterCount += other.acceptedCharacterCount
    alteredDocumentCount += other.alteredDocumentCount
  }
}

/// What typing texts took: once with lists, once with ghost text.
public struct TypingResult: Hashable, Sendable {
  public internal(set) var lists = TypingCounts()
  public internal(set) var ghostText = TypingCounts()
  /// Lists whose first item was the right word, but would not have given the original.
  public internal(set) var spoiledCount = 0
  /// Lists behind a word that was typed whole whose first item was another.
  public internal(set) var wholeCount = 0
  /// Lists whose first item is not what was typed on.
  public internal(set) var cancelledCount = 0

  public init() {}

  /// Explicit cancels by lists that were shown.
  public var cancelRate: Double {
    lists.shownCount == 0 ? 0 : Double(cancelledCount) / Double(lists.shownCount)
  }

  mutating func add(_ other: TypingResult) {
    lists.add(other.lists)
    ghostText.add(other.ghostText)
    spoiledCount += other.spoiledCount
    wholeCount += other.wholeCount
    cancelledCount += other.cancelledCount
  }
}
