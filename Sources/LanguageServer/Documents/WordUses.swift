import LanguageServerProtocol
import Lexing

/// What words are, as their uses in the code near a place show: a keyword of the language, what is called, a type, or
/// else a variable.
struct WordUses {
  private struct Uses {
    var count = 0
    var calls = 0
    /// Behind a point or an arrow.
    var members = 0
    /// Where only a type may stand.
    var types = 0
  }

  /// So many tokens before a place and behind it are looked at.
  private static let before = 3000
  private static let behind = 1000

  private var uses: [[UInt8]: Uses] = [:]
  private var keywords: Set<[UInt8]> = []
  private let capitalsAreTypes: Bool
  /// Whether a type is to come at the place itself.
  private var isPlaceOfType = false

  /// - Parameters:
  ///   - byteOffset: where the word begins that the words may become.
  ///   - find: gives the places of some names among the tokens of a range.
  init(
    of words: [String], in document: borrowing LexedDocument, near byteOffset: Int,
    _ find: (_ names: [[UInt8]], _ range: Range<Int>) -> [(word: Int, tokenIndex: Int)]
  ) {
    let grammar = document.grammar
    capitalsAreTypes = Self.languagesWithTypesInCapitals.contains(grammar.languageID)
    var names: [[UInt8]] = []
    for word in words {
      let name = Self.name(word)
      guard uses.updateValue(Uses(), forKey: name) == nil else { continue }
      if grammar.isKeyword(String(decoding: name, as: UTF8.self)) {
        keywords.insert(name)
      } else {
        names.append(name)
      }
    }
    let center = document.tokenIndex(endingAfter: byteOffset)
    isPlaceOfType = Self.isPlaceOfType(center, in: document)
    let range = max(0, center - Self.before)..<min(document.tokenCount, center + Self.behind)
    for (name, index) in find(names, range) {
      count(names[name], at: index, in: document, but: byteOffset)
    }
  }

  /// - Parameter byteOffset: of the word that is being typed; it says nothing of what it will be.
  private mutating func count(
    _ name: [UInt8], at index: Int, in document: borrowing LexedDocument, but byteOffset: Int
  ) {
    guard index < document.tokenCount else { return }
    let token = document.token(at: index)
    guard token.kind == .identifier, token.context == .code, token.byteOffset != byteOffset,
      token.byteCount == name.count, var found = uses[name]
    else { return }
    found.count += 1
    if Self.isCalled(index, in: document) { found.calls += 1 }
    if Self.isMember(index, in: document) { found.members += 1 }
    if Self.isPlaceOfType(index, in: document) { found.types += 1 }
    uses[name] = found
  }

  func kind(of word: String) -> CompletionItemKind {
    let name = Self.name(word)
    if keywords.contains(name) { return .keyword }
    let uses = uses[name] ?? Uses()
    let isCalled =
      2 * uses.calls > uses.count
      || name.count < word.utf8.count && word.utf8.dropFirst(name.count).first == UInt8(ascii: "(")
    if uses.types > 0 || isPlaceOfType || capitalsAreTypes && Self.isCapitalized(name) { return .type }
    if isCalled { return 2 * uses.members > uses.count ? .method : .function }
    return .variable
  }

  // MARK: Words

  /// The word that several words begin with, which say by it what they are.
  private static func name(_ word: String) -> [UInt8] {
    let bytes = Array(word.utf8)
    let end = bytes.dropFirst().firstIndex { byte in
      byte < 0x80 && !isNameByte(byte)
    }
    return end.map { Array(bytes[..<$0]) } ?? bytes
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// Whether a name begins with a capital, and is none of those that are all capitals: constants.
  private static func isCapitalized(_ name: [UInt8]) -> Bool {
    guard let first = name.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else {
      return false
    }
    return name.count == 1
      || name.contains { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 >= 0x80 }
  }

  private static let languagesWithTypesInCapitals: Set = [
    "swift", "java", "kotlin", "scala", "groovy", "typescript", "typescriptreact", "javascript",
    "javascriptreact",
    "vue", "python", "ruby", "rust", "dart", "haskell", "elixir", "php", "objective-c", "objective-cpp",
    "julia",
    "solidity", "zig", "graphql", "csharp", "fsharp", "ocaml", "proto3",
  ]

  // MARK: Places

  private static func isCalled(_ index: Int, in document: borrowing LexedDocument) -> Bool {
    guard index + 1 < document.tokenCount else { return false }
    let next = document.token(at: index + 1)
    guard next.kind == .operator, next.byteCount > 0 else { return false }
    if document.byte(at: next.byteOffset) == UInt8(ascii: "(") { return true }
    // A macro of Rust's.
    return document.grammar.languageID == "rust" && next.byteOffset == document.token(at: index).endOffset
      && document.bytes(of: next) == [UInt8(ascii: "!")]
  }

  private static func isMember(_ index: Int, in document: borrowing LexedDocument) -> Bool {
    guard index > 0 else { return false }
    let previous = document.token(at: index - 1)
    return previous.kind == .operator && memberOperators.contains(document.bytes(of: previous))
  }

  private static let memberOperators = Set([".", "->", "::", "?.", "!."].map { Array($0.utf8) })

  /// Whether only a type may stand where a token stands: behind `class`, `new` and their like, and behind the colon of
  /// a declaration.
  private static func isPlaceOfType(_ index: Int, in document: borrowing LexedDocument) -> Bool {
    guard index > 0 else { return false }
    let previous = document.token(at: index - 1)
    switch previous.kind {
    case .keyword, .identifier: return typeIntroducers.contains(document.bytes(of: previous))
    case .operator where index > 2 && document.bytes(of: previous) == [UInt8(ascii: ":")]:
      return declarators.contains(document.bytes(of: document.token(at: index - 3)))
    default: return false
    }
  }

  private static let typeIntroducers = Set(
    [
      "class", "struct", "enum", "interface", "protocol", "trait", "union", "record", "extension",
      "typealias",
      "new", "extends", "implements", "instanceof", "impl", "actor",
    ].map { Array($0.utf8) })
  private static let declarators = Set(["let", "var", "val", "const", "mut"].map { Array($0.utf8) })
}
