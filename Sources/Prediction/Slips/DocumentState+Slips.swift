import LanguageModeling
import Lexing
import Privacy

extension DocumentState {
  /// Less likely readings are not given.
  static let leastSlipLogOdds = -6.0
  /// How far on either side the likeliest of several slips hides the others, in tokens.
  private static let hidingReach = 1
  /// Tokens on either side of a range whose slips decide which of the range's are given.
  private static let margin = 12
  /// So many tokens are made ready at a time, and so many of them are then looked at: as long are the neighbours held still.
  private static let chunkTokenCount = 2048
  private static let heldTokenCount = 16

  /// The slips that touch a range of bytes, in the order of the text.
  ///
  /// - Parameters:
  ///   - asksBothSides: whether the model's network in both directions, if it is open, has a say in prose.
  ///   - takesLearnedAsNew: whether text that the model was trained on is judged as if somebody had just typed it.
  mutating func slips(
    in byteRange: Range<Int>, asksBothSides: Bool = false, takesLearnedAsNew: Bool = false
  ) -> [DetectedSlip] {
    let wanted = markedRange(byteRange)
    // Words that only the language has keep their numbers until their texts are asked for.
    lexicon.beginUse()
    defer { lexicon.endUse() }
    // Nobody keeps it from its end.
    var proposals = slipProposals(in: wanted, takesLearnedAsNew: takesLearnedAsNew) ?? []
    // Texts are gone through to their ends; most are not looked at again soon.
    if wanted.upperBound == lexed.byteCount { forgetSlipWords() }
    if asksBothSides { weighBetweenBothSides(&proposals) }
    return shown(proposals, touching: wanted)
  }

  mutating func forgetSlipWords() {
    slipDocumentWords = nil
    slipMemory = nil
  }

  /// What a diff has is nobody's to mark in a message.
  func markedRange(_ byteRange: Range<Int>) -> Range<Int> {
    byteRange.clamped(to: 0..<(diffStart?.byteOffset ?? lexed.byteCount))
  }

  func shown(_ proposals: [SlipProposal], touching range: Range<Int>) -> [DetectedSlip] {
    shown(proposals).filter {
      $0.byteRange.upperBound >= range.lowerBound && $0.byteRange.lowerBound <= range.upperBound
    }
  }

  /// Every reading that is worth a look, of the tokens of a range and some on either side.
  ///
  /// - Parameter mayGoOn: asked every few tokens.
  /// - Returns: nil once that says no.
  mutating func slipProposals(
    in byteRange: Range<Int>, takesLearnedAsNew: Bool = false, while mayGoOn: () -> Bool = { true }
  ) -> [SlipProposal]? {
    guard sequence.count > 0 else { return [] }
    let first = byteRange.lowerBound == 0 ? 0 : lexed.tokenIndex(endingAfter: byteRange.lowerBound - 1)
    let last = lexed.tokenIndex(endingAfter: byteRange.upperBound)
    let range = max(0, first - Self.margin)..<min(sequence.count, last + 1 + Self.margin)
    // The numbers of words stay what they are while the neighbours are let go now and then.
    lexicon.beginUse()
    defer { lexicon.endUse() }
    let lists = slipLists ?? SlipLists(lexicon: lexicon, model: model, grammar: lexed.grammar)
    if model != nil { slipLists = lists }
    let memory = slipMemory ?? SlipMemory()
    slipMemory = memory
    let scorer = SlipScorer(
      lexicon: lexicon, model: model, document: counts, neighboursIncludeDocument: isAmongNeighbours,
      lists: model?.ngrams == nil ? [] : SpelledWords.all, remembersScores: true)
    let words = withNeighbours { shared in
      scorer.neighbours = shared
      return SlipWords(
        lexicon: lexicon, scorer: scorer, vocabularyFilter: model?.wordFilter,
        documentWords: &slipDocumentWords, memory: memory)
    }
    let detector = SlipDetector(
      lexed, sequence, countedCount: indexedCount, scorer: scorer, words: words,
      lists: lists, memory: memory,
      hasModel: model?.ngrams != nil)
    guard var proposals = proposals(in: range, detector, while: mayGoOn) else { return nil }
    for index in proposals.indices {
      proposals[index].logOdds = SlipWeights.logOdds(of: proposals[index])
      if proposals[index].isLearned && !takesLearnedAsNew {
        proposals[index].surroundingBits = detector.surroundingBits(proposals[index].span)
        proposals[index].logOdds += SlipWeights.changeOfLearned(proposals[index])
      }
    }
    return proposals
  }

