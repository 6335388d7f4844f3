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
    let units = Array("one\r\nétude\r\n".utf16)
    #expect(
      DictionaryFile.words(of: [0xFF, 0xFE] + units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }) == [
        "one", "étude",
      ])
    #expect(
      DictionaryFile.words(of: [0xFE, 0xFF] + units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }) == [
        "one", "étude",
      ])
  }

  @Test func holdsWhatItIsGiven() {
    for word in ["one", "#include", "C#", "été"] {
      #expect(DictionaryFile.words(of: Array(DictionaryFile.line(of: word).utf8)) == [word])
    }
    #expect(DictionaryFile.words(of: [0x61, 0xFF, 0x0A, 0x62]).contains("b"))
  }
}
