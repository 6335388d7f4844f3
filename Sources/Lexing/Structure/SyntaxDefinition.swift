import JSON

/// What a grammar says of how tokens make expressions and statements: enough to find the ranges that a person selects,
/// without a parser.
///
/// The meaning of each field is documented in `grammars/schema.json`. What a grammar does not say is as in C, but that
/// statements end with their lines.
public struct SyntaxDefinition: Hashable, Sendable {
  public enum StatementEnd: String, Hashable, Sendable, CaseIterable { case line, semicolon }
  public enum Associativity: String, Hashable, Sendable, CaseIterable {
    case left, right
    /// All operands of one level are siblings, as those of a Boolean or of a list.
    case flat
  }

  /// Operators that bind equally.
  public struct Level: Hashable, Sendable {
    /// Between two operands. One of two words is written with a space.
    public var operators: [String] = []
    public var associativity = Associativity.left
    /// Before an operand.
    public var prefixes: [String] = []
    /// What stands between a condition and the first of two values, and between these.
    public var conditional: [String] = []
    /// Whether an operator and its right side belong together, as a type annotation does.
    public var isClause = false

    public init() {}
  }

  public var statementEnd = StatementEnd.line
  /// The loosest first.
  public var precedence = Self.common
  public var postfixes = ["++", "--", "!", "?"]
  /// Between a value and the name of its member.
  public var members = [".", "->", "::", "?.", "!."]
  /// Words before declarations.
  public var modifiers: [String] = []
  /// Words that begin a statement with a block or a statement within.
  public var blocks = [
    "if", "for", "while", "switch", "do", "try", "class", "struct", "enum", "interface", "func", "function",
    "fn",
    "foreach", "loop", "match", "namespace", "trait", "impl", "module", "object", "unless", "until",
  ]
  /// Those of them whose first brackets hold parameters.
  public var functions = ["func", "function", "fn", "fun", "init", "subscript", "macro"]
  /// Words that go on with such a statement.
  public var continuations = ["else", "catch", "finally", "elif", "elseif", "elsif", "rescue", "ensure"]
  /// Words before a label of a switch.
  public var cases = ["case", "default"]
  /// Words that part a sequence into expressions.
  public var separators = [
    "return", "throw", "raise", "in", "of", "where", "var", "let", "const", "import", "from",
  ]
  /// Words before parameters that are not in brackets, up to a colon.
  public var lambdas: [String] = []
  /// Words of declarations whose block does not end them.
  public var unfinishedBodies: [String] = []
  /// Whether a name behind a type declares it.
  public var typesComeFirst = false
  /// Whether `<` right behind a name is a bracket.
  public var angleBrackets = false
  /// What begins a line for the preprocessor; empty where there is none.
  public var directive = ""
  /// Words of which one follows `directive`; with none, any does.
  public var directiveWords: [String] = []

  public init() {}

  /// C's, and what other languages have beside.
  private static let common: [Level] = [
    level([","], .flat),
    level(["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", ":=", "??=", "**="], .right),
    level(["=>"], .right), level([":"], .left),
    {
      var level = Level()
      level.conditional = ["?", ":"]
      return level
    }(),
    level(["??", "?:"], .right), level(["||", "or", "orelse"]), level(["&&", "and", "andalso"]),
    level([], prefixes: ["not"]), level(["|"]), level(["^"]), level(["&"]),
    level(["==", "!=", "===", "!==", "=~", "~=", "<>"]),
    level(["<", ">", "<=", ">=", "is", "as", "instanceof", "<=>"]), level(["..", "...", "..<", "..="]),
    level(["<<", ">>", ">>>"]), level(["+", "-"]), level(["*", "/", "%", "div", "mod"]),
    level([], prefixes: ["!", "~", "-", "+", "*", "&", "++", "--", "await", "typeof", "new", "delete"]),
    level(["**"], .right),
  ]

  private static func level(
    _ operators: [String], _ associativity: Associativity = .left, prefixes: [String] = []
  ) -> Level {
    var level = Level()
    level.operators = operators
    level.associativity = associativity
    level.prefixes = prefixes
    return level
  }
}

extension SyntaxDefinition {
  private static let fields = [
    "statementEnd", "precedence", "postfixes", "members", "modifiers", "blocks", "functions", "continuations",
    "cases",
    "separators",
    "lambdas", "unfinishedBodies", "typesComeFirst", "angleBrackets", "directive", "directiveWords",
  ]
  /// Levels are kept as small numbers.
  private static let levelLimit = 100

  /// Reads the member `syntax` of a grammar file.
  init(_ place: JSONDecoding) throws(JSONError) {
    try place.allow(Self.fields)
    statementEnd = try place["statementEnd"].optional?.oneOf(StatementEnd.self) ?? statementEnd
    if let levels = place["precedence"].optional {
      precedence = []
      for level in try levels.elements() { precedence.append(try Level(level)) }
      if precedence.count > Self.levelLimit {
        throw levels.mismatch(expected: "at most \(Self.levelLimit) levels")
      }
    }
    let words: [(String, WritableKeyPath<Self, [String]>)] = [
      ("postfixes", \.postfixes), ("members", \.members), ("modifiers", \.modifiers), ("blocks", \.blocks),
      ("functions", \.functions),
      ("continuations", \.continuations), ("cases", \.cases), ("separators", \.separators),
      ("lambdas", \.lambdas),
      ("unfinishedBodies", \.unfinishedBodies), ("directiveWords", \.directiveWords),
    ]
    for (key, path) in words where place[key].optional != nil {
      self[keyPath: path] = try place[key].strings()
    }
    typesComeFirst = try place["typesComeFirst"].optional?.bool() ?? false
    angleBrackets = try place["angleBrackets"].optional?.bool() ?? false
    directive = try place["directive"].optional?.string() ?? ""
  }
}

extension SyntaxDefinition.Level {
  init(_ place: JSONDecoding) throws(JSONError) {
    try place.allow(["operators", "associativity", "prefixes", "conditional", "isClause"])
    if place["operators"].optional != nil { operators = try place["operators"].strings() }
    associativity =
      try place["associativity"].optional?.oneOf(SyntaxDefinition.Associativity.self) ?? .left
    if place["prefixes"].optional != nil { prefixes = try place["prefixes"].strings() }
    if let pair = place["conditional"].optional {
      conditional = try pair.strings()
      if conditional.count != 2 { throw pair.mismatch(expected: "two texts") }
    }
    isClause = try place["isClause"].optional?.bool() ?? false
  }
}

extension JSONDecoding {
  /// A member that has no meaning is an error, since it is a slip of the pen.
  func allow(_ keys: [String]) throws(JSONError) {
    for key in try object().keys where !keys.contains(key) {
      throw JSONError.mismatch(
        path: self[key].path, expected: "one of " + keys.joined(separator: ", "),
        found: "a field of that name")
    }
  }
}
