import Platform
import Testing

@testable import Lexing

@Suite struct GrammarLibraryTests {
  /// `index.json` says what the grammar files say. `INKLING_REWRITE_INDEX=1` writes it anew, except in CI.
  @Test func indexIsCurrent() throws {
    let path = grammarsDirectory + "/" + GrammarIndex.fileName
    let expected = try GrammarIndex.encoded(grammarsDirectory)
    if getenv("INKLING_REWRITE_INDEX") != nil {
      try #require(getenv("CI") == nil, "the index is not rewritten in CI")
      try writeFileAtomically(path, expected)
    }
    let found = try readFile(path)
    #expect(found == expected, "run `INKLING_REWRITE_INDEX=1 swift test --filter GrammarLibraryTests`")
  }

  @Test func everyGrammarLoads() throws {
    #expect(library.entries.count >= 8)
    for entry in library.entries {
      let grammar = try #require(try library.grammar(languageID: entry.languageID))
      #expect(grammar.languageID == entry.languageID)
      #expect(entry.path.hasSuffix("/\(entry.languageID).json"))
      for keyword in grammar.keywords { #expect(grammar.isKeyword(keyword)) }
    }
    #expect(library.problems.isEmpty)
  }

  /// What is taken for a name without being lexed is one token to the lexer as well, in every language.
  @Test func plainNamesAreOneToken() throws {
    var random = SplitMix64(seed: 7)
    let alphabet = Array("abcdefrxuzABR019_".utf8)
    var names = ["_", "a_b", "__init__", "rem", "REM_1", "r", "b2", "u8", "begin", "e1", "x_"].map {
      Array($0.utf8)
    }
    for _ in 0..<60 {
      names.append(
        (0..<1 + Int(random.next() % 6)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] })
    }
    var found = 0
    for entry in library.entries {
      let grammar = try grammar(entry.languageID)
      for name in names where name.withUnsafeBytes({ grammar.isPlainName($0) }) {
        let tokens = Lexer(grammar).tokens(of: name).filter { $0.byteCount > 0 }
        #expect(tokens.count == 1 && tokens.first?.byteRange == 0..<name.count, "\(entry.languageID)")
        found += 1
      }
      #expect(
        ![0x20, 0x2E, 0xC3].contains { (byte: UInt8) in
          [0x61, byte].withUnsafeBytes { grammar.isPlainName($0) }
        })
    }
    #expect(found > 20 * library.entries.count)
    #expect(try Array("a_b".utf8).withUnsafeBytes { try grammar("python").isPlainName($0) })
  }

  @Test func findsLanguages() throws {
    #expect(library.languageID(forPath: "a/b.c/Main.swift") == "swift")
    #expect(library.languageID(forPath: "x.PY") == "python")
    #expect(library.languageID(forPath: "/src/SConstruct") == "python")
    #expect(
      library.languageID(forPath: "tool", firstLine: Array("#!/usr/bin/env -S python3.11 -u\n".utf8))
        == "python")
    #expect(library.languageID(forPath: "tool", firstLine: Array("#! /usr/bin/swift\n".utf8)) == "swift")
    #expect(library.languageID(forPath: "unknown.xyz") == nil)
    #expect(library.languageID(forPath: "a/Dockerfile.api") == "dockerfile")
    #expect(library.languageID(forPath: "Dockerfile.py") == "python")
    #expect(try library.grammar(languageID: "py")?.languageID == "python")
    #expect(try library.grammar(languageID: "no such language") == nil)
  }

  @Test func standardLibraryIsFound() throws {
    #expect(try GrammarLibrary.standard().grammar(languageID: "swift") != nil)
  }

  /// A user's file takes the place of ours; a bad one is reported with its place and harms nothing.
  @Test func userOverrides() throws {
    let folder = "/tmp/inkling-grammars-\(getpid())"
    try createDirectories(folder)
    defer { removeTree(folder) }
    let own =
      #"{"languageId": "swift", "name": "Mine", "extensions": ["swift", "myswift"], "keywords": ["fnord"]}"#
    try writeFileAtomically(folder + "/mine.json", Array(own.utf8))
    let bad = #"{"languageId": "bad", "strings": [{"open": "\"", "close": "\"", "escpe": "\\"}]}"#
    try writeFileAtomically(folder + "/bad.json", Array(bad.utf8))
    let library = try GrammarLibrary(directories: [grammarsDirectory], userDirectory: folder)
    let swift = try #require(try library.grammar(forPath: "a.myswift"))
    #expect(swift.name == "Mine")
    #expect(swift.isKeyword("fnord") && !swift.isKeyword("func"))
    #expect(library.problems.count == 1)
    #expect(library.problems.first?.what == folder + "/bad.json")
    #expect(library.problems.first?.why.hasPrefix("strings[0].escpe: expected one of open, close") == true)
    #expect(try library.grammar(languageID: "c") != nil)
  }

  @Test(arguments: [
    (#"{"name": "x"}"#, "languageId: expected a string, found nothing"),
    (#"{"languageId": "x", "keywords": ["a", 7]}"#, "keywords[1]: expected a string, found 7"),
    (#"{"languageId": "x", "comments": [{"open": " "}]}"#, "comments[0].open: expected a delimiter"),
    (
      #"{"languageId": "x", "strings": [{"open": "'"}]}"#,
      "strings[0].close: expected a string, found nothing"
    ),
    (#"{"languageId": "x","#, "line 1, column"),
  ])
  func badGrammars(_ text: String, _ message: String) throws {
    let failure = #expect(throws: Failure.self) {
      try GrammarDefinition.decode(Array(text.utf8), path: "some/x.json")
    }
    #expect(failure?.what == "some/x.json")
    #expect(failure?.why.hasPrefix(message) == true, "\(failure?.why ?? "")")
  }
}
