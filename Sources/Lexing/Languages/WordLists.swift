import Platform

/// The words of natural languages, as files beside the grammars: `en.words`, say, has a word a line, those that are written most
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

  /// The list of a language as it is written; empty where there is none, or it cannot be read.
  package func text(of language: String) -> [UInt8] {
    for directory in directories.reversed() {
      if let bytes = try? readFile(directory + "/" + language + Self.suffix, limit: Self.byteLimit) {
        return bytes
      }
    }
    return []
  }

  /// Calls `body` with the bytes of each word of a list, in their order.
  package static func forEachWord(of text: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void) {
    text.withUnsafeBytes { bytes in
      var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
      while start < bytes.count {
        var end = start
        while end < bytes.count && bytes[end] != UInt8(ascii: "\n") { end += 1 }
        let isCRLF = end > start && bytes[end - 1] == UInt8(ascii: "\r")
        let word = UnsafeRawBufferPointer(rebasing: bytes[start..<(isCRLF ? end - 1 : end)])
        if !word.isEmpty && word[0] != UInt8(ascii: "#") { body(word) }
        start = end + 1
      }
    }
  }
}
