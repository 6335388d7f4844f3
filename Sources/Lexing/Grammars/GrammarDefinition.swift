/// What a grammar file says, before it is compiled into tables.
///
/// The meaning of each field is documented in `grammars/README.md` and `grammars/schema.json`.
public struct GrammarDefinition: Hashable, Sendable {
  public var languageID = ""
  public var name = ""
  public var aliases: [String] = []
  public var extensions: [String] = []
  public var fileNames: [String] = []
  public var interpreters: [String] = []
  public var isProse = false
  public var indentationMatters = false
  public var nextTokenAfterSpace = true
  public var identifiers = Identifiers()
  public var numbers = Numbers()
  public var operators: [String] = []
  /// Characters whose longest run is one operator, for languages with operators of the user's own.
  public var operatorCharacters = ""
  public var keywords: [String] = []
  public var keywordsIgnoreCase = false
  public var regions: [Region] = []
  public var syntax = SyntaxDefinition()

  public init() {}

  public struct Identifiers: Hashable, Sendable {
    /// ASCII characters besides letters that start an identifier.
    public var start = "_"
    /// ASCII characters besides letters and digits that continue one.
    public var rest = "_"
    /// Prefixes that make one token with the identifier right behind them, as `$` in PHP.
    public var sigils: [String] = []
    /// The character around an identifier that may hold anything, as the backtick in Swift.
    public var quote = ""
    /// ASCII characters that join two parts of a word in prose, strings and comments.
    public var wordJoiners = "'-"
  }

  public struct Numbers: Hashable, Sendable {
    /// Characters allowed between two digits.
    public var separators = ""
    public var exponents = "eE"
    /// Exponent letters behind `0x`.
    public var hexadecimalExponents = "pP"
    /// Whether `.5` is a number.
    public var leadingPoint = false
    /// Whether `5.` is one.
    public var trailingPoint = false
  }

  /// A stretch of text between delimiters, within which other rules hold.
  public struct Region: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
      case comment, string, heredoc
      /// Code within prose.
      case code
    }
    public enum Place: String, Hashable, Sendable, CaseIterable {
      case anywhere
      /// The first column.
      case lineStart
      /// After white space or at the start of a line.
      case afterSpace
      /// Not right behind a letter, digit or underscore.
      case notAfterWord
      /// Where an operand may stand, not an operator: regular expressions between slashes.
      case operand
    }

    public var kind: Kind
    public var open = ""
    /// Empty: to the end of the line.
    public var close = ""
    /// Ways to begin, each put before `open`.
    public var prefixes: [String] = [""]
    public var escape = ""
    /// Whether the closing delimiter written twice stands for itself.
    public var isEscapedByDoubling = false
    public var isMultiline = false
    public var nests = false
    /// Whether there is exactly one character (or one escape) between the delimiters.
    public var holdsOneCharacter = false
    public var place = Place.anywhere
    /// Whether a letter, `/`, `!` or `?` must follow the opening delimiter.
    public var isFollowedByName = false
    /// Whether the tag of a heredoc must begin with a capital letter or a quote.
    public var needsCapital = false
    public var interpolations: [Interpolation] = []

    public init(_ kind: Kind, open: String = "", close: String = "") {
      self.kind = kind
      self.open = open
      self.close = close
    }
  }

  /// Code within a string.
  public struct Interpolation: Hashable, Sendable {
    public var open: String
    /// Empty: one identifier follows.
    public var close: String

    public init(open: String, close: String) {
      self.open = open
      self.close = close
    }
  }
}
