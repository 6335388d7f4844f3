extension DetectedSlip {
  /// What a person is told: what is wrong, what was probably meant, and how much better the text reads with it.
  ///
  /// - Parameter written: the text in `byteRange`. Long texts are cut.
  public func message(written: String) -> String {
    let meant = "\"\(Self.cut(corrections[0].text))\""
    let gain = corrections[0].gainBits
    let better = gain.isFinite && gain >= 1 ? " (\(Int(min(gain, 9999).rounded())) bits better here)" : ""
    switch kind {
    case .newWord, .knownWord, .inflection, .confusion, .operatorCounterpart, .otherName:
      return "\"\(Self.cut(written))\" is probably \(meant)\(better)"
    case .doubledWord:
      // Over the end of a line what begins the next one stands behind it.
      return "\"\(Self.cut(String(corrections[0].text.prefix { !$0.isWhitespace })))\" is said twice"
    case .swappedWords: return "these two are probably swapped: \(meant)\(better)"
    case .swappedArguments: return "these arguments are probably swapped: \(meant)\(better)"
    case .missingWord: return "a word is probably missing: \(meant)\(better)"
    case .missingToken: return "something is probably missing: \(meant)\(better)"
    }
  }

  /// Whether the correction is a near spelling of what is written, so that it can be offered before any other fix.
  public var isNearSpelling: Bool {
    switch kind {
    case .newWord, .knownWord, .doubledWord: true
    default: false
    }
  }

  /// Whether it is to be shown to somebody who takes so many false marks.
  ///
  /// - Parameter rate: false marks per 1,000 tokens of text without slips.
  public func isShown(atRate rate: Double) -> Bool {
    falseMarksPerThousandTokens.map { $0 <= rate } ?? false
  }

  /// False marks per 1,000 tokens where nothing else is set.
  public static let standardRate = 0.5

  private static func cut(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.count <= 60 ? line : line.prefix(59) + "…"
  }
}
