import Lexing

/// Which tokens of a text are not to be learned; asked in the order of the text.
package struct Redaction: Sendable {
  /// Ascending and apart.
  private let ranges: [Range<Int>]
  private var next = 0

  package init(ranges: [Range<Int>]) { self.ranges = ranges }

  /// Of what looks like a secret.
  package init(ofSecretsIn text: UnsafeRawBufferPointer) {
    self.init(ranges: SecretDetector.ranges(in: text))
  }

  package var isEmpty: Bool { ranges.isEmpty }

  /// Whether any of a token's bytes are in the ranges. Line ends and indentation never are.
  package mutating func covers(_ token: Token) -> Bool {
    while next < ranges.count && ranges[next].upperBound <= token.byteOffset { next += 1 }
    return next < ranges.count && ranges[next].lowerBound < token.endOffset
      && Tokenization.substitute(for: token.kind) == nil
  }
}
