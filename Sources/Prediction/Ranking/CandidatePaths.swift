/// Candidates of several tokens by the numbers that their words have in a text, all in one array.
struct CandidatePaths {
  private var numbers: [UInt32] = []
  /// By candidate; empty for one of a single token.
  private var ranges: [Range<Int>] = []

  var count: Int { ranges.count }

  /// - Parameters:
  ///   - ids: by the numbers of the candidates' words; those that have none are given one, as long as a use of the lexicon is open.
  init(_ candidates: CandidateWords, _ ids: [UInt32?], _ lexicon: Lexicon) {
    ranges.reserveCapacity(candidates.count)
    lexicon.withInterning { interning in
      for index in 0..<candidates.count {
        let start = numbers.count
        let words = candidates[index]
        if words.count > 1 {
          for word in words {
            // A word that was forgotten has another number in a text than in the vocabulary.
            if let id = ids[word], !lexicon.forgetsWords {
              numbers.append(id)
            } else {
              numbers.append(candidates.withBytes(ofWord: word) { interning.intern($0).id })
            }
          }
        }
        ranges.append(start..<numbers.count)
      }
    }
  }

  subscript(candidate: Int) -> ArraySlice<UInt32> { numbers[ranges[candidate]] }

  /// The candidates of several tokens, those that begin in the same way behind each other.
  var inOrder: [Int] {
    ranges.indices.filter { !ranges[$0].isEmpty }.sorted { self[$0].lexicographicallyPrecedes(self[$1]) }
  }
}
