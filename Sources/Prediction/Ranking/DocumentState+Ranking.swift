import LanguageModeling
import Lexing
import NGrams
import Platform

extension DocumentPredictor {
  /// How probable each of some candidates is at a place, as a whole: what another program offers there, in its words.
  ///
  /// - Parameters:
  ///   - candidates: what would stand at the place instead of the word that is typed there. Of each the first line counts,
  ///     and of that the first tokens.
  ///   - byteOffset: clamped to the text.
  ///   - mayGoOn: as for `completions`.
  public func rank(
    _ candidates: [String], at byteOffset: Int, while mayGoOn: () -> Bool = { true }
  ) -> CandidateRanking {
    withState { $0.rank(candidates, at: byteOffset, while: mayGoOn) }
  }
}

/// How probable candidates are that somebody else offers.
extension DocumentState {
  /// So many candidates of several tokens are continued with the whole mixture; the others by n-grams and counts.
  private static let exactContinuationLimit = 4

  mutating func rank(
    _ texts: [String], at byteOffset: Int, while mayGoOn: () -> Bool
  ) -> CandidateRanking {
    let place = DocumentPlace(lexed, at: byteOffset)
    let view = networkView(before: place.tokenIndex, while: mayGoOn)
    // Words that are looked up here keep their numbers to the end.
    lexicon.beginUse()
    defer { lexicon.endUse() }
    let candidates = texts.map { CandidateTokens($0, lexed.grammar) }
    var probabilities = firstTokenProbabilities(of: candidates, place, view)
    let byProbability = candidates.indices.filter { candidates[$0].tokens.count > 1 && probabilities[$0] > 0 }
      .sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
    for index in byProbability.prefix(Self.exactContinuationLimit) where mayGoOn() {
      probabilities[index] *= continuedProbability(of: candidates[index].tokens, place)
    }
    let others = byProbability.dropFirst(Self.exactContinuationLimit)
    for (index, probability) in zip(
      others, countedContinuations(of: others.map { candidates[$0].tokens }, place))
    {
      probabilities[index] *= probability
    }
    return CandidateRanking(
      probabilities: probabilities, remainder: remainder(candidates, probabilities),
      isIncomplete: !isIndexed || view == nil && model?.hasNetwork == true, usesNetwork: view != nil)
  }

  // MARK: The first token

  /// P of each candidate's first token, given what is typed.
  private func firstTokenProbabilities(
    of candidates: [CandidateTokens], _ place: DocumentPlace, _ view: RecurrentView?
  ) -> [Double] {
    let typed = TypedWord(place.typed)
    let ids = candidates.map { $0.tokens.first.flatMap(lexicon.knownID) }
    let whole = typed.isEmpty ? nil : lexicon.knownID(of: typed.bytes)
    let names = typed.isEmpty ? nil : self.names
    return ask(sequence, at: place.tokenIndex, leavesOutToken: true, recurrent: view) { engine in
      var exact = Array(Set(ids.compactMap { $0 })).sorted().map {
        PartialProbability(token: $0, sum: 0, missing: engine.weightedExperts)
      }
      exact.withUnsafeMutableBufferPointer { engine.addShares(to: $0) }
      let known = Dictionary(uniqueKeysWithValues: exact.map { ($0.token, $0.sum) })
      let newWords = newWordModel(engine)
      var unseen: [[UInt8]: Double] = [:]
      for (candidate, id) in zip(candidates, ids) {
        guard id == nil, let word = candidate.tokens.first, unseen[word] == nil else { continue }
        unseen[word] = newWords.probability(of: word)
      }
      let newWordWeight = Double(engine.spellingWeight)
      return lexicon.withReading { reading in
        let search = CandidateSearch(
          typed: typed, engine: engine, reading: reading, whole: whole, names: names,
          isProse: place.context != .code, limit: 1)
        let mass = typed.isEmpty ? 1 : max(Double(search.mass(exact: known)), 1e-30)
        return zip(candidates, ids).map { candidate, id in
          guard let word = candidate.tokens.first else { return 0 }
          let probability =
            id.map { Double(known[$0] ?? 0) } ?? newWordWeight * (unseen[word] ?? 0)
          let worth = typed.isEmpty ? 1 : word.withUnsafeBytes { Double(search.worth(ofWord: $0)) }
          return min(1, probability * worth / mass)
        }
      }
    }
  }

