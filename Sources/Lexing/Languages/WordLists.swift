import Platform

/// The words of natural languages, as files beside the grammars: `en.words` has a word a line, those that are written most
/// often first, behind lines that begin with `#`.
package final class WordLists: Sendable {
  static let suffix = ".words"
  /// Larger files are no lists of words.
  static let byteLimit = 16 << 20

  /// Those that came with the program, and the user's own in their place.
  package static let standard = WordLists(
    directories: [GrammarLibrary.standardDirectory(), GrammarLibrary.userDirectory()].compactMap { $0 })

  private let directories: [String]

  /// - Parameter directories: of two with a list of one language the later one's counts.
  package init(directories: [String]) { self.directories = directories }

  /// The languages that lists are looked for of, by their codes (ISO 639-1).
  package static let languages = ["en", "de", "fr", "es", "ru"]

  /// The words of a language, those that are written most often first; none where there is no list, or it cannot be read.
  package func words(of language: String) -> [ArraySlice<UInt8>] {
    for directory in directories.reversed() {
      guard
        let bytes = try? readFile(directory + "/" + language + Self.suffix, limit: Self.byteLimit)
      else { continue }
      return bytes.split(separator: UInt8(ascii: "\n")).filter { $0.first != UInt8(ascii: "#") }
    }
    return []
  }
}
