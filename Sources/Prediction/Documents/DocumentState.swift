import LanguageModeling
import Lexing
import Platform

/// What changes of an open document. See `DocumentPredictor`.
struct DocumentState {
  var lexed: LexedDocument
  var sequence: TokenSequence
  let counts = DocumentCounts()
  let engine: MixtureEngine
  let lexicon: Lexicon
  let neighbours: NeighbourCache?
  let privacy: DocumentPrivacy
  private let countedLimit: Int
  /// The first tokens, which are counted.
  private(set) var indexedCount = 0
  /// The network's states; nil without a network, and until it is open.
  var track: RecurrentTrack?
  /// Whether the neighbours' counts include this document's.
  private var isAmongNeighbours = false

  init(
    text: [UInt8], grammar: Grammar, model: Model?, neighbours: NeighbourCache?,
    privacy: DocumentPrivacy = .secrets, countedLimit: Int = DocumentState.standardCountedLimit
  ) {
    self.countedLimit = countedLimit
    let lexicon = neighbours?.lexicon ?? model?.makeLexicon() ?? Lexicon(vocabulary: nil)
    lexed = LexedDocument(text: text, grammar: grammar)
    sequence = lexicon.sequence(of: lexed, privacy: privacy)
    engine = MixtureEngine(lexicon: lexicon, model: model)
    self.lexicon = lexicon
    self.neighbours = neighbours
    self.privacy = privacy
  }

  /// How many tokens of a document are counted at most: some 60,000 lines. Counts take some 150 bytes a token, twice.
  static let standardCountedLimit = 1 << 19

  private var countedCount: Int { min(sequence.count, countedLimit) }
  var isIndexed: Bool { indexedCount == countedCount }

  // MARK: Counting

  @discardableResult
  mutating func index(maximumTokenCount: Int) -> Bool {
    let fresh = indexedCount..<indexedCount + min(maximumTokenCount, countedCount - indexedCount)
    counts.add(sequence, fresh)
    if isAmongNeighbours { neighbours?.change { $0.add(sequence, fresh) } }
    indexedCount = fresh.upperBound
    if isIndexed { joinNeighbours() }
    return isIndexed
  }

  /// Shares the document's counts with the others, if there is room for them.
  private mutating func joinNeighbours() {
    guard let neighbours, !isAmongNeighbours else { return }
    isAmongNeighbours = neighbours.change { shared in
      guard shared.tokenCount + indexedCount <= neighbours.maximumTokenCount else { return false }
      shared.add(sequence, 0..<indexedCount)
      return true
    }
  }

  /// Takes everything back that is shared with other documents.
  mutating func leave() {
    if let neighbours, isAmongNeighbours {
      neighbours.change { $0.subtract(sequence, 0..<indexedCount) }
      isAmongNeighbours = false
    }
    lexicon.release(sequence)
    sequence = TokenSequence()
  }

  mutating func replace(_ byteRange: Range<Int>, with bytes: [UInt8]) -> TokenChange {
    lexicon.beginUse()
    defer { lexicon.endUse() }
    let lower = min(max(byteRange.lowerBound, 0), lexed.byteCount)
    // On its own line: as an argument it would change a document that the method no longer sees.
    let lexical = lexed.replace(byteRange, with: bytes)
    let (change, words) = redacting(lexical, edited: lower..<lower + bytes.count)
    if change.removed.isEmpty && change.inserted.isEmpty { return change }
    let removed = change.removed
    let wasIndexed = isIndexed
    // Tokens behind the edit have it in their contexts as far as contexts reach.
    let delta = change.inserted.count - removed.count
    let reached = min(removed.upperBound + TokenSequence.reach, sequence.count)
    let counted = removed.lowerBound..<max(removed.lowerBound, min(reached, indexedCount))
    let recounted: Range<Int>
    if indexedCount >= removed.upperBound {
      indexedCount += delta
      recounted = removed.lowerBound..<counted.upperBound + delta
    } else if indexedCount <= removed.lowerBound {
      recounted = counted
    } else {
      indexedCount = removed.lowerBound
      recounted = removed.lowerBound..<removed.lowerBound
    }
    counts.subtract(sequence, counted)
    if isAmongNeighbours { neighbours?.change { $0.subtract(sequence, counted) } }
    lexicon.exchange(sequence.tokenIDs(in: removed), for: words.map(\.id))
    sequence.replace(removed, with: words)
    if let network = track?.component {
      track?.replace(removed, with: words.map { network.token(of: $0.id) })
    }
    counts.add(sequence, recounted)
    if isAmongNeighbours { neighbours?.change { $0.add(sequence, recounted) } }
    keepCountsWithinLimit(wasIndexed: wasIndexed)
    return change
  }

  /// After an edit that moved tokens over the limit, one way or the other.
  private mutating func keepCountsWithinLimit(wasIndexed: Bool) {
    if indexedCount > countedCount {
      let excess = countedCount..<indexedCount
      counts.subtract(sequence, excess)
      if isAmongNeighbours { neighbours?.change { $0.subtract(sequence, excess) } }
      indexedCount = countedCount
    } else if wasIndexed && !isIndexed {
      index(maximumTokenCount: .max)
    }
  }

  // MARK: Asking

  /// Prepares the mixture for a token's place and asks it something, the neighbours held still meanwhile.
  func ask<Result>(
    _ sequence: TokenSequence, at index: Int, leavesOutToken: Bool, recurrent: RecurrentView?,
    _ body: (MixtureEngine) -> Result
  ) -> Result {
    var sources = MixtureEngine.Sources()
    sources.recurrent = recurrent
    sources.document = counts
    sources.leavesOutToken = leavesOutToken && index < indexedCount
    guard let neighbours else {
      engine.prepare(sequence, at: index, sources)
      return body(engine)
    }
    return neighbours.change { shared in
      sources.neighbours = shared
      sources.neighboursIncludeDocument = isAmongNeighbours
      engine.prepare(sequence, at: index, sources)
      return body(engine)
    }
  }
}
