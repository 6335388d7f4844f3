import Lexing

extension DocumentPredictor {
  /// Reads the lists of words by which slips are told from rare words, unless they are there: else whoever first asks for slips
  /// does, which takes some milliseconds.
  public static func prepareWordLists() { _ = SpelledWords.all }

  /// Places that touch a range of bytes where something else was probably meant, in the order of the text. All that are
  /// worth a thought: whoever shows them chooses by `falseMarksPerThousandTokens`. N-grams and counts decide.
  ///
  /// - Parameter asksBothSides: whether the model's network in both directions, if it is open, has a say in prose. It has to
  ///   read the text for that.
  public func slips(in byteRange: Range<Int>, asksBothSides: Bool = false) -> [DetectedSlip] {
    withState { $0.slips(in: byteRange, asksBothSides: asksBothSides) }
  }

  /// The same, the network in both directions being asked only where its say may matter, and some of it at a time.
  ///
  /// - Parameters:
  ///   - maximumStepCount: so many tokens may the network read.
  ///   - mayGoOn: asked every few tokens before the network is; once it says false what was found is given up.
  /// - Returns: nil where it has more to read: whoever asks for the same range again, before any edit, has it go on. Nil too
  ///   where it was given up.
  public func slips(
    in byteRange: Range<Int>, maximumStepCount: Int, while mayGoOn: () -> Bool = { true }
  ) -> [DetectedSlip]? {
    withState { $0.slips(in: byteRange, maximumStepCount: maximumStepCount, while: mayGoOn) }
  }

  /// Whether slips were looked for of which the network has not read all that it has to.
  public var hasWaitingSlips: Bool { withState { $0.waitingSlips != nil } }

  /// Adds what the document is marked for to measured rates.
  package func measureSlips(into rates: inout MeasuredSlipRates) {
    let (grammar, tokens, byteCount) = withDocument { lexed in
      var tokens: [TokenContext: Int] = [:]
      for index in 0..<lexed.tokenCount { tokens[lexed.token(at: index).context, default: 0] += 1 }
      return (lexed.grammar, tokens, lexed.byteCount)
    }
    let slips = withState { $0.slips(in: 0..<byteCount, takesLearnedAsNew: true) }
    let marks = withDocument { lexed in
      slips.map { slip in
        let index = lexed.tokenIndex(endingAfter: slip.byteRange.lowerBound)
        return (logOdds: slip.logOdds, context: lexed.token(at: index).context, hasWordList: slip.hasWordList)
      }
    }
    rates.add(grammar, tokens: tokens, slips: marks)
  }
}
