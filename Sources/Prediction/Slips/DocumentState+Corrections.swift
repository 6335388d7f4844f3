import Lexing

extension DocumentState {
  /// Has the new words of a search that have no reading beside them corrected by who lies beside the model, if somebody does:
  /// what they may be is more than one edit away.
  ///
  /// - Parameter maximumCount: so many words may be asked about.
  /// - Returns: whether all were.
  mutating func askCorrections(_ search: inout SlipSearch, maximumCount: Int) -> Bool {
    guard !search.newWords.isEmpty, let corrections = model?.corrections else { return true }
    let answered = Set(search.proposals.lazy.filter { $0.kind == .newWord }.map(\.span.lowerBound))
    var left = maximumCount
    while left > 0, let place = search.newWords.popLast() {
      let word = lexed.bytes(of: lexed.token(at: place))
      guard !answered.contains(place), word.count <= SlipCorrections.longestByteCount else { continue }
      left -= 1
      let answer = corrections.answer(to: word)
      guard !answer.candidates.isEmpty else { continue }
      search.proposals += slipSearch(of: place..<place + 1, corrections: [place: answer]).proposals
        .filter { $0.kind == .newWord }
    }
    return search.newWords.isEmpty
  }
}
