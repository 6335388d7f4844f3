import Neural
import Platform

extension SharedTraining {
  /// Refuses what cannot be learned in several processes, and processes that would not learn the same.
  ///
  /// - Parameters:
  ///   - tokenCount: of the text to learn from.
  ///   - fingerprint: of the run, which all are to have in common.
  func check(
    _ options: RecurrentTrainingOptions, tokenCount: Int, _ fingerprint: String
  ) throws(Failure) {
    func refuse(_ isRefused: Bool, _ why: String, _ remedy: String) throws(Failure) {
      guard isRefused else { return }
      throw Failure(name, why: why, remedy: remedy)
    }
    if case .seconds = options.length {
      try refuse(true, "is of a run whose steps all processes know", "name its passes with --epochs")
    }
    try refuse(
      !options.sizes.cell.isRecurrent, "is not of a \(options.sizes.cell.rawValue)", "choose rnn, gru or lstm"
    )
    try refuse(
      averaging != nil && options.method == .averagedSGD, "is not of averaged SGD", "choose adam or sgd")
    let streamCount = SegmentSource.streamCount(tokenCount: tokenCount, options)
    try refuse(
      streamCount < group.count, "has \(streamCount) streams for \(group.count) processes",
      "choose a larger --batch, or start fewer")
    // 48 bits are exact in a sum of doubles.
    let own = Double(fnv1a64("\(name) \(fingerprint)".utf8) >> 16)
    let first = group.sum(of: [group.index == 0 ? own : 0])[0]
    let others = group.sum(of: [own == first ? 0 : 1])[0]
    try refuse(
      others > 0, "has \(Int(others)) processes that read another text, or were given other options",
      "give all machines the same files, grammars and options")
  }
}
