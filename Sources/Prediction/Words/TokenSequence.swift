/// A document as the models see it: the number and the class of each token, with padding before the first so that
/// every context can be read without asking where the document begins.
struct TokenSequence: Sendable {
  /// How far a context can reach back.
  static let reach = 32

  /// Both arrays hold `reach` elements of padding, then an element a token.
  private(set) var ids: [UInt32]
  private(set) var classes: [UInt32]

  var count: Int { ids.count - Self.reach }

  /// The numbers of the tokens, without the padding.
  var tokenIDs: ArraySlice<UInt32> { ids[Self.reach...] }

  /// The numbers of some of the tokens.
  func tokenIDs(in range: Range<Int>) -> ArraySlice<UInt32> {
    ids[range.lowerBound + Self.reach..<range.upperBound + Self.reach]
  }

  init() {
    ids = [UInt32](repeating: 1, count: Self.reach)
    classes = [UInt32](repeating: TokenClass.padding.rawValue, count: Self.reach)
  }

  mutating func reserveCapacity(_ count: Int) {
    ids.reserveCapacity(count + Self.reach)
    classes.reserveCapacity(count + Self.reach)
  }

  mutating func append(id: UInt32, tokenClass: TokenClass) {
    ids.append(id)
    classes.append(tokenClass.rawValue)
  }

  mutating func replace(_ range: Range<Int>, with words: [(id: UInt32, tokenClass: TokenClass)]) {
    let padded = range.lowerBound + Self.reach..<range.upperBound + Self.reach
    ids.replaceSubrange(padded, with: words.map(\.id))
    classes.replaceSubrange(padded, with: words.map(\.tokenClass.rawValue))
  }

  @inline(__always) func id(at index: Int) -> UInt32 { ids[index + Self.reach] }
  @inline(__always) func tokenClass(at index: Int) -> TokenClass {
    TokenClass(rawValue: classes[index + Self.reach])
  }
}
