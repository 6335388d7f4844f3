import LanguageModeling
import Lexing
import Platform

/// Completions of several words, or characters of a script without spaces, where they are one thought.
extension DocumentState {
  /// What is said so far of a piece while it is being found.
  private struct Node {
    var tokens: [UInt32]
    var left: Spacing.Side
    var limits: ContinuationLimits
    /// What is inserted behind the first word.
    var text = ""
    /// P of the whole piece.
    var probability: Double
    /// The first word's place among the items.
    let root: Int
    var tokenCount: Int { tokens.count }
  }

  /// How far a piece is looked for.
  private struct PieceBounds {
    var expansionCount: Int
    /// Whether the first word may come again: characters do, words begin the same thing once more.
    var repeatsFirst: Bool
    /// How many successors of each place are followed.
    var branchCount: Int
    var rootCount: Int
    var leastProbability: Double
    var longestTokenCount: Int
    /// So many of them come into a list of whatever length.
    var listCount: Int

    /// Behind a sentence, or a part of one, that people of Korea end with the signs of Latin scripts, a piece may end too.
    func mayBeLast(_ token: [UInt8]) -> Bool {
      ContinuationLimits.mayBeLast(token)
        || repeatsFirst && (token == [UInt8(ascii: ".")] || token == [UInt8(ascii: ",")])
    }

    static let words = PieceBounds(
      expansionCount: 5, repeatsFirst: false, branchCount: 2, rootCount: 4, leastProbability: 0.04,
      longestTokenCount: 8,
      listCount: 3)
    static let ideographs = PieceBounds(
      expansionCount: 40, repeatsFirst: true, branchCount: 6, rootCount: 16, leastProbability: 0.005,
      longestTokenCount: 12,
      listCount: .max)
  }

  /// So many words are known beyond those of the list, so that those are chosen that save most.
  static let spareWordCount = 12
  /// The spaces of so many tokens before a piece are looked at.
  private static let spacingReach = 500

  /// The list with those pieces in it that are worth more keys than the words whose place they take.
  mutating func withPieces(
    _ words: [CandidateItem], _ place: DocumentPlace, limit: Int, while mayGoOn: () -> Bool
  ) -> [Completion] {
    guard limit >= 3, let first = words.first else { return words.prefix(limit).map(\.completion) }
    let typical = words.first { $0.spaceProbability == 0 && !$0.isWhole } ?? first
    let isIdeographic = lexicon.bytes(of: typical.token).withUnsafeBytes {
      TokenKind.ofProse(beginningWith: $0) == .ideograph
    }
    let bounds = isIdeographic ? PieceBounds.ideographs : .words
    let pieces = pieces(words, place, bounds, while: mayGoOn)
    let start = first.completion.replacedBytes.lowerBound
    let typed =
      start < place.replacedBytes.lowerBound
      ? lexed.bytes(in: start..<place.replacedBytes.lowerBound) : place.typed
    let typedCount = String(decoding: typed, as: UTF8.self).count
    let items =
      words.map {
        // A single letter begins most words before it is one, and so does what is hardly ever a word there.
        ListChoice.Item(
          $0.completion, typedCount: typedCount,
          isKept: $0.isWhole && $0.completion.match == .exact && (isIdeographic || typedCount > 1)
            && $0.completion.probability >= Self.leastWholeProbability,
          isIdeographic: isIdeographic)
      }
      + pieces.map {
        ListChoice.Item($0, typedCount: typedCount, isPiece: true, isIdeographic: isIdeographic)
      }
    return ListChoice(items, typedCount: typedCount).chosen(
      limit: limit, pieceLimit: bounds.listCount, keepsFirst: !isIdeographic)
  }

  /// Of a word that is typed whole, for it to keep a place in the list. Without a bound German handbooks save .001 less.
  private static let leastWholeProbability = 0.01

  // MARK: Finding

