import LanguageModeling
import Lexing
import Platform
import Privacy

/// What changes of an open document. See `DocumentPredictor`.
struct DocumentState {
  var lexed: LexedDocument
  var sequence: TokenSequence
  let counts = DocumentCounts()
  let engines: MixtureEnginePool
  let lexicon: Lexicon
  var model: Model? { engines.model }
  let neighbours: NeighbourCache?
  let privacy: DocumentPrivacy
  private let countedLimit: Int
  /// Whether the model's index of names is made when it is needed; else completions go without until somebody has made it.
  var preparesNames = false
  /// The first tokens, which are counted.
  private(set) var indexedCount = 0
  /// The network's states; nil without a network, and until it is open.
  var track: RecurrentTrack?
  /// What a commit message is about; nil for other documents, and where no diff is known.
  var diff: DiffDistribution?
  /// Where the scissors line and the diff behind it begin in the text: nothing behind is counted.
  var diffStart: (byteOffset: Int, tokenIndex: Int)?
  /// What a commit message is about that has no diff in its own text.
  var givenDiff: [UInt8] = []
  /// The states of what reads from the end; nil until somebody asks what stands between both sides.
  var backwardTrack: BackwardTrack?
  /// Readings that wait for what reads in both directions; nil where none do, and after an edit.
  var waitingSlips: WaitingSlips?
  /// What slips are about, once they were asked for, with a model.
  var slipLists: SlipLists?
  /// What may have been meant for a slip, beside the words of the vocabulary; as of the last search.
  var slipDocumentWords: SlipWords.DocumentWords?
  /// What is remembered of the words of slips until an edit, or the text's end was looked at.
  var slipMemory: SlipMemory?
  var pieceCache = PieceCache()
  let spellingMemo = SpellingMemo(keepsLetters: true)
  /// How the document's text so far changes what experts are trusted.
  var adaptation = AdaptationTrack()
  /// What the counted tokens say of the layers below the model.
  private(set) var evidence = LayerEvidence()
  /// Whether the neighbours' counts include this document's.
  private(set) var isAmongNeighbours = false

  init(
    text: [UInt8], grammar: Grammar, model: Model?, neighbours: NeighbourCache?,
    privacy: DocumentPrivacy = .secrets, countedLimit: Int = DocumentState.standardCountedLimit
  ) {
    self.countedLimit = countedLimit
    let lexicon = neighbours?.lexicon ?? model?.makeLexicon() ?? Lexicon(vocabulary: nil)
    lexed = LexedDocument(text: text, grammar: grammar)
    sequence = lexicon.sequence(of: lexed, privacy: privacy)
    engines = neighbours?.engines ?? MixtureEnginePool(lexicon: lexicon, model: model)
    self.lexicon = lexicon
    self.neighbours = neighbours
    self.privacy = privacy
    findDiff()
  }

  /// How many tokens of a document are counted at most: some 60,000 lines. Counts take some 150 bytes a token, twice.
  static let standardCountedLimit = 1 << 19

  /// The contexts of so many tokens are looked at together: larger changes are made piece by piece.
  private static let pieceTokenCount = 1 << 13

  var countedCount: Int { min(sequence.count, countedLimit, diffStart?.tokenIndex ?? .max) }
  var isIndexed: Bool { indexedCount == countedCount }

  // MARK: Counting

  @discardableResult
  mutating func index(maximumTokenCount: Int) -> Bool {
    if indexedCount == 0 && maximumTokenCount >= countedCount && !isAmongNeighbours {
      counts.add(sequence, 0..<countedCount)
      lexicon.layers?.count(sequence, 0..<countedCount, into: &evidence)
      indexedCount = countedCount
      joinNeighbours()
      return true
    }
    // In pieces it takes its place among the neighbours with the first of them, so that none takes long.
    joinNeighbours()
    let end = indexedCount + min(maximumTokenCount, countedCount - indexedCount)
    while indexedCount < end {
      let fresh = ContextColumns(sequence, indexedCount..<min(end, indexedCount + Self.pieceTokenCount))
      changeCounts { $0.add(fresh) }
      lexicon.layers?.count(sequence, indexedCount..<indexedCount + fresh.count, into: &evidence)
      indexedCount += fresh.count
    }
    return isIndexed
  }

  /// Changes the document's counts, and the neighbours' if they include them.
  private func changeCounts(_ body: (DocumentCounts) -> Void) {
    body(counts)
    if isAmongNeighbours { neighbours?.change(body) }
  }

