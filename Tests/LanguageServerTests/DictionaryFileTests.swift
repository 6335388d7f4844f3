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

  @Test func holdsWhatItIsGiven() {
    for word in ["one", "#include", "C#", "été"] {
      #expect(DictionaryFile.words(of: Array(DictionaryFile.line(of: word).utf8)) == [word])
    }
    #expect(DictionaryFile.words(of: [0x61, 0xFF, 0x0A, 0x62]).contains("b"))
  }
}
