/// The parts of a commit message as git gives it to an editor: what is written, and below the scissors line of
/// `git commit --verbose` the diff that it is about.
package enum CommitMessageText {
  /// The language server protocol's identifier of the language.
  package static let languageID = "gitcommit"
  /// What the scissors line has behind the character of comments and a space (git's wt-status.c).
  private static let scissors = Array("------------------------ >8 ------------------------".utf8)

  /// Where the scissors line begins; nil where there is none.
  package static func scissorsOffset(in text: [UInt8]) -> Int? {
    var start = 0
    while start < text.count {
      let end = text[start...].firstIndex(of: 0x0A) ?? text.count
      if isScissors(text[start..<end]) { return start }
      start = end + 1
    }
    return nil
  }

  private static func isScissors(_ line: ArraySlice<UInt8>) -> Bool {
    var rest = line
    if rest.last == 0x0D { rest.removeLast() }
    guard rest.count >= scissors.count + 2, rest.suffix(scissors.count).elementsEqual(scissors) else {
      return false
    }
    // A character of comments, or several, as `core.commentString` says, and a space.
    return rest[rest.endIndex - scissors.count - 1] == 0x20 && rest.count <= scissors.count + 16
  }
}
