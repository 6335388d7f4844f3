import CSystem
import LanguageModeling

extension NGramModel {
  /// ln P of every token of a text in which each sentence ends with `</s>` and begins, unwritten, with `<s>`.
  ///
  /// Several stretches of the text are scored side by side, so that one waits for memory while the others go on;
  /// the values are the same as those of scoring token by token.
  public func logProbabilities(ofSentences tokens: [UInt32]) -> [Float] {
    [Float](unsafeUninitializedCapacity: tokens.count) { values, count in
      tokens.withUnsafeBufferPointer { tokens in
        var lanes = Self.lanes(tokens, start: sentenceStartState)
        while !lanes.isEmpty {
          for lane in lanes { prefetchContext(lane.state) }
          for lane in lanes { prefetchSuccessors(lane.state) }
          for place in lanes.indices {
            let position = lanes[place].position
            let token = tokens[position]
            var state = lanes[place].state
            let score = score(TokenID(rawValue: token), after: state, next: &state)
            values.initializeElement(at: position, to: score.logProbability)
            lanes[place].state = token == TokenID.sentenceEnd.rawValue ? sentenceStartState : state
            lanes[place].position = position &+ 1
          }
          if lanes.contains(where: { $0.position >= $0.end }) { lanes.removeAll { $0.position >= $0.end } }
        }
      }
      count = tokens.count
    }
  }

  /// A stretch of the text that is being scored.
  private struct Lane {
    var position: Int
    var end: Int
    var state: State
  }

  /// Up to 12 stretches of about the same length, each beginning with a sentence.
  private static func lanes(_ tokens: UnsafeBufferPointer<UInt32>, start: State) -> [Lane] {
    var lanes: [Lane] = []
    var begin = 0
    for part in 1...12 {
      var end = max(begin, tokens.count * part / 12)
      while end > begin && end < tokens.count && tokens[end - 1] != TokenID.sentenceEnd.rawValue { end += 1 }
      if end > begin { lanes.append(Lane(position: begin, end: end, state: start)) }
      begin = end
    }
    return lanes
  }

  /// Fetches the record of the context's suffix.
  @inline(__always)
  private func prefetchContext(_ state: State) {
    let depth = Int(state.lanes[7])
    guard layout == .linked, depth == order &- 1, depth > 1 else { return }
    let suffix = suffixNode(state.lanes[0], depth)
    let (begin, end) = children(state.lanes[0], depth)
    if begin < end { levels[depth &- 1].prefetchKey(begin &+ (end &- begin) / 2) }
    if depth == 2 {
      inkling_prefetch(unigrams.records + Int(suffix) &* NGramFileHeader.unigramByteCount)
    } else {
      levels[depth &- 3].prefetchRecord(suffix)
    }
  }

  /// Fetches where the first search will look.
  @inline(__always)
  private func prefetchSuccessors(_ state: State) {
    var depth = Int(state.lanes[7])
    guard layout == .linked, depth > 0 else { return }
    var node = state.lanes[0]
    if depth == order &- 1 {
      node = suffixNode(node, depth)
      depth &-= 1
      guard depth > 0 else { return }
    }
    let (begin, end) = children(node, depth)
    if begin < end { levels[depth &- 1].prefetchKey(begin &+ (end &- begin) / 2) }
  }
}

extension NGramLevelView {
  @inline(__always)
  func prefetchKey(_ index: UInt32) { inkling_prefetch(keys + (Int(index) &* keyStride) &>> 3) }

  @inline(__always)
  func prefetchRecord(_ index: UInt32) { inkling_prefetch(records + (Int(index) &* recordWidth) &>> 3) }
}