  private func newWordModel(_ engine: MixtureEngine) -> NewWordModel {
    let (lexicon, counts, ngrams) = (self.lexicon, self.counts, model?.ngrams)
    return NewWordModel(spelling: engine.spelling) { word in
      guard let id = lexicon.knownID(of: word) else { return 0 }
      var frequency = Double(counts.count(of: id)) / Double(counts.tokenCount + 50)
      if let ngrams, lexicon.isKnown(id) {
        frequency = max(frequency, Double(ngrams.frequencies(of: [id])[0]))
      }
      return frequency
    }
  }

  // MARK: The others

  /// P of a candidate's other tokens behind its first one, each by the whole mixture but for the network.
  private func continuedProbability(of tokens: [[UInt8]], _ place: DocumentPlace) -> Double {
    var path = TokenSequence()
    let start = max(0, place.tokenIndex - 512)
    path.reserveCapacity(place.tokenIndex - start + tokens.count)
    for index in start..<place.tokenIndex {
      path.append(id: sequence.id(at: index), tokenClass: sequence.tokenClass(at: index))
    }
    append(tokens[0], to: &path)
    var bits = 0.0
    for token in tokens.dropFirst() {
      let index = path.count
      let id = append(token, to: &path)
      bits += ask(path, at: index, leavesOutToken: false, recurrent: nil) { $0.surprisalBits(of: id) }
    }
    return exp2(-bits)
  }

  /// The same by n-grams and counts alone, for many candidates.
  private func countedContinuations(of candidates: [[[UInt8]]], _ place: DocumentPlace) -> [Double] {
    if candidates.isEmpty { return [] }
    let scorer = SlipScorer(
      lexicon: lexicon, model: model, document: counts, neighboursIncludeDocument: isAmongNeighbours)
    let state = scorer.state(sequence, before: place.tokenIndex)
    let before = (1...SlipScorer.contextCount).reversed().map { sequence.id(at: place.tokenIndex - $0) }
    let paths = candidates.map { tokens in
      tokens.map { token in token.withUnsafeBytes { bytes in lexicon.withInterning { $0.intern(bytes).id } } }
    }
    return withNeighbours { shared in
      scorer.neighbours = shared
      defer { scorer.neighbours = nil }
      return paths.map { path in
        (before + path).withUnsafeBufferPointer { ids in
          var (state, probability) = (state, 1.0)
          for place in path.indices {
            let ids = ids.baseAddress! + SlipScorer.contextCount + place
            scorer.prepare(ids)
            var next = state
            let own = scorer.probability(of: ids[0], after: state, next: &next)
            if place > 0 { probability *= Double(own) }
            state = next
          }
          return probability
        }
      }
    }
  }

  // MARK: What is left

  /// P of all that is no candidate: what each distinct one has is taken off, but for those that go on from another.
  private func remainder(_ candidates: [CandidateTokens], _ probabilities: [Double]) -> Double {
    var sum = 0.0
    var words: Set<[UInt8]> = []
    for (candidate, probability) in zip(candidates, probabilities) where candidate.tokens.count == 1 {
      if words.insert(candidate.tokens[0]).inserted { sum += probability }
    }
    var longer: [[[UInt8]]: Double] = [:]
    for (candidate, probability) in zip(candidates, probabilities)
    where candidate.tokens.count > 1 && !words.contains(candidate.tokens[0]) {
      longer[candidate.tokens] = probability
    }
    for (tokens, probability) in longer
    where !(2..<tokens.count).contains(where: { longer[Array(tokens[..<$0])] != nil }) {
      sum += probability
    }
    return max(0, 1 - sum)
  }
}
