import Glibc
import Lexing
import Platform

/// Completions of several words, or characters of a script without spaces, where they are one thought.
extension DocumentState {
  /// What is said so far of a piece while it is being found.
  private struct Node {
    var sequence: TokenSequence
    var left: Spacing.Side
    var limits: ContinuationLimits
    /// What is inserted behind the first word.
    var text = ""
    /// P of the whole piece.
    var probability: Double
    /// The first word's place among the items.
    let root: Int
    var tokenCount = 1
  }

  /// A piece, or a single word: something to choose.
  private struct Choice {
    var completion: Completion
    var isWhole = false
    var isPiece = false
    /// Keys that accepting it saves.
    var gain: Double
  }

  /// How far a piece is looked for.
  private struct PieceBounds {
    var expansionCount: Int
    /// How many successors of each place are followed.
    var branchCount: Int
    var rootCount: Int
    var leastProbability: Double
    var longestTokenCount: Int
    /// The part of the list that pieces may take.
    var share: Double

    static let words: PieceBounds = {
      func v(_ n: String, _ d: Double) -> Double { getenv(n).map { strtod($0, nil) } ?? d }
      return PieceBounds(
        expansionCount: Int(v("WE", 8)), branchCount: Int(v("WB", 2)), rootCount: Int(v("WR", 4)),
        leastProbability: v("WP", 0.04), longestTokenCount: 8,
        share: v("WS", 0.6))
    }()
    static let ideographs: PieceBounds = {
      func v(_ n: String, _ d: Double) -> Double { getenv(n).map { strtod($0, nil) } ?? d }
      return PieceBounds(
        expansionCount: Int(v("XE", 24)), branchCount: Int(v("XB", 3)), rootCount: Int(v("XR", 10)),
        leastProbability: v("XP", 0.01),
        longestTokenCount: 12, share: 1)
    }()
  }

  /// The list with those pieces in it that are worth more keys than the words whose place they take.
  mutating func withPieces(
    _ words: [CandidateItem], _ place: DocumentPlace, limit: Int, while mayGoOn: () -> Bool
  ) -> [Completion] {
    guard limit >= 3, !words.isEmpty else { return words.prefix(limit).map(\.completion) }
    let isIdeographic = lexicon.bytes(of: words[0].token).withUnsafeBytes {
      TokenKind.ofProse(beginningWith: $0) == .ideograph
    }
    let bounds = isIdeographic ? PieceBounds.ideographs : .words
    let pieces = pieces(words, place, bounds, while: mayGoOn)
    if pieces.isEmpty { return words.prefix(limit).map(\.completion) }
    return chosen(
      words, pieces, typedCount: String(decoding: place.typed, as: UTF8.self).count, limit: limit,
      share: bounds.share)
  }

  // MARK: Finding

