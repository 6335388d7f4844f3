import LanguageModeling
import NGrams
import Platform

/// Which tokens of a text stand in text that the model was trained on, and what the model would say of them without it: a
/// slip that was learned is not to be its own evidence.
struct TrainedText {
  /// So many n-grams of the model's full length in a row are there because the text is.
  private static let runLength = 24

  /// Of tokens from `first` on.
  private var scores: [LeftOutScore?] = []
  private var first = 0

  init() {}

  /// - Parameter range: of tokens that are asked for.
  init(_ sequence: TokenSequence, _ range: Range<Int>, ngrams: NGramComponent?) {
    guard let ngrams, !ngrams.discounts.isEmpty else { return }
    first = range.lowerBound
    let reach =
      max(
        0, range.lowerBound - Self.runLength)..<min(
        sequence.count, range.upperBound + Self.runLength)
    var state = ngrams.context(of: sequence, at: reach.lowerBound).state ?? ngrams.model.emptyState
    var states: [NGramModel.State] = []
    states.reserveCapacity(reach.count)
    var run = 0
    var runs: [Range<Int>] = []
    var pace = MemoryPace()
    for index in reach {
      pace.willRead(atPlaces: 10)
      states.append(state)
      let token = TokenID(rawValue: ngrams.known(sequence.id(at: index)))
      let score = ngrams.model.score(token, after: state, next: &state)
      run = score.matchedOrder >= min(ngrams.model.order, index + 1) ? run + 1 : 0
      guard run >= Self.runLength else { continue }
      if run > Self.runLength, !runs.isEmpty {
        runs[runs.count - 1] = runs[runs.count - 1].lowerBound..<index + 1
      } else {
        runs.append(index + 1 - run..<index + 1)
      }
    }
    guard !runs.isEmpty else { return }
    scores = [LeftOutScore?](repeating: nil, count: range.count)
    for run in runs {
      for index in run.clamped(to: range) {
        pace.willRead(atPlaces: 20)
        scores[index - first] = ngrams.model.leavingOut(
          TokenID(rawValue: sequence.id(at: index)), after: states[index - reach.lowerBound],
          discounts: ngrams.discounts)
      }
    }
  }

  var isEmpty: Bool { scores.isEmpty }

  /// Nil where the text is not the model's, and beyond the range.
  subscript(index: Int) -> LeftOutScore? {
    scores.indices.contains(index - first) ? scores[index - first] : nil
  }
}

/// What a token that is scored has to do with an occurrence in the training text.
enum TrainedPlace {
  case none
  /// It is that occurrence, behind so many tokens that are as they were there.
  case occurrence(LeftOutScore, unchangedCount: Int)
  /// It stands in that one's place.
  case other(LeftOutScore)
}