  /// Best first: the most probable beginning of a piece is continued until none is left that is probable enough.
  private mutating func pieces(
    _ words: [CandidateItem], _ place: DocumentPlace, _ bounds: PieceBounds, while mayGoOn: () -> Bool
  ) -> [Completion] {
    lexicon.beginUse()
    defer { lexicon.endUse() }
    var open = roots(words, place, bounds)
    var text = PieceText(place.tokenIndex)
    if open.isEmpty { return [] }
    pieceCache.begin(at: place.tokenIndex, numbering: lexicon.numbering)
    let spacing =
      pieceCache.spacing
      ?? Spacing(lexed, around: place.tokenIndex - Self.spacingReach..<place.tokenIndex + 200)
    pieceCache.spacing = spacing
    var found: [Completion] = []
    var expansionCount = 0
    while expansionCount < bounds.expansionCount, !open.isEmpty, mayGoOn() {
      let best = open.indices.max { open[$0].probability < open[$1].probability }!
      let node = open.remove(at: best)
      expansionCount += 1
      for (token, probability) in successors(of: node, bounds.branchCount, &text)
      where node.probability * Double(probability) >= bounds.leastProbability
        && (bounds.repeatsFirst || token != words[node.root].token)
      {
        guard let child = extended(node, by: token, Double(probability), place, spacing) else { continue }
        if child.limits.isBalanced, bounds.mayBeLast(lexicon.bytes(of: token)) {
          var piece = words[child.root].completion
          piece.text += child.text
          piece.insertedText += child.text
          piece.probability = child.probability
          found.append(piece)
        }
        if child.tokenCount < bounds.longestTokenCount { open.append(child) }
      }
    }
    return found
  }

  private mutating func successors(
    of node: Node, _ count: Int, _ text: inout PieceText
  ) -> PieceCache.Successors {
    if let known = pieceCache[node.tokens] { return known }
    text.read(node.tokens, in: self)
    let found = ask(text.sequence, at: text.sequence.count, leavesOutToken: false, recurrent: nil) {
      $0.best(count)
    }
    pieceCache[node.tokens] = found
    return found
  }

  /// What stands before a place, as far as it matters, and a piece behind it: made only where something is to be asked.
  private struct PieceText {
    private let tokenIndex: Int
    private(set) var sequence = TokenSequence()
    private var baseCount = 0
    /// So many tokens before the place are read.
    private static let reach = 512

    init(_ tokenIndex: Int) { self.tokenIndex = tokenIndex }

    mutating func read(_ tokens: [UInt32], in state: DocumentState) {
      if sequence.count == 0 {
        let start = max(0, tokenIndex - Self.reach)
        baseCount = tokenIndex - start
        sequence.reserveCapacity(baseCount + 16)
        for index in start..<tokenIndex {
          sequence.append(id: state.sequence.id(at: index), tokenClass: state.sequence.tokenClass(at: index))
        }
      }
      sequence.replace(baseCount..<sequence.count, with: [])
      for token in tokens { state.append(state.lexicon.bytes(of: token), to: &sequence) }
    }
  }

  private func roots(_ words: [CandidateItem], _ place: DocumentPlace, _ bounds: PieceBounds) -> [Node] {
    let limits = ContinuationLimits(lexed, at: place.replacedBytes.upperBound, place)
    return words.prefix(bounds.rootCount).enumerated().compactMap { index, word in
      // A word of syllables goes on behind its space, whatever stands there; none can behind one that has no space to expect.
      let isEnded = word.spaceProbability > 0
      guard isEnded || word.token != TokenID.unknown.rawValue else { return nil }
      let probability = isEnded ? word.spaceProbability : word.completion.probability
      guard probability >= 2 * bounds.leastProbability else { return nil }
      let bytes = lexicon.bytes(of: word.token)
      var left = bytes.withUnsafeBytes {
        Spacing.Side(kind: kind(ofBytes: $0, in: place.context), bytes: $0)
      }
      left.isApart = place.isAfterSpace || word.completion.insertedText.utf8.first == 0x20
      return Node(
        tokens: [word.token], left: left, limits: limits, text: isEnded ? " " : "", probability: probability,
        root: index)
    }
  }

  /// A piece with one more token; nil where it may not go on so.
  private func extended(
    _ node: Node, by token: UInt32, _ probability: Double, _ place: DocumentPlace, _ spacing: Spacing
  ) -> Node? {
    let bytes = lexicon.bytes(of: token)
    guard !bytes.isEmpty, !bytes.contains(where: { $0 < 0x20 }),
      bytes.withUnsafeBytes({ OfferedWords.isShown($0) && !lexicon.forgotten.contains($0) })
    else { return nil }
    var next = node
    guard next.limits.admits(bytes) else { return nil }
    var right = bytes.withUnsafeBytes { Spacing.Side(kind: kind(ofBytes: $0, in: place.context), bytes: $0) }
    right.stand(behind: node.left, isApart: spacing.isApart(node.left, right))
    if right.isApart { next.text += " " }
    next.text += String(decoding: bytes, as: UTF8.self)
    next.probability *= probability
    next.tokens.append(token)
    next.left = right
    return next
  }

}
