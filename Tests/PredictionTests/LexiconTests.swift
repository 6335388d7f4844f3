import Lexing
import Platform
import Testing

@testable import Prediction

@Suite struct LexiconTests {
  /// A word may be a file of its own.
  @Test func longWordsAreForgottenAtOnce() {
    let neighbours = NeighbourCache(model: nil)
    let kept = DocumentPredictor(
      text: Array("first second".utf8), grammar: .plainText, model: nil, neighbours: neighbours)
    var long: DocumentPredictor? = DocumentPredictor(
      text: [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20), grammar: .plainText, model: nil,
      neighbours: neighbours)
    #expect(neighbours.lexicon.unknownWordCount == 3 && long != nil)
    long = nil
    #expect(neighbours.lexicon.unknownWordCount == 2 && kept.isIndexed)
    #expect(kept.completions(at: 3, limit: 5).items.map(\.text) == [])
  }

  /// Every key makes another word; a session's memory must not remember them all.
  @Test func wordsThatNobodyHasAnyMoreAreForgotten() {
    var random = SplitMix64(seed: 9)
    let neighbours = NeighbourCache(model: nil)
    var text = Array("first second third".utf8)
    let typed = DocumentPredictor(text: text, grammar: .plainText, model: nil, neighbours: neighbours)
    let other = DocumentPredictor(
      text: Array("fourth first fifth".utf8), grammar: .plainText, model: nil, neighbours: neighbours)
    for round in 0..<6000 {
      let word = Array(" w\(random.next() % 1_000_000_000)x".utf8)
      // Mostly in place of the last one.
      let range = round % 50 == 0 ? text.count..<text.count : (text.lastIndex(of: 0x20) ?? 0)..<text.count
      text.replaceSubrange(range, with: word)
      typed.replace(range, with: word)
      if round % 10 == 0 { _ = typed.continuation(at: 6, minimumProbability: 0) }
      if round % 100 == 0 {
        other.replace(0..<other.byteCount, with: Array("fourth first number\(round)".utf8))
      }
    }
    #expect(neighbours.lexicon.unknownWordCount < 3000)
    // Numbers that were given anew have not mixed words up.
    let fresh = NeighbourCache(model: nil)
    let otherAfresh = DocumentPredictor(
      text: other.bytes, grammar: .plainText, model: nil, neighbours: fresh)
    let afresh = DocumentPredictor(text: text, grammar: .plainText, model: nil, neighbours: fresh)
    #expect(neighbours.tokenCount == fresh.tokenCount && otherAfresh.isIndexed)
    func counts(_ cache: NeighbourCache) -> [UInt32] {
      let ids = (text + other.bytes).split(separator: 0x20).map {
        cache.lexicon.id(of: String(decoding: $0, as: UTF8.self))
      }
      return cache.change { counts in
        ids.map { counts.count(of: $0) } + counts.tables.map { UInt32($0.contextCount) }
      }
    }
    #expect(counts(neighbours) == counts(fresh))
    func words(_ predictor: DocumentPredictor) -> Set<String> {
      let place = Array("w".utf8)
      predictor.replace(predictor.byteCount..<predictor.byteCount, with: [0x20] + place)
      return Set(predictor.completions(at: predictor.byteCount, limit: 500).items.map(\.text)).filter {
        $0.count > 1
      }
    }
    let expected = Set(
      text.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }.filter { $0.first == "w" })
    #expect(expected.count > 100)
    #expect(words(typed) == expected)
    #expect(words(afresh) == expected)
  }

  @Test func closedDocumentsAndRemovedFilesLeaveNoWords() {
    let neighbours = NeighbourCache(model: nil)
    let many = (0..<5000).map { "word\($0)" }.joined(separator: " ")
    var open: DocumentPredictor? = DocumentPredictor(
      text: Array(many.utf8), grammar: .plainText, model: nil, neighbours: neighbours)
    neighbours.add(key: "a", text: Array("one two three".utf8), grammar: .plainText)
    #expect(neighbours.lexicon.unknownWordCount >= 5003 && open?.isIndexed == true)
    open = nil
    #expect(neighbours.lexicon.unknownWordCount == 3)
    #expect(neighbours.lexicon.string(of: neighbours.lexicon.id(of: "two")) == "two")
    let crowded = NeighbourCache(model: nil, maximumTokenCount: 100)
    #expect(!crowded.add(key: "b", text: Array(many.utf8), grammar: .plainText))
    #expect(crowded.lexicon.unknownWordCount == 0)
  }
}
