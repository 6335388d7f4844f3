import Foundation
import Testing

@testable import Lexing

@Suite struct WordListsTests {
  private func folder(_ files: [String: String]) throws -> String {
    let path = "/tmp/inkling-words-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name)) }
    return path
  }

  private func words(_ lists: WordLists, _ language: String) -> [String] {
    var words: [String] = []
    WordLists.forEachWord(of: lists.text(of: language)) { words.append(String(decoding: $0, as: UTF8.self)) }
    return words
  }

  @Test func readsWordsInTheirOrder() throws {
    let path = try folder(["en.words": "# counted\nthe\nof\n\ncafé\nzoo"])
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(words(WordLists(directories: [path]), "en") == ["the", "of", "café", "zoo"])
    #expect(words(WordLists(directories: [path]), "de").isEmpty)
    #expect(words(WordLists(directories: [path + "/none"]), "en").isEmpty)
  }

  @Test func takesTheUsersListInPlaceOfThePrograms() throws {
    let (own, users) = (
      try folder(["en.words": "the\n", "de.words": "der\n"]), try folder(["en.words": "a\n"])
    )
    defer { for path in [own, users] { try? FileManager.default.removeItem(atPath: path) } }
    let lists = WordLists(directories: [own, users])
    #expect(words(lists, "en") == ["a"] && words(lists, "de") == ["der"])
  }

  /// What ships: frequent words come first, none twice.
  @Test func hasTheWordsOfEnglish() {
    let listed = words(.standard, "en")
    #expect(listed.prefix(3).contains("the") && listed.contains("misspelling") && listed.count > 30_000)
    #expect(Set(listed).count == listed.count && !listed.contains("recieve") && !listed.contains("teh"))
  }
}