  private func proposals(
    in range: Range<Int>, _ detector: SlipDetector, while mayGoOn: () -> Bool
  ) -> [SlipProposal]? {
    let scorer = detector.scorer
    defer { scorer.neighbours = nil }
    var proposals: [SlipProposal] = []
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.chunkTokenCount) {
      let chunk = start..<min(start + Self.chunkTokenCount, range.upperBound)
      guard mayGoOn() else { return nil }
      withNeighbours { shared in
        scorer.neighbours = shared
        detector.prepare(chunk)
      }
      for held in stride(from: start, to: chunk.upperBound, by: Self.heldTokenCount) {
        guard mayGoOn() else { return nil }
        withNeighbours { shared in
          scorer.neighbours = shared
          detector.look(in: held..<min(held + Self.heldTokenCount, chunk.upperBound), &proposals)
        }
      }
    }
    return proposals
  }

  func withNeighbours<Result>(_ body: (DocumentCounts?) -> Result) -> Result {
    guard let neighbours else { return body(nil) }
    return neighbours.read { body($0) }
  }

  // MARK: What is given

  /// The likeliest of each place's readings, with the others of the same tokens behind it, where no other slip right
  /// beside it is likelier.
  private func shown(_ proposals: [SlipProposal]) -> [DetectedSlip] {
    var bySpan: [Range<Int>: [SlipProposal]] = [:]
    for proposal in proposals where proposal.logOdds > Self.leastSlipLogOdds {
      bySpan[proposal.span, default: []].append(proposal)
    }
    let groups = bySpan.map { span, group in
      let ordered = group.sorted {
        guard $0.logOdds == $1.logOdds else { return $0.logOdds > $1.logOdds }
        return lexicon.bytes(of: $0.replacement[0]).lexicographicallyPrecedes(
          lexicon.bytes(of: $1.replacement[0]))
      }
      return (span: span, group: ordered)
    }.sorted { ($0.span.lowerBound, $0.span.upperBound) < ($1.span.lowerBound, $1.span.upperBound) }
    var slips: [DetectedSlip] = []
    for (index, (span, group)) in groups.enumerated() {
      let near = span.lowerBound - Self.hidingReach..<span.upperBound + Self.hidingReach
      func hides(_ other: Int) -> Bool {
        let rival = groups[other].group[0].logOdds
        return rival > group[0].logOdds || rival == group[0].logOdds && other < index
      }
      var isHidden = false
      var other = index - 1
      // Spans are short: those that begin far before end before.
      while other >= 0, groups[other].span.lowerBound > near.lowerBound - 8, !isHidden {
        isHidden = groups[other].span.overlaps(near) && hides(other)
        other -= 1
      }
      other = index + 1
      while other < groups.count, groups[other].span.lowerBound < near.upperBound, !isHidden {
        isHidden = groups[other].span.overlaps(near) && hides(other)
        other += 1
      }
      if !isHidden, let slip = slip(span, group) { slips.append(slip) }
    }
    return slips
  }

  private func slip(_ span: Range<Int>, _ group: [SlipProposal]) -> DetectedSlip? {
    let best = group[0]
    var corrections: [DetectedSlip.Correction] = []
    let preferences = group.map { SlipWeights.preference(of: $0) }
    // What is equal stays in the group's order.
    let ordered = group.indices.sorted { (-preferences[$0], $0) < (-preferences[$1], $1) }.map { group[$0] }
    for proposal in ordered {
      guard corrections.count < 3, let text = text(of: proposal),
        !corrections.contains(where: { $0.text == text })
      else { continue }
      corrections.append(.init(text: text, gainBits: proposal.gainBits))
    }
    guard !corrections.isEmpty else { return nil }
    var slip = DetectedSlip(
      byteRange: byteRange(of: span), kind: ordered[0].kind, corrections: corrections, logOdds: best.logOdds,
      falseMarksPerThousandTokens: model?.ngrams == nil
        ? nil
        : SlipRates.falseMarksPerThousandTokens(
          logOdds: best.logOdds, isProse: lexed.grammar.isProse, context: best.context,
          hasWordList: best.hasWordList, isBetweenBothSides: best.gainBitsBetweenBothSides != nil,
          changes: model?.slipRates?.changes(lexed.grammar, best.context)))
    slip.hasWordList = best.hasWordList
    return slip
  }

  func byteRange(of span: Range<Int>) -> Range<Int> {
    lexed.token(at: span.lowerBound).byteOffset..<lexed.token(at: span.upperBound - 1).endOffset
  }

  /// Whether what is put in stands right before what is behind it: `!done`, `else:`, `self.count`.
  private static func areJoined(_ meant: [UInt8], _ behind: [UInt8]) -> Bool {
    let isSign = meant.count == 1 && !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(meant[0] | 0x20)
    guard !isSign, let first = behind.first else { return true }
    if ":;,)]".utf8.contains(first) { return true }
    return ".([?".utf8.contains(first)
      && ["self", "super", "init", "this"].contains { meant.elementsEqual($0.utf8) }
  }

  /// The text of a reading, in the place of its span.
  func text(of proposal: SlipProposal) -> String? {
    let span = proposal.span
    func bytes(_ id: UInt32) -> [UInt8]? {
      let bytes = lexicon.bytes(of: id)
      guard !bytes.isEmpty,
        bytes.withUnsafeBytes({ OfferedWords.isShown($0) && !lexicon.forgotten.contains($0) }),
        !Tokenization.standsForNoText(bytes)
      else { return nil }
      return bytes
    }
    func written(_ index: Int) -> [UInt8] { lexed.bytes(of: lexed.token(at: index)) }
    func between(_ index: Int) -> [UInt8] {
      lexed.bytes(in: lexed.token(at: index).endOffset..<lexed.token(at: index + 1).byteOffset)
    }
    let result: [UInt8]
    switch proposal.kind {
    case .newWord, .knownWord, .inflection, .confusion, .operatorCounterpart, .otherName:
      guard let meant = bytes(proposal.replacement[0]) else { return nil }
      result = cased(meant, as: written(span.lowerBound), proposal)
    case .doubledWord:
      // The second goes, of a line's end what stands around it stays.
      var kept = lexed.bytes(
        in: lexed.token(at: span.lowerBound).byteOffset..<lexed.token(at: span.upperBound - 1).byteOffset)
      if kept.last == 0x20 { kept.removeLast() }
      result = kept.last == 0x0A || kept.last == 0x0D ? written(span.lowerBound) : kept
    case .missingWord, .missingToken:
      guard let meant = bytes(proposal.replacement[0]) else { return nil }
      let behind = written(span.lowerBound)
      result = meant + (Self.areJoined(meant, behind) ? [] : [0x20]) + behind
    case .swappedWords:
      guard let first = bytes(proposal.replacement[0]), let second = bytes(proposal.replacement[1]) else {
        return nil
      }
      result = first + between(span.lowerBound) + second
    case .swappedArguments:
      let (first, last) = (span.lowerBound, span.upperBound - 1)
      let middle = lexed.bytes(
        in: lexed.token(at: first).endOffset..<lexed.token(at: last).byteOffset)
      result = written(last) + middle + written(first)
    }
    guard result != lexed.bytes(in: byteRange(of: span)) else { return nil }
    return String(decoding: result, as: UTF8.self)
  }

  /// A word with a capital where what is written has one: case is never a slip.
  private func cased(_ meant: [UInt8], as written: [UInt8], _ proposal: SlipProposal) -> [UInt8] {
    guard proposal.context != .code, proposal.startsUpper,
      let scalars = meant.withUnsafeBytes({ WordEdits.scalars($0) }), let first = scalars.first,
      WordEdits.isLowercase(first)
    else { return meant }
    return WordEdits.bytes(SlipWords.capitalized(first) + scalars.dropFirst())
  }
}
