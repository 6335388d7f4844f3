import Console
import Corpora
import Lexing
import Platform

/// A text to work on: a file, or standard input. It is read as training reads files, whatever its encoding: in UTF-8,
/// without a byte order mark.
struct TextInput: Sendable {
  /// For messages: the path, or `<stdin>`.
  let name: String
  /// Nil for standard input.
  let path: String?
  let bytes: [UInt8]
  let grammar: Grammar

  /// The longest text that is taken.
  static let byteLimit = 1 << 30

  /// - Parameters:
  ///   - path: nil or `-` for standard input.
  ///   - languageID: what `--language` says; nil to go by the file's name and the text.
  init(path: String?, languageID: String?, library: GrammarLibrary) throws(Failure) {
    let file = path == "-" ? nil : path
    self.path = file
    name = file ?? "<stdin>"
    if let file {
      guard !isDirectory(file) else {
        throw Failure(file, why: "is a directory", remedy: "name the files in it")
      }
      bytes = TextDecoding.text(try readNamedInput(file, limit: Self.byteLimit))
    } else {
      bytes = TextDecoding.text(try readAll(STDIN_FILENO, path: "<stdin>", limit: Self.byteLimit))
    }
    grammar = try Self.grammar(languageID: languageID, path: file, bytes: bytes, library: library)
  }

  /// The text of a file that a request names.
  static func text(ofFile path: String) throws(Failure) -> [UInt8] {
    TextDecoding.text(try readFile(path, limit: byteLimit))
  }

  /// A text that was read already.
  init(path: String, bytes: [UInt8], grammar: Grammar) {
    name = path
    self.path = path
    self.bytes = bytes
    self.grammar = grammar
  }

  /// The grammar for a text: as named, else by its path, its first lines and its content, else plain text.
  static func grammar(
    languageID: String?, path: String?, bytes: [UInt8], library: GrammarLibrary
  ) throws(Failure) -> Grammar {
    if let languageID {
      if let grammar = try library.grammar(languageID: languageID) { return grammar }
      let known = library.entries.map(\.languageID).sorted().joined(separator: ", ")
      throw Failure(languageID, why: "unknown language", remedy: "choose one of: \(known)")
    }
    return try library.grammar(ofDocument: path, text: bytes) ?? GrammarLibrary.plainText
  }

  /// The grammars, with a warning for each of the user's own that is not right.
  static func standardLibrary() throws(Failure) -> GrammarLibrary {
    let library = try GrammarLibrary.standard()
    for problem in library.problems { Console.warn(problem) }
    return library
  }
}
