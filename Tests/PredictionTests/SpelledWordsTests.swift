import Lexing
import Testing

@testable import Prediction

@Suite struct SpelledWordsTests {
  private func scalars(_ word: String) -> [UInt32] { word.unicodeScalars.map(\.value) }
  private func list(_ words: [String]) -> SpelledWords { SpelledWords(words.map { Array($0.utf8)[...] }) }

  @Test func knowsWordsAndTheirRanks() {
    let words = (0..<5000).map { "word\($0 &* 7919 % 5000)é" }
    let spelled = list(words)
    #expect(spelled.count == 5000)
    for (place, word) in words.enumerated() {
      #expect(spelled.rank(scalars(word)) == Int.bitWidth - (place + 1).leadingZeroBitCount)
    }
    #expect((5000..<20000).allSatisfy { spelled.rank(scalars("word\($0)é")) == nil })
  }

  /// Damaged lists are lists of fewer words.
  @Test func takesWhateverAFileHas() {
    let spelled = SpelledWords([
      [0xFF, 0xFE], [], [0x61], [0x61], [0xC3], ArraySlice(repeating: 0x62, count: 4000),
      Array("the".utf8)[...],
    ])
    #expect(spelled.count == 2 && spelled.rank(scalars("the")) == 2 && spelled.rank(scalars("tha")) == nil)
    #expect(list([]).rank(scalars("the")) == nil)
  }

  @Test func tellsWhichLanguageATextIsIn() {
    func rank(_ word: String, in text: [String: Int], isProse: Bool = true) -> Int? {
      SpelledWords.of(isProse: isProse, tokenCount: text.values.reduce(0, +)) {
        text[String(decoding: $0, as: UTF8.self)] ?? 0
      }.rank(scalars(word))
    }
    #expect(rank("misspelling", in: ["the": 20, "of": 10, "x": 100]) != nil)
    // Of prose in no language that there is a list of nothing is known; comments are English where nothing tells.
    let other = ["jest": 20, "nie": 10, "to": 1]
    #expect(rank("misspelling", in: other) == nil && rank("misspelling", in: [:]) == nil)
    #expect(rank("misspelling", in: ["let": 20, "to": 1], isProse: false) != nil)
    #expect(rank("misspelling", in: [:], isProse: false) != nil)
    // English words in a text of another language, in a manual of commands.
    let french = ["de": 20, "les": 15, "the": 4, "file": 9, "set": 3]
    #expect(rank("misspelling", in: french) == nil && rank("misspelling", in: french, isProse: false) == nil)
  }
}
