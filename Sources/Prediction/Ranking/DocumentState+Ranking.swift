import LanguageModeling
import Lexing
import NGrams
import Neural
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

  /// So many candidates are worth a second thread.
  private static let sharedCount = 64

  mutating func rank(
    _ texts: [String], at byteOffset: Int, while mayGoOn: () -> Bool
  ) -> CandidateRanking {
    let place = DocumentPlace(lexed, at: byteOffset)
    let view = networkView(before: place.tokenIndex, while: mayGoOn)
    // Words that are looked up here keep their numbers to the end.
    lexicon.beginUse()
    defer { lexicon.endUse() }
    let candidates = CandidateWords(texts, lexed.grammar)
    let ids = candidates.withWords { lexicon.knownIDs(ofWords: candidates.wordCount, $0) }
    let (first, continued) = firstWordProbabilities(of: candidates, ids, place, view)
    var probabilities = (0..<candidates.count).map { candidates[$0].first.map { first[$0] } ?? 0 }
    let byProbability = (0..<candidates.count).filter { candidates[$0].count > 1 && probabilities[$0] > 0 }
      .sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
    let exact = byProbability.prefix(Self.exactContinuationLimit).filter { _ in mayGoOn() }
    for (index, probability) in zip(exact, exactContinuations(of: exact, candidates, place)) {
      probabilities[index] *= probability
    }
    for index in byProbability.dropFirst(Self.exactContinuationLimit) {
      probabilities[index] *= continued[index]
    }
    return CandidateRanking(
      probabilities: probabilities, remainder: remainder(candidates, probabilities),
      isIncomplete: !isIndexed || view == nil && model?.hasNetwork == true, usesNetwork: view != nil)
  }

  private static let team = KernelTeam(threadCount: 2)

  /// Calls `body` for each piece, side by side where it is worth it. A piece must not wait for what this thread has locked.
  private func inPieces(_ count: Int, of candidates: CandidateWords, _ body: (Int) -> Void) {
    guard candidates.count >= Self.sharedCount else { return (0..<count).forEach(body) }
    Self.team.run(pieces: count, body)
  }

  // MARK: The first word

  /// P of each word that a candidate begins with, given what is typed; of the others 0. And of each candidate of several tokens
  /// that of the others behind its first one, by n-grams and counts; of the others 1.
  ///
  /// - Parameter ids: by the words' numbers; nil for those that nobody has seen.
  private func firstWordProbabilities(
    of candidates: CandidateWords, _ ids: [UInt32?], _ place: DocumentPlace, _ view: RecurrentView?
  ) -> (first: [Double], continued: [Double]) {
    let typed = TypedWord(place.typed)
    let whole = typed.isEmpty ? nil : lexicon.knownID(of: typed.bytes)
    let names = typed.isEmpty ? nil : self.names
    var isFirst = [Bool](repeating: false, count: candidates.wordCount)
    for index in 0..<candidates.count { if let word = candidates[index].first { isFirst[word] = true } }
    let first = isFirst.indices.filter { isFirst[$0] }
    let paths = CandidatePaths(candidates, ids, lexicon)
    return ask(sequence, at: place.tokenIndex, leavesOutToken: true, recurrent: view, adapted: true) {
      engine, neighbours in
      let newWords = newWordModel(engine)
      var known = CandidateScores()
      var agreement: (worths: [Double], mass: Double)?
      var new = [Double?](repeating: nil, count: candidates.wordCount)
      var continued: [Double] = []
      inPieces(2, of: candidates) { piece in
        if piece == 0 {
          known = exactProbabilities(of: first.compactMap { ids[$0] }, engine)
          if typed.isEmpty { return }
          agreement = lexicon.withReading { reading in
            let search = CandidateSearch(
              typed: typed, engine: engine, reading: reading, whole: whole, names: names,
              capitalWorth: capitalWorth(at: place), limit: 1)
            let mass = max(Double(search.mass(exact: known)), 1e-30)
            let worths = first.map { word in
              Double(candidates.withBytes(ofWord: word) { search.worth(ofWord: $0) })
            }
            return (worths, mass)
          }
        } else {
          for word in first where ids[word] == nil {
            new[word] = newWords.probability(of: candidates.word(word))
          }
          continued = countedContinuations(of: paths, place, neighbours)
        }
      }
      let newWordWeight = Double(engine.spellingWeight)
      var result = [Double](repeating: 0, count: candidates.wordCount)
      for (rank, word) in first.enumerated() {
        let counted = ids[word].map { Double(known.score(of: $0)) } ?? 0
        // A word may have a number though no text has it: somebody asked about it, or it was deleted.
        let probability =
          counted > 0
          ? counted : newWordWeight * (new[word] ?? newWords.probability(of: candidates.word(word)))
        result[word] = min(1, agreement.map { probability * $0.worths[rank] / $0.mass } ?? probability)
      }
      return (result, continued)
    }
  }

  /// P of words, as they are known by their numbers.
  private func exactProbabilities(of ids: [UInt32], _ engine: MixtureEngine) -> CandidateScores {
    // In the order of their numbers they are in that of the tables that are asked.
    var words = ids.sorted().map { PartialProbability(token: $0, sum: 0, missing: engine.weightedExperts) }
    words.withUnsafeMutableBufferPointer { engine.addShares(to: $0) }
    let scores = CandidateScores()
    for word in words where scores.index(of: word.token) == nil { scores.add(word.token, word.sum) }
    return scores
  }

  private func newWordModel(_ engine: MixtureEngine) -> NewWordModel {
    let (lexicon, counts, ngrams) = (self.lexicon, self.counts, model?.ngrams)
    return NewWordModel(spelling: engine.spelling, memo: spellingMemo) { word in
      guard let id = lexicon.knownID(of: word) else { return 0 }
      var frequency = Double(counts.count(of: id)) / Double(counts.tokenCount + 50)
      if let ngrams, lexicon.isKnown(id) {
        frequency = max(frequency, Double(ngrams.frequencies(of: [id])[0]))
      }
      return frequency
    }
  }

  // MARK: The others

  /// P of the other tokens of some candidates behind their first ones, in the candidates' order.
  private func exactContinuations(
    of indices: [Int], _ candidates: CandidateWords, _ place: DocumentPlace
  ) -> [Double] {
    var result = [Double](repeating: 1, count: indices.count)
    result.withUnsafeMutableBufferPointer { result in
      inPieces(indices.count, of: candidates) { piece in
        result[piece] = continuedProbability(of: candidates[indices[piece]].map(candidates.word), place)
      }
    }
    return result
  }

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

  /// The same by n-grams and counts alone, for all candidates: where one begins as another does that is asked only once.
  private func countedContinuations(
    of paths: CandidatePaths, _ place: DocumentPlace, _ neighbours: DocumentCounts?
  ) -> [Double] {
    var result = [Double](repeating: 1, count: paths.count)
    let order = paths.inOrder
    if order.isEmpty { return result }
    let scorer = SlipScorer(
      lexicon: lexicon, model: model, document: counts, neighboursIncludeDocument: isAmongNeighbours,
      spellingMemo: spellingMemo)
    scorer.neighbours = neighbours
    let before = (1...SlipScorer.contextCount).reversed().map { sequence.id(at: place.tokenIndex - $0) }
    // The states and the products behind the tokens of the path before.
    var states = [scorer.state(sequence, before: place.tokenIndex)]
    var products = [1.0]
    var last: ArraySlice<UInt32> = []
    for index in order {
      let path = paths[index]
      let shared = zip(path, last).prefix { $0 == $1 }.count
      states.removeSubrange((shared + 1)...)
      products.removeSubrange((shared + 1)...)
      (before + path).withUnsafeBufferPointer { ids in
        for place in shared..<path.count {
          let ids = ids.baseAddress! + SlipScorer.contextCount + place
          if place == 0 {
            states.append(scorer.state(behind: ids[0], after: states[0]))
            products.append(1)
            continue
          }
          var next = states[place]
          let probability = scorer.continuation(ids, after: states[place], next: &next)
          states.append(next)
          products.append(products[place] * Double(probability))
        }
      }
      result[index] = products[path.count]
      last = path
    }
    return result
  }

  // MARK: What is left

  /// P of all that is no candidate: what each distinct one has is taken off, but for those that go on from another.
  private func remainder(_ candidates: CandidateWords, _ probabilities: [Double]) -> Double {
    var sum = 0.0
    var isWord = [Bool](repeating: false, count: candidates.wordCount)
    for index in 0..<candidates.count where candidates[index].count == 1 {
      let word = candidates[index].first!
      if !isWord[word] { sum += probabilities[index] }
      isWord[word] = true
    }
    let longer = (0..<candidates.count).filter { candidates[$0].count > 1 && !isWord[candidates[$0].first!] }
      .sorted { candidates[$0].lexicographicallyPrecedes(candidates[$1]) }
    // What goes on from a candidate, or is it again, comes right behind it.
    var last: ArraySlice<Int> = []
    for index in longer where last.isEmpty || !candidates[index].starts(with: last) {
      sum += probabilities[index]
      last = candidates[index]
    }
    return max(0, 1 - sum)
  }
}
