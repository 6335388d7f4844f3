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

  /// - Parameters:
  ///   - range: of tokens that are asked for.
  ///   - text: what the n-grams say of them, and of those so far on either side as `reach` has it.
  init(_ sequence: TokenSequence, _ range: Range<Int>, _ text: ScoredText, ngrams: NGramComponent?) {
    guard let ngrams, !ngrams.discounts.isEmpty else { return }
    first = range.lowerBound
    var run = 0
    var runs: [Range<Int>] = []
    for index in Self.reach(range, in: sequence) {
      guard let score = text.score(at: index) else { return }
      run = score.matchedOrder >= min(ngrams.model.order, index + 1) ? run + 1 : 0
      guard run >= Self.runLength else { continue }
      if run > Self.runLength, !runs.isEmpty {
        runs[runs.count - 1] = runs[runs.count - 1].lowerBound..<index + 1
      } else {
        runs.append(index + 1 - run..<index + 1)
      }
    }
    guard !runs.isEmpty else { return }
    var pace = MemoryPace()
    scores = [LeftOutScore?](repeating: nil, count: range.count)
    for run in runs {
      for index in run.clamped(to: range) {
        guard let state = text.state(before: index) else { return }
        pace.willRead(atPlaces: 20)
        scores[index - first] = ngrams.model.leavingOut(
          TokenID(rawValue: sequence.id(at: index)), after: state, discounts: ngrams.discounts)
      }
    }
  }

  /// The tokens by which it is told which of a range were learned.
  static func reach(_ range: Range<Int>, in sequence: TokenSequence) -> Range<Int> {
    max(0, range.lowerBound - runLength)..<min(sequence.count, range.upperBound + runLength)
  }

  var isEmpty: Bool { scores.isEmpty }

  /// Nil where the text is not the model's, and beyond the range.
  subscript(index: Int) -> LeftOutScore? {
    scores.indices.contains(index - first) ? scores[index - first] : nil
  }
}

/// What the n-grams say of each token of a part of a text behind those before it.
struct ScoredText {
  private var states: [NGramModel.State] = []
  private var scores: [NGramModel.Score] = []
  private var first = 0

  init() {}

  init(_ sequence: TokenSequence, _ range: Range<Int>, ngrams: NGramComponent?) {
    guard let ngrams else { return }
    first = range.lowerBound
    states.reserveCapacity(range.count)
    scores.reserveCapacity(range.count)
    var state = ngrams.context(of: sequence, at: first).state ?? ngrams.model.emptyState
    var pace = MemoryPace()
    for index in range {
      pace.willRead(atPlaces: 10)
      states.append(state)
      let token = TokenID(rawValue: ngrams.known(sequence.id(at: index)))
      scores.append(ngrams.model.score(token, after: state, next: &state))
    }
  }

  /// Nil beyond the part, and without n-grams.
  @inline(__always)
  func state(before index: Int) -> NGramModel.State? {
    states.indices.contains(index - first) ? states[index - first] : nil
  }

  @inline(__always)
  func score(at index: Int) -> NGramModel.Score? {
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