  /// Shares the document's counts with the others, if there is room for all of them.
  private mutating func joinNeighbours() {
    guard let neighbours, !isAmongNeighbours else { return }
    isAmongNeighbours = neighbours.change { shared in
      guard shared.tokenCount + countedCount <= neighbours.maximumTokenCount else { return false }
      shared.add(contentsOf: counts)
      return true
    }
  }

  /// Takes everything back that is shared with other documents.
  mutating func leave() {
    if let neighbours, isAmongNeighbours {
      neighbours.change { $0.subtract(contentsOf: counts) }
      isAmongNeighbours = false
    }
    adaptation.removeAll()
    lexicon.release(sequence)
    sequence = TokenSequence()
    takeDiff([])
  }

  mutating func replace(_ byteRange: Range<Int>, with bytes: [UInt8]) -> TokenChange {
    lexicon.beginUse()
    defer { lexicon.endUse() }
    waitingSlips = nil
    slipMemory = nil
    let oldByteCount = lexed.byteCount
    let lower = min(max(byteRange.lowerBound, 0), oldByteCount)
    // On its own line: as an argument it would change a document that the method no longer sees.
    let lexical = lexed.replace(byteRange, with: bytes)
    let (change, words) = redacting(lexical, edited: lower..<lower + bytes.count)
    if change.removed.isEmpty && change.inserted.isEmpty {
      followDiff(replacing: lower..<max(lower, min(byteRange.upperBound, oldByteCount)), with: bytes, change)
      return change
    }
    let removed = change.removed
    pieceCache.replace(removed, insertedCount: change.inserted.count)
    adaptation.rewind(to: removed.lowerBound)
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
    let isSmall = counted.count + recounted.count <= Self.pieceTokenCount
    let before = isSmall ? ContextColumns(sequence, counted) : nil
    if before == nil { changeCounts { $0.subtract(sequence, counted) } }
    let layers = lexicon.layers
    let scored = counted.lowerBound..<min(counted.upperBound, removed.upperBound + (layers?.reach ?? 0))
    layers?.count(sequence, scored, isTakenOff: true, into: &evidence)
    lexicon.exchange(sequence.tokenIDs(in: removed), for: words.map(\.id))
    sequence.replace(removed, with: words)
    if let network = track?.component {
      track?.replace(removed, with: words.map { network.token(of: $0.id) })
      backwardTrack?.replace(removed, with: words.map { network.token(of: $0.id) })
    }
    if let before {
      let tailCount = recounted.isEmpty ? 0 : counted.upperBound - removed.upperBound
      let countChange = CountChange(
        from: before, to: ContextColumns(sequence, recounted), tailCount: tailCount)
      changeCounts { $0.apply(countChange) }
    } else {
      changeCounts { $0.add(sequence, recounted) }
    }
    if !recounted.isEmpty {
      layers?.count(sequence, scored.lowerBound..<scored.upperBound + delta, into: &evidence)
    }
    followDiff(replacing: lower..<max(lower, min(byteRange.upperBound, oldByteCount)), with: bytes, change)
    keepCountsWithinLimit(wasIndexed: wasIndexed)
    return change
  }

  /// After an edit that moved tokens over the limit, one way or the other.
  private mutating func keepCountsWithinLimit(wasIndexed: Bool) {
    if indexedCount > countedCount {
      let excess = countedCount..<indexedCount
      changeCounts { $0.subtract(sequence, excess) }
      lexicon.layers?.count(sequence, excess, isTakenOff: true, into: &evidence)
      indexedCount = countedCount
    } else if wasIndexed && !isIndexed {
      index(maximumTokenCount: .max)
    }
  }

  // MARK: Asking

  /// Prepares the mixture for a token's place and asks it something, the neighbours held still meanwhile.
  ///
  /// - Parameter adapted: whether the weights are those that the text before the cursor has led to.
  func ask<Result>(
    _ sequence: TokenSequence, at index: Int, leavesOutToken: Bool, recurrent: RecurrentView?,
    adapted: Bool = false, _ body: (MixtureEngine) -> Result
  ) -> Result {
    var sources = MixtureSources()
    sources.recurrent = recurrent
    sources.evidence = evidence
    if adapted { sources.adaptation = self.adapted }
    sources.diff = diff
    sources.document = counts
    sources.leavesOutToken = leavesOutToken && index < indexedCount
    return engines.withEngine { engine in
      guard let neighbours else {
        engine.prepare(sequence, at: index, sources)
        return body(engine)
      }
      return neighbours.read { shared in
        sources.neighbours = shared
        sources.neighboursIncludeDocument = isAmongNeighbours
        engine.prepare(sequence, at: index, sources)
        return body(engine)
      }
    }
  }
}
