import LanguageModeling
import Platform

/// How words are spelled that were asked about lately, and their letters: another server offers the same new names at one key after
/// the other, new names are made of known parts, and each letter of a name is looked up under five contexts.
///
/// Whoever owns it serialises access.
final class SpellingMemo: @unchecked Sendable {
  /// log2 P of a letter, or of the word's end, behind those before it.
  private struct Letter {
    /// What it is, and behind what; 0 for nothing.
    var key: UInt64 = 0
    var value = 0.0
  }

  /// By the hashes of the words, in bits.
  private var known: [UInt64: Double] = [:]
  /// So many words take some 30 kB.
  private static let limit = 1_024
  /// By the hashes of their keys, one of them each; empty until the first word is asked about, and where they are not kept.
  private var letters: [Letter] = []
  /// 64 kB.
  private static let letterCount = 4_096
  private let keepsLetters: Bool

  /// - Parameter keepsLetters: worth its room where new words are asked about again and again.
  init(keepsLetters: Bool = false) { self.keepsLetters = keepsLetters }

  /// log2 P of a word, as `SpellingModel` has it, to the last bit.
  func log2Probability(of word: UnsafeRawBufferPointer, _ spelling: SpellingModel) -> Double {
    let hash = XXH64.hash(word)
    if let value = known[hash] { return value }
    if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
    let value =
      keepsLetters && word.count <= SpellingModel.modelledByteCount
      ? spelled(word, spelling) : spelling.log2Probability(of: word)
    known[hash] = value
    return value
  }

  private func spelled(_ word: UnsafeRawBufferPointer, _ spelling: SpellingModel) -> Double {
    if letters.isEmpty { letters = [Letter](repeating: Letter(), count: Self.letterCount) }
    return letters.withUnsafeMutableBufferPointer { letters in
      // What is not known yet has its contexts brought from memory together.
      for pass in [TrainedContexts.Part.slot, .block] {
        Self.forEachSymbol(of: word) { symbol, history in
          let key = history.key(before: symbol)
          if letters[Self.home(key)].key != key { spelling.fetch(pass, after: history) }
        }
      }
      var sum = 0.0
      Self.forEachSymbol(of: word) { symbol, history in
        let key = history.key(before: symbol)
        let home = Self.home(key)
        if letters[home].key != key {
          letters[home] = Letter(key: key, value: log2(spelling.probability(of: symbol, after: history)))
        }
        sum += letters[home].value
      }
      return sum
    }
  }

  @inline(__always)
  private static func forEachSymbol(
    of word: UnsafeRawBufferPointer, _ body: (UInt32, SpellingModel.History) -> Void
  ) {
    var history = SpellingModel.History()
    for byte in word {
      body(UInt32(byte), history)
      history.append(byte)
    }
    body(SpellingModel.end, history)
  }

  @inline(__always)
  private static func home(_ key: UInt64) -> Int {
    Int((key &* 0x9E37_79B9_7F4A_7C15) >> 40) & (letterCount - 1)
  }
}
