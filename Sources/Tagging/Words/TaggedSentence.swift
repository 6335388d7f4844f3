/// The words of a sentence and the tag of each.
public struct TaggedSentence: Hashable, Sendable {
  /// UTF-8 as they stand.
  public var words: [[UInt8]]
  /// Places among the names of the tags, as many as words; −1 for a tag that is not among them.
  public var tags: [Int]

  public init(words: [[UInt8]], tags: [Int]) {
    self.words = words
    self.tags = tags
  }
}
