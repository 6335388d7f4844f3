import LanguageModeling
import Lexing
import Platform
import Privacy

extension DocumentState {
  mutating func surprisals(in byteRange: Range<Int>, alternativeCount: Int) -> [TokenSurprisal] {
    let range = byteRange.clamped(to: 0..<(diffStart?.byteOffset ?? lexed.byteCount))
    var index = range.lowerBound == 0 ? 0 : lexed.tokenIndex(endingAfter: range.lowerBound - 1)
    var result: [TokenSurprisal] = []
    while index < lexed.tokenCount {
      let token = lexed.token(at: index)
      if token.byteOffset > range.upperBound || token.byteOffset == range.upperBound && !range.isEmpty {
        break
      }
      if token.byteCount > 0 && token.kind != .lineEnd && token.kind != .indent {
        result.append(surprisal(of: token, at: index, alternativeCount: alternativeCount))
      }
      index += 1
    }
    return result
  }

  private mutating func surprisal(
    of token: Token, at index: Int, alternativeCount: Int
  ) -> TokenSurprisal {
    let view = exactNetworkView(before: index)
    return ask(sequence, at: index, leavesOutToken: true, recurrent: view) { engine in
      let id = sequence.id(at: index)
      let bits = engine.surprisalBits(of: id)
      var expected: [(token: UInt32, probability: Float)] = []
      if bits > 6 { expected = engine.best(alternativeCount + 3) }
      return TokenSurprisal(
        byteRange: token.byteRange, surprisalBits: bits,
        expected: expected.filter { [lexicon] in !Tokenization.standsForNoText(lexicon.bytes(of: $0.token)) }
          .prefix(alternativeCount).map {
            .init(text: lexicon.string(of: $0.token), probability: Double($0.probability))
          })
    }
  }
}
