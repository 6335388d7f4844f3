import LanguageModeling
import Lexing
import Platform
import Privacy

extension DocumentState {
  mutating func surprisals(in byteRange: Range<Int>, alternativeCount: Int) -> [TokenSurprisal] {
    let range = byteRange.clamped(to: 0..<lexed.byteCount)
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

  private var threshold: Double {
    Double(model?.weights?.surprisalThresholdBits ?? MixtureWeights.defaultThresholdBits)
  }

  private mutating func surprisal(
    of token: Token, at index: Int, alternativeCount: Int
  ) -> TokenSurprisal {
    let view = exactNetworkView(before: index)
    return ask(sequence, at: index, leavesOutToken: true, recurrent: view) { engine in
      let id = sequence.id(at: index)
      let bits = engine.surprisalBits(of: id)
      var expected: [(token: UInt32, probability: Float)] = []
      var isSlip = false
      if bits > 6 {
        expected = engine.best(max(alternativeCount + 3, Slip.candidateCount))
        let isNew = engine.countedProbability(of: id) < 1e-7
        isSlip = isNew ? isMistyped(id, expected) : bits > threshold
      }
      return TokenSurprisal(
        byteRange: token.byteRange, surprisalBits: bits,
        expected: expected.filter { [lexicon] in !Tokenization.standsForNoText(lexicon.bytes(of: $0.token)) }
          .prefix(alternativeCount).map {
            .init(text: lexicon.string(of: $0.token), probability: Double($0.probability))
          },
        isSlip: isSlip)
    }
  }

  /// Whether a word that nobody has seen is one slip of the finger away from a word that was to be expected.
  private func isMistyped(_ id: UInt32, _ expected: [(token: UInt32, probability: Float)]) -> Bool {
    let word = lexicon.bytes(of: id)
    guard word.count >= Slip.minimumByteCount else { return false }
    return expected.contains { candidate in
      candidate.probability >= Slip.minimumProbability
        && Slip.isOneSlipAway(word, lexicon.bytes(of: candidate.token))
    }
  }
}

/// Slips of the finger.
enum Slip {
  /// Shorter words are too close to too many others.
  static let minimumByteCount = 4
  /// How many expected words are compared.
  static let candidateCount = 12
  /// Less expected words are not taken for what was meant.
  static let minimumProbability: Float = 0.003

  /// Whether one byte inserted, left out or changed, or two neighbours exchanged, makes one word the other
  /// (Damerau 1964).
  static func isOneSlipAway(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a != b, abs(a.count - b.count) <= 1, min(a.count, b.count) >= minimumByteCount - 1 else {
      return false
    }
    var prefix = 0
    while prefix < min(a.count, b.count) && a[prefix] == b[prefix] { prefix += 1 }
    var suffix = 0
    while suffix < min(a.count, b.count) - prefix && a[a.count - 1 - suffix] == b[b.count - 1 - suffix] {
      suffix += 1
    }
    let restA = a[prefix..<a.count - suffix]
    let restB = b[prefix..<b.count - suffix]
    if restA.count <= 1 && restB.count <= 1 { return true }
    return restA.count == 2 && restB.count == 2 && restA.first == restB.last && restA.last == restB.first
  }
}
