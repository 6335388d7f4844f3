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
    let candidates = CandidateWords(texts, lexed.grammar)
    let ids = candidates.withWords { lexicon.knownIDs(ofWords: candidates.wordCount, $0) }
    let first = firstWordProbabilities(of: candidates, ids, place, view)
    var probabilities = (0..<candidates.count).map { candidates[$0].first.map { first[$0] } ?? 0 }
    let byProbability = (0..<candidates.count).filter { candidates[$0].count > 1 && probabilities[$0] > 0 }
      .sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
    let before = byProbability.isEmpty ? TokenSequence() : path(before: place)
    for index in byProbability.prefix(Self.exactContinuationLimit) where mayGoOn() {
      probabilities[index] *= continuedProbability(of: candidates[index].map(candidates.word), behind: before)
    }
    let others = Array(byProbability.dropFirst(Self.exactContinuationLimit))
    for (index, probability) in zip(others, countedContinuations(of: others, candidates, ids, place)) {
      probabilities[index] *= probability
    }
    return CandidateRanking(
      probabilities: probabilities, remainder: remainder(candidates, probabilities),
      isIncomplete: !isIndexed || view == nil && model?.hasNetwork == true, usesNetwork: view != nil)
  }

  // MARK: The first word

  /// P of each word that a candidate begins with, given what is typed; of the others 0.
  ///
  /// - Parameter ids: by the words' numbers; nil for those that nobody has seen.
  private func firstWordProbabilities(
    of candidates: CandidateWords, _ ids: [UInt32?], _ place: DocumentPlace, _ view: RecurrentView?
  ) -> [Double] {
    let typed = TypedWord(place.typed)
    let whole = typed.isEmpty ? nil : lexicon.knownID(of: typed.bytes)
    let names = typed.isEmpty ? nil : self.names
    var isFirst = [Bool](repeating: false, count: candidates.wordCount)
    for index in 0..<candidates.count { if let word = candidates[index].first { isFirst[word] = true } }
    let first = isFirst.indices.filter { isFirst[$0] }
    return ask(sequence, at: place.tokenIndex, leavesOutToken: true, recurrent: view, adapted: true) {
      engine in
      let exact = exactProbabilities(of: first.compactMap { ids[$0] }, engine)
      let newWords = newWordModel(engine)
      let newWordWeight = Double(engine.spellingWeight)
      var result = [Double](repeating: 0, count: candidates.wordCount)
      for word in first {
        let known = ids[word].map { Double(exact.score(of: $0)) } ?? 0
        // A word may have a number though no text has it: somebody asked about it, or it was deleted.
        result[word] = known > 0 ? known : newWordWeight * newWords.probability(of: candidates.word(word))
      }
      guard !typed.isEmpty else { return result.map { min(1, $0) } }
      return lexicon.withReading { reading in
        let search = CandidateSearch(
          typed: typed, engine: engine, reading: reading, whole: whole, names: names,
          capitalWorth: capitalWorth(at: place), limit: 1)
        let mass = max(Double(search.mass(exact: exact)), 1e-30)
        for word in first {
          let worth = Double(candidates.withBytes(ofWord: word) { search.worth(ofWord: $0) })
          result[word] = min(1, result[word] * worth / mass)
        }
        return result
      }
    }
  }

  /// P of words, as they are known by their numbers.
  private func exactProbabilities(of ids: [UInt32], _ engine: MixtureEngine) -> CandidateScores {
    // In the order of their numbers they are in that of the tables that are asked.
    var words: [PartialProbability] = []
    words.reserveCapacity(ids.count)
    for id in ids.sorted() where id != words.last?.token {
      words.append(PartialProbability(token: id, sum: 0, missing: engine.weightedExperts))
    }
    words.withUnsafeMutableBufferPointer { engine.addShares(to: $0) }
    let scores = CandidateScores()
    for word in words { scores.add(word.token, word.sum) }
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

  /// The last tokens before a place.
  private func path(before place: DocumentPlace) -> TokenSequence {
    var path = TokenSequence()
    let start = max(0, place.tokenIndex - 512)
    path.reserveCapacity(place.tokenIndex - start)
    for index in start..<place.tokenIndex {
      path.append(id: sequence.id(at: index), tokenClass: sequence.tokenClass(at: index))
    }
    return path
  }

  /// P of a candidate's other tokens behind its first one, each by the whole mixture but for the network.
  ///
  /// - Parameter before: the tokens before the candidate.
  private func continuedProbability(of tokens: [[UInt8]], behind before: TokenSequence) -> Double {
    var path = before
    path.reserveCapacity(before.count + tokens.count)
    append(tokens[0], to: &path)
    var bits = 0.0
    for token in tokens.dropFirst() {
      let index = path.count
      let id = append(token, to: &path)
      bits += ask(path, at: index, leavesOutToken: false, recurrent: nil) { $0.surprisalBits(of: id) }
    }
    return exp2(-bits)
  }

  /// The same by n-grams and counts alone, for many candidates: where one begins as another does that is asked only once.
  ///
  /// - Parameter indices: of the candidates; the answers are in their order.
  private func countedContinuations(
    of indices: [Int], _ candidates: CandidateWords, _ ids: [UInt32?], _ place: DocumentPlace
  ) -> [Double] {
    if indices.isEmpty { return [] }
    var numbers = ids.map { $0 ?? 0 }
    lexicon.withInterning { interning in
      // A word that was forgotten has another number in a text than in the vocabulary.
      for index in indices {
        for word in candidates[index] where ids[word] == nil || lexicon.forgetsWords {
          numbers[word] = candidates.withBytes(ofWord: word) { interning.intern($0).id }
        }
      }
    }
    let paths = indices.map { candidates[$0].map { numbers[$0] } }
    let order = paths.indices.sorted { paths[$0].lexicographicallyPrecedes(paths[$1]) }
    let scorer = SlipScorer(
      lexicon: lexicon, model: model, document: counts, neighboursIncludeDocument: isAmongNeighbours,
      spellingMemo: spellingMemo)
    let before = (1...SlipScorer.contextCount).reversed().map { sequence.id(at: place.tokenIndex - $0) }
    let start = scorer.state(sequence, before: place.tokenIndex)
    return withNeighbours { shared in
      scorer.neighbours = shared
      defer { scorer.neighbours = nil }
      var result = [Double](repeating: 0, count: paths.count)
      // The states and the products behind the tokens of the path before.
      var states = [start]
      var products = [1.0]
      var last: [UInt32] = []
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
