import Platform

extension TagChain {
  /// The most probable sequence of tags (Viterbi 1967; Rabiner 1989, equations 32 to 35).
  ///
  ///     δₜ(j) = b(j, wₜ) maxᵢ δₜ₋₁(i) a(i, j)
  ///
  /// Of equally probable ones the one whose last difference has the smaller tag. Like `smooth` it keeps what it needs of
  /// one segment at a time.
  public func viterbi(_ evidence: TagEvidence) -> [Int] {
    precondition(evidence.tagCount == tagCount)
    let steps = evidence.stepCount
    guard steps > 0 else { return [] }
    let segments = (steps + Self.segmentLength - 1) / Self.segmentLength
    let starts = UnsafeMutablePointer<Double>.allocate(capacity: segments * contextCount)
    defer { starts.deallocate() }
    return evidence.values.withUnsafeBufferPointer { values in
      weights.withUnsafeBufferPointer { weights in
        var pass = ViterbiPass(self, weights: weights, evidence: values)
        defer { pass.deallocate() }
        for step in 0..<steps {
          if step % Self.segmentLength == 0 {
            (starts + step / Self.segmentLength * contextCount).update(from: pass.delta, count: contextCount)
          }
          pass.advance(step, row: step % Self.segmentLength)
        }
        var context = pass.bestEnd()
        var tags = [Int](repeating: 0, count: steps)
        for segment in (0..<segments).reversed() {
          let first = segment * Self.segmentLength
          let range = first..<min(steps, first + Self.segmentLength)
          // The last segment's choices are those that were made last.
          if segment < segments - 1 {
            pass.delta.update(from: starts + segment * contextCount, count: contextCount)
            for step in range { pass.advance(step, row: step - first) }
          }
          for step in range.reversed() {
            tags[step] = context % tagCount
            context = predecessor(of: context, earlier: pass.earlier(context, row: step - first))
          }
        }
        return tags
      }
    }
  }
}

/// The best paths to each context, a step at a time.
private struct ViterbiPass {
  let chain: TagChain
  let weights: UnsafeBufferPointer<Double>
  let evidence: UnsafeBufferPointer<Double>
  /// The best path's weight to each context, the best of all 1.
  private(set) var delta: UnsafeMutablePointer<Double>
  private var other: UnsafeMutablePointer<Double>
  /// segment × contexts: the tag that a context forgot, which tells the context before.
  private let choices: UnsafeMutablePointer<UInt16>

  init(_ chain: TagChain, weights: UnsafeBufferPointer<Double>, evidence: UnsafeBufferPointer<Double>) {
    self.chain = chain
    self.weights = weights
    self.evidence = evidence
    delta = .allocate(capacity: chain.contextCount)
    other = .allocate(capacity: chain.contextCount)
    choices = .allocate(
      capacity: min(evidence.count / chain.tagCount, TagChain.segmentLength) * chain.contextCount)
    delta.initialize(repeating: 0, count: chain.contextCount)
    delta[chain.startContext] = 1
  }

  func deallocate() {
    delta.deallocate()
    other.deallocate()
    choices.deallocate()
  }

  /// What was forgotten on the way to a context.
  func earlier(_ context: Int, row: Int) -> Int { Int(choices[row * chain.contextCount + context]) }

  mutating func advance(_ step: Int, row: Int) {
    let (tags, stride) = (chain.tagCount, chain.tagCount + 1)
    let chosen = choices + row * chain.contextCount
    other.update(repeating: 0, count: chain.contextCount)
    chosen.update(repeating: 0, count: chain.contextCount)
    for context in 0..<chain.contextCount where delta[context] > 0 {
      let (scale, source) = (delta[context], weights.baseAddress! + context * stride)
      let first = chain.firstSuccessor(of: context)
      let (target, choice) = (other + first, chosen + first)
      let forgotten = UInt16(truncatingIfNeeded: chain.order == 1 ? context : context / tags)
      for tag in 0..<tags {
        let value = scale * source[tag]
        if value > target[tag] {
          target[tag] = value
          choice[tag] = forgotten
        }
      }
    }
    let word = evidence.baseAddress! + step * tags
    var largest = 0.0
    for first in Swift.stride(from: 0, to: chain.contextCount - 1, by: tags) {
      for tag in 0..<tags {
        other[first + tag] *= word[tag]
        largest = max(largest, other[first + tag])
      }
    }
    let factor = 1 / largest
    for context in 0..<chain.contextCount { other[context] *= factor }
    swap(&delta, &other)
  }

  /// The context that the best whole sequence ends in.
  func bestEnd() -> Int {
    var best = (context: 0, value: -1.0)
    for context in 0..<chain.contextCount - 1 {
      let value = delta[context] * weights[context * (chain.tagCount + 1) + chain.tagCount]
      if value > best.value { best = (context, value) }
    }
    return best.context
  }
}
