import Lexing

/// Which tokens of a text are not to be learned; asked in the order of the text.
public struct Redaction: Sendable {
  /// Ascending and apart.
  private let ranges: [Range<Int>]
  private var next = 0

  public init(ranges: [Range<Int>]) { self.ranges = ranges }

  /// Of what looks like a secret.
  public init(ofSecretsIn text: UnsafeRawBufferPointer) { self.init(ranges: SecretDetector.ranges(in: text)) }

  public var isEmpty: Bool { ranges.isEmpty }

  /// Whether any of a token's bytes are in the ranges. Line ends and indentation never are.
  public mutating func covers(_ token: Token) -> Bool {
    while next < ranges.count && ranges[next].upperBound <= token.byteOffset { next += 1 }
    return next < ranges.count && ranges[next].lowerBound < token.endOffset
      && Tokenization.substitute(for: token.kind) == nil
  }
}
