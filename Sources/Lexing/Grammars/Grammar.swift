/// A language's lexical rules, compiled into tables.
///
/// Immutable; the tables' memory lives as long as the object.
public final class Grammar: Sendable {
  public let definition: GrammarDefinition
  /// The language's identifier in the language server protocol, as "swift" or "plaintext".
  public var languageID: String { definition.languageID }
  /// The language's name for people.
  public var name: String { definition.name.isEmpty ? definition.languageID : definition.name }
  /// Whether text is running text rather than code.
  public var isProse: Bool { definition.isProse }
  /// Whether a next word may be offered after a space, before anything of it is typed.
  public var nextTokenAfterSpace: Bool { definition.nextTokenAfterSpace }
  /// The keywords; in lower case where case does not matter.
  public let keywords: Set<String>
  nonisolated(unsafe) let tables: GrammarTables
  let syntax: SyntaxTable

  public init(_ definition: GrammarDefinition) {
    self.definition = definition
    keywords = Set(
      definition.keywordsIgnoreCase ? definition.keywords.map { $0.lowercased() } : definition.keywords)
    tables = GrammarCompiler.compile(definition)
    syntax = SyntaxTable(
      definition.syntax, indents: definition.indentationMatters, ignoresCase: definition.keywordsIgnoreCase)
  }

  deinit { tables.deallocate() }

  /// Whether `word` is a keyword of the language.
  public func isKeyword(_ word: String) -> Bool {
    keywords.contains(definition.keywordsIgnoreCase ? word.lowercased() : word)
  }

  /// Whether a byte may stand in a name behind its first one.
  package func mayBeInName(_ byte: UInt8) -> Bool {
    tables.byteFlags[Int(byte)] & ByteFlag.identifierRest != 0
  }

  /// Whether a text is one token wherever it stands, without lexing it: ASCII letters and digits, a letter first, and the underscores that
  /// names of the language may have. Others may be one token, too.
  public func isPlainName(_ text: UnsafeRawBufferPointer) -> Bool {
    guard let first = text.first else { return false }
    let underscore = tables.byteFlags[Int(UInt8(ascii: "_"))]
    let hasUnderscores = !isProse && underscore & ByteFlag.identifierRest != 0
    func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
    let startsWithUnderscore = hasUnderscores && underscore & ByteFlag.identifierStart != 0
    guard isLetter(first) || startsWithUnderscore && first == UInt8(ascii: "_") else { return false }
    return text.allSatisfy {
      isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || hasUnderscores && $0 == UInt8(ascii: "_")
    }
  }

  /// Prose with nothing special in it, for files of no known language.
  public static let plainText: Grammar = {
    var definition = GrammarDefinition()
    definition.languageID = "plaintext"
    definition.name = "Plain text"
    definition.isProse = true
    definition.extensions = ["txt", "text"]
    return Grammar(definition)
  }()
}

/// First-byte classes in code.
enum CodeClass {
  static let space: UInt8 = 0
  static let lineEnd: UInt8 = 1
  static let identifier: UInt8 = 2
  static let digit: UInt8 = 3
  static let symbol: UInt8 = 4
  static let nonASCII: UInt8 = 5
  static let other: UInt8 = 6
  static let quote: UInt8 = 7
  static let point: UInt8 = 8
  static let mask: UInt8 = 0x0F
  /// A delimiter or sigil may begin with the byte.
  static let candidate: UInt8 = 0x80
}

/// First-byte classes in prose, strings and comments.
enum TextClass {
  static let space: UInt8 = 0
  static let lineEnd: UInt8 = 1
  static let word: UInt8 = 2
  static let digit: UInt8 = 3
  static let punctuation: UInt8 = 4
  static let nonASCII: UInt8 = 5
  static let other: UInt8 = 6
  static let mask: UInt8 = 0x0F
  /// The byte joins two parts of a word.
  static let joiner: UInt8 = 0x40
  /// A delimiter, an escape or an interpolation may begin with the byte.
  static let special: UInt8 = 0x80
}

