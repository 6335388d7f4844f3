/// A place where something else was probably meant than what is written.
public struct DetectedSlip: Hashable, Sendable {
  /// What kind of slip it is: one noisy channel each, with weights of its own.
  public enum Kind: String, Sendable, CaseIterable {
    /// A word that nobody has seen, an edit away from one that is known.
    case newWord
    /// A known word, an edit away from the one that was meant.
    case knownWord
    /// A known word in another form than the one that was meant.
    case inflection
    /// A word written twice in a row.
    case doubledWord
    /// Two neighbours in the wrong order.
    case swappedWords
    /// One word for another one that people take for it.
    case confusion
    /// A function word that was left out.
    case missingWord
    /// Two arguments in the wrong order.
    case swappedArguments
    /// An operator for its counterpart.
    case operatorCounterpart
    /// A keyword or operator of code that was left out.
    case missingToken
    /// A name of the file for another one.
    case otherName
  }

  /// What was meant.
  public struct Correction: Hashable, Sendable {
    public var text: String
    /// By how many bits the text is more probable with it.
    public var gainBits: Double

    public init(text: String, gainBits: Double) {
      self.text = text
      self.gainBits = gainBits
    }
  }

  /// What is marked.
  public var byteRange: Range<Int>
  public var kind: Kind
  /// Put in the place of `byteRange`, best first, at most three; never empty. An insertion holds the marked text too.
  public var corrections: [Correction]
  /// Log-odds (natural) that it is a slip.
  public var logOdds: Double
  /// Of clean held-out text, false marks per 1,000 tokens at which this one would just be marked; nil where no rate is
  /// known.
  public var falseMarksPerThousandTokens: Double?
  /// Whether the words of the language around it are listed.
  package var hasWordList = false

  public init(
    byteRange: Range<Int>, kind: Kind, corrections: [Correction], logOdds: Double,
    falseMarksPerThousandTokens: Double?
  ) {
    self.byteRange = byteRange
    self.kind = kind
    self.corrections = corrections
    self.logOdds = logOdds
    self.falseMarksPerThousandTokens = falseMarksPerThousandTokens
  }
}
