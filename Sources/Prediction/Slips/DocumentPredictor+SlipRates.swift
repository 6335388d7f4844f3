import Lexing

extension DocumentPredictor {
  /// Adds what the document is marked for to measured rates.
  package func measureSlips(into rates: inout MeasuredSlipRates) {
    let (grammar, tokens, byteCount) = withDocument { lexed in
      var tokens: [TokenContext: Int] = [:]
      for index in 0..<lexed.tokenCount { tokens[lexed.token(at: index).context, default: 0] += 1 }
      return (lexed.grammar, tokens, lexed.byteCount)
    }
    let slips = slips(in: 0..<byteCount)
    let marks = withDocument { lexed in
      slips.map { slip in
        let index = lexed.tokenIndex(endingAfter: slip.byteRange.lowerBound)
        return (logOdds: slip.logOdds, context: lexed.token(at: index).context)
      }
    }
    rates.add(grammar, tokens: tokens, slips: marks)
  }
}