/// Per-byte flags that do not depend on where the byte stands.
enum ByteFlag {
  static let identifierStart: UInt8 = 1
  static let identifierRest: UInt8 = 2
  static let digit: UInt8 = 4
  static let numberSeparator: UInt8 = 8
  static let operatorRun: UInt8 = 16
  static let exponent: UInt8 = 32
  static let hexadecimalExponent: UInt8 = 64
}

struct CompiledInterpolation: BitwiseCopyable {
  var open: CompiledPattern
  var close: CompiledPattern
  /// The bracket counted within; 0 if none.
  var openingBracket: UInt8
  var closingBracket: UInt8
  var takesIdentifier: Bool
}

struct CompiledRegion: BitwiseCopyable {
  var kind: CompiledRegionKind
  var context: TokenContext
  var close: CompiledPattern
  var escape: CompiledPattern
  var hasClose: Bool
  var hasEscape: Bool
  var isEscapedByDoubling: Bool
  var isMultiline: Bool
  var nests: Bool
  var holdsOneCharacter: Bool
  var isFollowedByName: Bool
  var needsCapital: Bool
  var place: CompiledPlace
  var interpolations: UnsafeBufferPointer<CompiledInterpolation>
  /// 256 `TextClass` values.
  var textClasses: UnsafePointer<UInt8>
  var openingBracket: UInt8
  var closingBracket: UInt8
}

enum CompiledRegionKind: UInt8, BitwiseCopyable { case comment, string, heredoc, code }
enum CompiledPlace: UInt8, BitwiseCopyable { case anywhere, lineStart, afterSpace, notAfterWord, operand }

struct CompiledOpener: BitwiseCopyable {
  var pattern: CompiledPattern
  var region: UInt16
}

struct CompiledWord: BitwiseCopyable {
  var bytes: UnsafePointer<UInt8>
  var count: Int
}

/// A first byte's entries in a list sorted by first byte.
struct TableRange: BitwiseCopyable {
  var start: UInt16 = 0
  var count: UInt16 = 0
}

/// The tables of one grammar. Owned by `Grammar`; nothing in them is counted, so that copying costs nothing.
struct GrammarTables: BitwiseCopyable {
  var codeClasses: UnsafePointer<UInt8>
  var byteFlags: UnsafePointer<UInt8>
  /// `TextClass` values at the root of prose.
  var rootTextClasses: UnsafePointer<UInt8>
  var regions: UnsafeBufferPointer<CompiledRegion>
  var codeOpeners: UnsafePointer<CompiledOpener>
  var codeOpenerRanges: UnsafePointer<TableRange>
  var textOpeners: UnsafePointer<CompiledOpener>
  var textOpenerRanges: UnsafePointer<TableRange>
  var sigils: UnsafeBufferPointer<CompiledWord>
  var operators: UnsafePointer<CompiledWord>
  var operatorRanges: UnsafePointer<TableRange>
  /// Open addressing; a count of 0 marks a free place. The number of places is a power of two.
  var keywords: UnsafeBufferPointer<CompiledWord>
  var longestKeyword: Int
  var keywordsIgnoreCase: Bool
  var isProse: Bool
  var indentationMatters: Bool
  var usesOperands: Bool
  var hasOperatorRuns: Bool
  var leadingPoint: Bool
  var trailingPoint: Bool
  var identifierQuote: UInt8
  /// Everything above points into this.
  var allocations: UnsafeMutableBufferPointer<UnsafeMutableRawPointer>

  func deallocate() {
    for allocation in allocations { allocation.deallocate() }
    allocations.deallocate()
  }

  @inline(__always)
  static func keywordHash(_ base: UnsafePointer<UInt8>, _ count: Int, fold: UInt8) -> Int {
    let first = UInt32(base[0] | fold)
    let second = UInt32(base[count > 1 ? 1 : 0] | fold)
    let middle = UInt32(base[count / 2] | fold)
    let last = UInt32(base[count - 1] | fold)
    var hash = first &* 0x9E37_79B1 ^ second &* 0x85EB_CA6B ^ middle &* 0xC2B2_AE35 ^ last &* 0x27D4_EB2F
    hash = (hash ^ UInt32(truncatingIfNeeded: count)) &* 0x1656_67B1
    return Int(hash ^ hash >> 15)
  }
}
