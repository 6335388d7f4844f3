import Lexing
import Platform
import Privacy

/// A text as classifiers read it: its words in lower case, each with the place where it stood. Line ends and indentation
/// are no words; secrets and forgotten words are places without one.
package struct ClassifierWords: Sendable {
  /// The bytes of all words in lower case, one after the other.
  package private(set) var bytes: [UInt8] = []
  /// Where each word ends in `bytes`; a withheld one has no bytes there.
  private var ends: [UInt32] = []
  /// Where each word stood in the text; empty where nobody asks for places.
  package private(set) var places: [Range<Int>] = []

  package var count: Int { ends.count }
  package var isEmpty: Bool { ends.isEmpty }

  /// The bytes of a word; none of one that is withheld.
  @inline(__always)
  package func range(_ word: Int) -> Range<Int> {
    Int(word == 0 ? 0 : ends[word - 1])..<Int(ends[word])
  }

  package subscript(word: Int) -> ArraySlice<UInt8> { bytes[range(word)] }

  package func isWithheld(_ word: Int) -> Bool { range(word).isEmpty }

  /// The words as a person may read them.
  ///
  /// - Parameter limit: of words.
  package func text(limit: Int = .max) -> String {
    var parts = (0..<min(count, limit)).map {
      isWithheld($0) ? "…" : String(decoding: self[$0], as: UTF8.self)
    }
    if count > limit { parts.append("…") }
    return parts.joined(separator: " ")
  }

  /// Reads a text of prose in UTF-8, well-formed or not.
  ///
  /// - Parameters:
  ///   - text: at most 4 GB of it are read.
  ///   - types: knows which words are withheld.
  package init(_ text: UnsafeRawBufferPointer, types: TypeReader, keepsPlaces: Bool = true) {
    bytes.reserveCapacity(text.count)
    types.forEachType(of: text, grammar: GrammarLibrary.plainText) { type, token in
      if Tokenization.substitute(for: token.kind) != nil { return }
      guard bytes.count + 4 * type.count <= Int(UInt32.max) else { return }
      if keepsPlaces { places.append(token.byteRange) }
      let isWithheld = type.count == 1 && type[0] == Tokenization.redacted[0]
      if !isWithheld { append(type) }
      ends.append(UInt32(bytes.count))
    }
  }

  package init(_ text: [UInt8], types: TypeReader = TypeReader(), keepsPlaces: Bool = true) {
    self = text.withUnsafeBytes { ClassifierWords($0, types: types, keepsPlaces: keepsPlaces) }
  }

  private mutating func append(_ word: UnsafeRawBufferPointer) {
    var bits: UInt8 = 0
    for byte in word { bits |= byte }
    if bits < 0x80 {
      let start = bytes.count
      bytes.append(contentsOf: word)
      bytes.withUnsafeMutableBufferPointer { bytes in
        for place in start..<bytes.count { bytes[place] |= bytes[place] &- 0x41 < 26 ? 0x20 : 0 }
      }
    } else {
      bytes.append(contentsOf: String(decoding: word, as: UTF8.self).lowercased().utf8)
    }
  }
}
