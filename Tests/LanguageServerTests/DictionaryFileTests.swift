import Testing

@testable import LanguageServer

@Suite struct DictionaryFileTests {
  @Test(arguments: [
    ("one\ntwo\n", ["one", "two"]), ("one\r\ntwo", ["one", "two"]), ("one\rtwo\r", ["one", "two"]),
    ("\u{FEFF}one", ["one"]), ("  one\t\n\ttwo  ", ["one", "two"]), ("one # why\ntwo\t#why", ["one", "two"]),
    ("# one\n  # two\n\n", []), ("C#\nF# # a language", ["C#", "F#"]), ("\\#include\n#include", ["#include"]),
    ("one#two", ["one#two"]), ("", []), ("\u{FEFF}", []), ("\u{A0}one\u{A0}# x", ["one"]),
    ("e\u{301}t\u{E9}", ["été"]),
  ])
  func readsWhatPeopleWrite(text: String, words: [String]) {
    #expect(DictionaryFile.words(of: Array(text.utf8)) == Set(words))
  }

  @Test func readsUTF16() {
    var (little, big): ([UInt8], [UInt8]) = ([0xFF, 0xFE], [0xFE, 0xFF])
    for unit in "one\r\nétude\r\n".utf16 {
      let (low, high) = (UInt8(unit & 0xFF), UInt8(unit >> 8))
      little += [low, high]
      big += [high, low]
    }
    #expect(DictionaryFile.words(of: little) == ["one", "étude"])
    #expect(DictionaryFile.words(of: big) == ["one", "étude"])
  }

  @Test func holdsWhatItIsGiven() {
    for word in ["one", "#include", "C#", "été"] {
      #expect(DictionaryFile.words(of: Array(DictionaryFile.line(of: word).utf8)) == [word])
    }
    #expect(DictionaryFile.words(of: [0x61, 0xFF, 0x0A, 0x62]).contains("b"))
  }
}
