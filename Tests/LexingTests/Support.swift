import Platform
import Testing

@testable import Lexing

/// The grammars of the source tree.
let library: GrammarLibrary = {
  do {
    return try GrammarLibrary(directories: [grammarsDirectory])
  } catch {
    fatalError("\(error)")
  }
}()

let grammarsDirectory: String = {
  let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
  return parts.joined(separator: "/") + "/grammars"
}()

func grammar(_ languageID: String) throws -> Grammar {
  try #require(try library.grammar(languageID: languageID), "no grammar \(languageID)")
}

/// Tokens as people read them: `k:if`, with `>` and `<` for indent and dedent and `;` for a line's end.
func lexed(_ languageID: String, _ text: String) throws -> String {
  let bytes = Array(text.utf8)
  return Lexer(try grammar(languageID)).tokens(of: bytes).map { token in
    let text = String(decoding: bytes[token.byteRange], as: UTF8.self)
    switch token.kind {
    case .identifier: return "i:" + text
    case .keyword: return "k:" + text
    case .number: return "n:" + text
    case .operator: return "o:" + text
    case .lineEnd: return ";"
    case .indent: return ">"
    case .dedent: return "<"
    case .word: return "w:" + text
    case .punctuation: return "p:" + text
    case .delimiter: return "d:" + text
    case .ideograph: return "c:" + text
    case .emoji: return "e:" + text
    case .other: return "?:" + text
    }
  }.joined(separator: " ")
}
