import JSON
import Platform

extension GrammarDefinition {
  /// Reads a grammar file's content.
  ///
  /// - Parameter path: the file's, for the message.
  /// - Throws: a `Failure` that names the file and the place in it.
  public static func decode(_ bytes: [UInt8], path: String) throws(Failure) -> GrammarDefinition {
    do {
      let root = JSONDecoding(try JSON.parse(bytes))
      return try GrammarDecoder(root).definition()
    } catch {
      throw Failure(path, why: "\(error)", remedy: "see grammars/README.md for what a grammar may say")
    }
  }
}

/// Reads a definition member by member; a member that has no meaning is an error, since it is a slip of the pen.
private struct GrammarDecoder {
  private let root: JSONDecoding

  init(_ root: JSONDecoding) { self.root = root }

  func definition() throws(JSONError) -> GrammarDefinition {
    try root.allow(
      [
        "$schema", "languageId", "name", "aliases", "extensions", "fileNames", "interpreters", "isProse",
        "indentationMatters", "nextTokenAfterSpace", "identifiers", "numbers", "operators",
        "operatorCharacters", "keywords", "keywordsIgnoreCase", "comments", "strings", "heredocs", "code",
        "syntax",
      ])
    var result = GrammarDefinition()
    result.languageID = try nonEmpty(root["languageId"])
    result.name = try root["name"].optional?.string() ?? ""
    result.aliases = try strings(root["aliases"])
    result.extensions = try strings(root["extensions"])
    result.fileNames = try strings(root["fileNames"])
    result.interpreters = try strings(root["interpreters"])
    result.isProse = try root["isProse"].optional?.bool() ?? false
    result.indentationMatters = try root["indentationMatters"].optional?.bool() ?? false
    result.nextTokenAfterSpace = try root["nextTokenAfterSpace"].optional?.bool() ?? true
    if root["identifiers"].optional != nil { result.identifiers = try identifiers(root["identifiers"]) }
    if root["numbers"].optional != nil { result.numbers = try numbers(root["numbers"]) }
    result.operators = try strings(root["operators"])
    result.operatorCharacters = try root["operatorCharacters"].optional?.string() ?? ""
    result.keywords = try strings(root["keywords"])
    result.keywordsIgnoreCase = try root["keywordsIgnoreCase"].optional?.bool() ?? false
    for (key, kind) in Self.regionKinds {
      for element in try root[key].optional?.elements() ?? [] {
        result.regions.append(try region(element, kind))
      }
    }
    if let syntax = root["syntax"].optional { result.syntax = try SyntaxDefinition(syntax) }
    if result.regions.count > 1000 {
      throw root.mismatch(expected: "at most 1000 kinds of comment and string")
    }
    return result
  }

  private static let regionKinds: [(String, GrammarDefinition.Region.Kind)] = [
    ("comments", .comment), ("strings", .string), ("heredocs", .heredoc), ("code", .code),
  ]

  private func nonEmpty(_ place: JSONDecoding) throws(JSONError) -> String {
    let text = try place.string()
    if text.isEmpty { throw place.mismatch(expected: "some text") }
    return text
  }

  private func strings(_ place: JSONDecoding) throws(JSONError) -> [String] {
    var result: [String] = []
    for element in try place.optional?.elements() ?? [] { result.append(try nonEmpty(element)) }
    if result.count > 20_000 { throw place.mismatch(expected: "at most 20,000 words") }
    return result
  }

  private func identifiers(_ place: JSONDecoding) throws(JSONError) -> GrammarDefinition.Identifiers {
    try place.allow(["start", "rest", "sigils", "quote", "wordJoiners"])
    var result = GrammarDefinition.Identifiers()
    result.start = try place["start"].optional?.string() ?? result.start
    result.rest = try place["rest"].optional?.string() ?? result.rest
    result.sigils = try strings(place["sigils"])
    result.quote = try place["quote"].optional?.string() ?? ""
    if result.quote.utf8.count > 1 { throw place["quote"].mismatch(expected: "one ASCII character") }
    result.wordJoiners = try place["wordJoiners"].optional?.string() ?? result.wordJoiners
    return result
  }

  private func numbers(_ place: JSONDecoding) throws(JSONError) -> GrammarDefinition.Numbers {
    try place.allow(
      ["separators", "exponents", "hexadecimalExponents", "leadingPoint", "trailingPoint"])
    var result = GrammarDefinition.Numbers()
    result.separators = try place["separators"].optional?.string() ?? result.separators
    result.exponents = try place["exponents"].optional?.string() ?? result.exponents
    result.hexadecimalExponents =
      try place["hexadecimalExponents"].optional?.string() ?? result.hexadecimalExponents
    result.leadingPoint = try place["leadingPoint"].optional?.bool() ?? false
    result.trailingPoint = try place["trailingPoint"].optional?.bool() ?? false
    return result
  }

  private func region(
    _ place: JSONDecoding, _ kind: GrammarDefinition.Region.Kind
  ) throws(JSONError) -> GrammarDefinition.Region {
    try place.allow(
      [
        "open", "close", "prefixes", "escape", "escapedByDoubling", "multiline", "nests", "oneCharacter",
        "place",
        "followedByName", "needsCapital", "interpolations",
      ])
    var result = GrammarDefinition.Region(kind, open: try delimiter(place["open"]))
    if kind != .comment && kind != .heredoc || place["close"].optional != nil {
      result.close = try delimiter(place["close"])
    }
    if place["prefixes"].optional != nil { result.prefixes = try place["prefixes"].strings() }
    for (index, prefix) in result.prefixes.enumerated() where prefix.contains("{") || prefix.utf8.count > 32 {
      throw place["prefixes"][index].mismatch(expected: "a short text without a brace")
    }
    if place["escape"].optional != nil { result.escape = try delimiter(place["escape"]) }
    result.isEscapedByDoubling = try place["escapedByDoubling"].optional?.bool() ?? false
    let isMultilineByNature = kind == .heredoc || (kind == .comment && !result.close.isEmpty)
    result.isMultiline = try place["multiline"].optional?.bool() ?? isMultilineByNature
    result.nests = try place["nests"].optional?.bool() ?? false
    result.holdsOneCharacter = try place["oneCharacter"].optional?.bool() ?? false
    result.place = try place["place"].optional?.oneOf(GrammarDefinition.Region.Place.self) ?? .anywhere
    result.isFollowedByName = try place["followedByName"].optional?.bool() ?? false
    result.needsCapital = try place["needsCapital"].optional?.bool() ?? false
    for element in try place["interpolations"].optional?.elements() ?? [] {
      try element.allow(["open", "close"])
      let close = element["close"].optional == nil ? "" : try delimiter(element["close"])
      if close.contains("{#}") || close.contains("{tag}") {
        throw element["close"].mismatch(expected: "a delimiter without a placeholder")
      }
      result.interpolations.append(.init(open: try delimiter(element["open"]), close: close))
    }
    return result
  }

  /// Delimiters are short, so that the lexer need not look far.
  private func delimiter(_ place: JSONDecoding) throws(JSONError) -> String {
    let text = try nonEmpty(place)
    let pattern = DelimiterPattern(text)
    if text.utf8.count > 32 { throw place.mismatch(expected: "at most 32 bytes") }
    if pattern.firstBytes.isEmpty || pattern.firstBytes.contains(where: { $0 <= 0x20 }) {
      throw place.mismatch(expected: "a delimiter that begins with a visible character")
    }
    return text
  }
}