  /// Best first: the most probable beginning of a piece is continued until none is left that is probable enough.
  private mutating func pieces(
    _ words: [CandidateItem], _ place: DocumentPlace, _ bounds: PieceBounds, while mayGoOn: () -> Bool
  ) -> [Completion] {
    lexicon.beginUse()
    defer { lexicon.endUse() }
    let spacing = spacing(before: place.tokenIndex)
    var open = roots(words, place, bounds)
    var found: [Completion] = []
    var expansionCount = 0
    while expansionCount < bounds.expansionCount, !open.isEmpty, mayGoOn() {
      let best = open.indices.max { open[$0].probability < open[$1].probability }!
      let node = open.remove(at: best)
      expansionCount += 1
      let next = ask(node.sequence, at: node.sequence.count, leavesOutToken: false, recurrent: nil) {
        $0.best(bounds.branchCount)
      }
      for (token, probability) in next
      where node.probability * Double(probability) >= bounds.leastProbability {
        guard let child = extended(node, by: token, Double(probability), place, spacing) else { continue }
        if child.limits.isBalanced, ContinuationLimits.mayBeLast(lexicon.bytes(of: token)) {
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

  private func roots(_ words: [CandidateItem], _ place: DocumentPlace, _ bounds: PieceBounds) -> [Node] {
    var base = TokenSequence()
    let start = max(0, place.tokenIndex - 2048)
    base.reserveCapacity(place.tokenIndex - start + bounds.longestTokenCount)
    for index in start..<place.tokenIndex {
      base.append(id: sequence.id(at: index), tokenClass: sequence.tokenClass(at: index))
    }
    let limits = ContinuationLimits(lexed, at: place.replacedBytes.upperBound, place)
    return words.prefix(bounds.rootCount).enumerated().compactMap { index, word in
      guard word.completion.probability >= bounds.leastProbability else { return nil }
      let bytes = lexicon.bytes(of: word.token)
      var sequence = base
      append(bytes, to: &sequence)
      var left = bytes.withUnsafeBytes {
        Spacing.Side(kind: kind(ofBytes: $0, in: place.context), bytes: $0)
      }
      left.isApart = place.isAfterSpace || word.completion.insertedText.utf8.first == 0x20
      return Node(
        sequence: sequence, left: left, limits: limits, probability: word.completion.probability, root: index)
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
    let right = bytes.withUnsafeBytes { Spacing.Side(kind: kind(ofBytes: $0, in: place.context), bytes: $0) }
    right.isApart = spacing.isApart(node.left, right)
    if right.isApart { next.text += " " }
    next.text += String(decoding: bytes, as: UTF8.self)
    next.probability *= probability
    next.tokenCount += 1
    next.left = right
    append(bytes, to: &next.sequence)
    return next
  }

  // MARK: Choosing

  /// The items that together save most keys, expected over what may come: each is worth its probability times the keys
  /// that it saves beyond those that a shorter one in the list saves already. The word that is typed whole keeps its place.
  private func chosen(
    _ words: [CandidateItem], _ pieces: [Completion], typedCount: Int, limit: Int, share: Double
  ) -> [Completion] {
    func choice(_ completion: Completion, isWhole: Bool = false, isPiece: Bool = false) -> Choice {
      Choice(
        completion: completion, isWhole: isWhole, isPiece: isPiece,
        gain: Double(completion.insertedText.count - typedCount - 1))
    }
    let choices =
      words.map { choice($0.completion, isWhole: $0.isWhole) } + pieces.map { choice($0, isPiece: true) }
    var taken = choices.indices.filter { choices[$0].isWhole }
    var left = Array(choices.indices.filter { !choices[$0].isWhole })
    var pieceCount = Int((Double(limit) * share).rounded())
    while taken.count < limit, !left.isEmpty {
      let worths = left.map { Self.worth(of: choices[$0], beside: taken.lazy.map { choices[$0] }) }
      guard let best = worths.indices.max(by: { worths[$0] < worths[$1] }), worths[best] > 0 else { break }
      let index = left.remove(at: best)
      taken.append(index)
      if choices[index].isPiece {
        pieceCount -= 1
        if pieceCount <= 0 { left.removeAll { choices[$0].isPiece } }
      }
    }
    for index in left where taken.count < limit && !choices[index].isPiece { taken.append(index) }
    return ordered(taken.map { choices[$0] }, firstIsWhole: words[0].isWhole)
  }

  private static func worth(of choice: Choice, beside taken: some Sequence<Choice>) -> Double {
    let text = choice.completion.text.utf8
    var shorter = 0.0
    var longer = 0.0
    for other in taken {
      let otherText = other.completion.text.utf8
      if text.starts(with: otherText) {
        shorter = max(shorter, other.gain)
      } else if otherText.starts(with: text) {
        longer += other.completion.probability
      }
    }
    return max(0, choice.completion.probability - longer) * (choice.gain - shorter)
  }

  /// Falling probability; a piece before its first word where it is nearly as probable.
  private func ordered(_ choices: [Choice], firstIsWhole: Bool) -> [Completion] {
    func key(_ choice: Choice) -> Double {
      if choice.isWhole && firstIsWhole { return 2 }
      return choice.completion.probability * (choice.isPiece ? 1.2 : 1)
    }
    return choices.enumerated().sorted { (key($1.element), $0.offset) < (key($0.element), $1.offset) }
      .map(\.element.completion)
  }
}
