import Lexing
import Platform
import Testing

@testable import Tagging

@Suite struct TaggedTextTests {
  static func read(
    _ text: String, columns: TaggedTextReader.Columns = .wordAndTag, tags: [String]? = nil
  ) throws -> (sentences: [TaggedSentence], tags: [String]) {
    var reader = TaggedTextReader(columns: columns, tags: tags)
    let bytes = Array(text.utf8)
    let sentences = try bytes.withUnsafeBytes { bytes throws(Failure) in
      try reader.sentences(of: bytes, name: "text")
    }
    return (sentences, reader.tags)
  }

  static func strings(_ sentence: TaggedSentence) -> [String] {
    sentence.words.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("a word, a tab and a tag a line; blank lines, further columns and line ends of either kind")
  func columns() throws {
    let (sentences, tags) = try Self.read("\u{FEFF}a\tX\r\nb c\tY 😀\tmore\r\n\n \t\n\n#\tX\n")
    #expect(sentences.map(Self.strings) == [["a", "b c"], ["#"]])
    #expect(tags == ["X", "Y 😀"])
    #expect(sentences.map(\.tags) == [[0, 1], [0]])
    #expect(try Self.read("").sentences.isEmpty)
    #expect(try Self.read("\n\n").sentences.isEmpty)
  }

  @Test("CoNLL-U: comments, ranges and empty nodes are passed over")
  func universal() throws {
    func line(_ id: String, _ word: String, _ tag: String) -> String {
      [id, word, "_", tag, "_", "_", "0", "_", "_", "_"].joined(separator: "\t") + "\n"
    }
    let text =
      "# text = Don't go.\n" + line("1-2", "Don't", "_") + line("1", "Do", "AUX") + line("2", "n't", "PART")
      + line("3", "go", "VERB") + line("3.1", "away", "ADV") + line("4", ".", "PUNCT") + "\n"
      + line("1", "#", "SYM")
    let (sentences, tags) = try Self.read(text)
    #expect(sentences.map(Self.strings) == [["Do", "n't", "go", "."], ["#"]])
    #expect(tags == ["AUX", "PART", "VERB", "PUNCT", "SYM"])
  }

  @Test("a line without a tag is named")
  func missing() throws {
    for (text, place) in [("a\tX\nb\n", "text:2"), ("a\tX\n\tY\n", "text:2"), ("\ta\t\n", "text:1")] {
      do {
        _ = try Self.read(text)
        Issue.record("was read")
      } catch let failure as Failure { #expect(failure.what == place) }
    }
    #expect(try Self.read("a\nb\tX\n", columns: .words).sentences[0].tags == [-1, 0])
    #expect(try Self.read("a\tX\nb\tY\n", tags: ["Y"]).sentences[0].tags == [-1, 0])
  }

  static func split(_ text: String) -> [[String]] {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBytes { text in
      TextSentences(text, grammar: GrammarLibrary.plainText).sentences.map { sentence in
        sentence.map { String(decoding: text[$0], as: UTF8.self) }
      }
    }
  }

  @Test("text becomes sentences of words as treebanks have them")
  func sentences() {
    #expect(
      Self.split("He doesn't go. \"It's late!\" she said") == [
        ["He", "does", "n't", "go", "."], ["\"", "It", "'s", "late", "!", "\""], ["she", "said"],
      ])
    #expect(
      Self.split("One line\nand the next\n\nA heading\n\n") == [
        ["One", "line", "and", "the", "next"], ["A", "heading"],
      ])
    #expect(Self.split("").isEmpty)
    #expect(Self.split("\n \n").isEmpty)
  }

  @Test("figures of tags by hand")
  func accuracy() {
    var accuracy = TaggingAccuracy(tags: ["A", "B"])
    accuracy.count(
      TaggedSentence(words: [[1], [2], [3], [4]], tags: [0, 0, 1, -1]), answers: [0, 1, 1, 0],
      isKnown: { $0 != 1 })
    #expect(accuracy.accuracy == 0.5)
    #expect(accuracy.unknownAccuracy == 0 && accuracy.unknownCount == 1)
    let figures = accuracy.figures(of: 0)
    #expect(figures.count == 2 && figures.givenCount == 2)
    #expect(figures.precision == 0.5 && figures.recall == 0.5 && figures.f1 == 0.5)
    #expect(accuracy.figures(of: 1).recall == 1)
  }
}
