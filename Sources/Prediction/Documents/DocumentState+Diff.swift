import Lexing

/// What a commit message is about. Below the scissors line of `git commit --verbose` its text is a diff, which is read as one
/// and not as text.
extension DocumentState {
  private var isCommitMessage: Bool { lexed.grammar.languageID == CommitMessageText.languageID }

  /// Looks for the diff in the text, and takes it or the one that was given.
  mutating func findDiff() {
    guard isCommitMessage, privacy != .everything else { return }
    let bytes = lexed.bytes
    guard let offset = CommitMessageText.scissorsOffset(in: bytes) else {
      diffStart = nil
      return takeDiff(givenDiff)
    }
    diffStart = (offset, lexed.tokenIndex(endingAfter: offset))
    takeDiff(Array(bytes[offset...].prefix(DiffWords.byteLimit)))
  }

  /// Takes the words of a diff in place of those that there were.
  mutating func takeDiff(_ bytes: [UInt8]) {
    let old = diff
    diff = nil
    if !bytes.isEmpty {
      let words = DiffWords(bytes, grammar: lexed.grammar, types: lexicon.types)
      if !words.isEmpty {
        let recalled = model?.messageHistory.map {
          RecalledMessages($0, $0.messages(like: words), count: lexicon.modelCount)
        }
        diff = DiffDistribution(
          words, weights: model?.diffWeights ?? .standard, lexicon: lexicon, recalled: recalled)
      }
    }
    if let old { lexicon.release(old.sequence) }
  }

  /// Sees to the diff after an edit.
  ///
  /// - Parameters:
  ///   - removed: bytes of the text before.
  ///   - change: what became of the tokens.
  mutating func followDiff(replacing removed: Range<Int>, with bytes: [UInt8], _ change: TokenChange) {
    guard isCommitMessage else { return }
    if let start = diffStart, removed.upperBound < start.byteOffset,
      change.removed.upperBound <= start.tokenIndex
    {
      let moved = start.byteOffset + bytes.count - removed.count
      // Below the first scissors line another one means nothing.
      if CommitMessageText.scissorsOffset(in: lexed.bytes(in: 0..<moved)) == nil {
        diffStart = (moved, start.tokenIndex + change.inserted.count - change.removed.count)
        return
      }
    } else if diffStart == nil, CommitMessageText.scissorsOffset(in: lexed.bytes) == nil {
      return
    }
    findDiff()
  }

  /// Says what a message without a diff of its own is about.
  mutating func give(diff bytes: [UInt8]) {
    let given = Array(bytes.prefix(DiffWords.byteLimit))
    guard isCommitMessage, given != givenDiff else { return }
    givenDiff = given
    if diffStart == nil { takeDiff(given) }
  }
}
