/// What may follow the beginnings of pieces at a place: while a word is being typed there, the same is asked at each key.
///
/// It holds as long as nothing changes in the document but that word.
struct PieceCache {
  typealias Successors = [(token: UInt32, probability: Float)]

  private var tokenIndex = -1
  /// Of the lexicon's numbers, by which words are known here.
  private var numbering = 0
  /// By the tokens of the beginning.
  private var successors: [[UInt32]: Successors] = [:]
  /// Of the text around the place.
  var spacing: Spacing?
  private static let limit = 256

  /// Forgets what was asked at another place, or when words had other numbers.
  mutating func begin(at tokenIndex: Int, numbering: Int) {
    guard tokenIndex != self.tokenIndex || numbering != self.numbering || successors.count >= Self.limit
    else { return }
    self.tokenIndex = tokenIndex
    self.numbering = numbering
    successors.removeAll(keepingCapacity: true)
    spacing = nil
  }

  subscript(beginning: [UInt32]) -> Successors? {
    get { successors[beginning] }
    set { successors[beginning] = newValue }
  }

  /// Takes an edit into account, by the tokens that it removes and how many it inserts.
  mutating func replace(_ removed: Range<Int>, insertedCount: Int) {
    guard removed.lowerBound == tokenIndex, removed.count <= 1, insertedCount <= 1 else {
      tokenIndex = -1
      return
    }
  }
}
