import JSON
import LanguageServerProtocol
import Lexing
import Platform
import Prediction
import Testing

@testable import LanguageServer

/// An engine that offers what it is told to, in place of the letters before the caret and those behind it.
struct ScriptedEngine: DocumentEngine {
  var text: [UInt8]
  let words: [(String, Double)]

  var buffer: TextBuffer { TextBuffer(text) }

  mutating func replace(_ byteRange: Range<Int>, with bytes: [UInt8]) {
    text.replaceSubrange(byteRange, with: bytes)
  }

  mutating func suggestions(
    at byteOffset: Int, limit: Int, deadline: ContinuousClock.Instant
  ) -> SuggestionList {
    func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }
    var (start, end) = (byteOffset, byteOffset)
    while start > 0 && isLetter(text[start - 1]) { start -= 1 }
    while start < byteOffset && end < text.count && isLetter(text[end]) { end += 1 }
    let items = words.map {
      Suggestion(text: $0.0, replacedBytes: start..<end, probability: $0.1, source: "ngram")
    }
    return SuggestionList(items: Array(items.prefix(limit)), isIncomplete: false)
  }

  mutating func prepare(while mayGoOn: () -> Bool) -> Bool { false }
  mutating func surprisals(in byteRange: Range<Int>) -> [Surprisal] { [] }
  mutating func continuation(
    at byteOffset: Int, isBehindWord: Bool, minimumProbability: Double, deadline: ContinuousClock.Instant
  ) -> Prediction.Continuation? { nil }
  mutating func context(at byteOffset: Int) -> TokenContext { text.first == 0x23 ? .comment : .code }
}

struct ScriptedEngines: EngineProvider {
  let words: [(String, Double)]

  init(_ words: [(String, Double)]) { self.words = words }

  func engine(for document: DocumentIdentity, text: [UInt8], modelPath: String?) -> any DocumentEngine {
    ScriptedEngine(text: text, words: words)
  }
  func didClose(_ document: DocumentIdentity) {}
  func isOutdated(_ document: DocumentIdentity, modelPath: String?) -> Bool { false }
  func takeProblems() -> [Failure] { [] }
  func status() -> [ModelStatus] { [] }
}

extension TestClient {
  /// The answer to `textDocument/completion`.
  func list(_ line: Int, _ character: Int, _ kind: Int? = nil, in uri: String = "f") -> JSON? {
    var params = TestClient.place(uri, line, character).objectValue!
    params["context"] = kind.map { ["triggerKind": JSON($0)] }
    return request("textDocument/completion", .object(params))["result"]
  }

  func labels(_ line: Int, _ character: Int, _ kind: Int? = nil, in uri: String = "f") -> [String]? {
    list(line, character, kind, in: uri)?["items"]?.arrayValue?.compactMap { $0["label"]?.stringValue }
  }

  func type(_ text: String, _ line: Int, _ character: Int, version: Int = 2) {
    let place: JSON = ["line": JSON(line), "character": JSON(character)]
    change("f", [["range": ["start": place, "end": place], "text": .string(text)]], version: version)
  }
}

/// Lists that nobody asked for.
@Suite struct CompletionOccasionTests {
  private func client(_ words: [(String, Double)], _ text: String, options: JSON = nil) -> TestClient {
    let client = TestClient(engines: ScriptedEngines(words))
    client.initialize(options: options)
    client.open("f", text)
    return client
  }

  /// Where nothing is typed a list opens by itself when its first word is probable, more so where lines end.
  @Test(
    arguments: [
      ("a ", 0.30, 0.10, true), ("a ", 0.30, 0.30, true), ("a ", 0.26, 0.02, true), ("a ", 0.26, 0.24, false),
      ("a + ", 0.06, 0.01, false), ("a {", 0.9, 0.05, false), ("a(", 0.3, 0, true), ("a,", 0.35, 0.05, false),
      ("a,", 0.50, 0.05, true), ("a:", 0.30, 0.1, false), ("a)", 0.9, 0, false), ("a = 0", 0.9, 0, false),
      ("\"a\"", 0.9, 0, false), ("//", 0.9, 0, false), ("a/", 0.3, 0, true), ("# ", 0.06, 0.05, false),
      ("# a ", 0.3, 0.1, true), ("# a.", 0.9, 0, false), ("# \"", 0.3, 0.1, true), ("漢。", 0.3, 0, true),
    ])
  func opensWhereOneIsWanted(text: String, first: Double, second: Double, isShown: Bool) {
    let client = client([("one", first), ("two", second)], text)
    for kind in [2, 3, nil] {
      let list = client.list(0, text.count, kind)
      #expect(list?["items"]?.arrayValue?.isEmpty == !isShown, "\(kind ?? 0)")
      // Whoever types on asks again.
      if !isShown { #expect(list?["isIncomplete"] == true) }
    }
    #expect(client.labels(0, text.count, 1)?.isEmpty == false)
  }

  @Test func theThresholdIsASetting() {
    let words = [("one", 0.1), ("two", 0.03), ("six", 0.01)]
    #expect(client(words, "a ").labels(0, 2, 2) == [])
    let options: JSON = ["completion": ["nextListMinimumProbability": 0.1]]
    #expect(client(words, "a ", options: options).labels(0, 2, 2) == ["one", "two"])
    let never: JSON = ["completion": ["nextListMinimumProbability": 1]]
    #expect(client([("one", 0.7)], "a ", options: never).labels(0, 2, 2) == [])
    let always: JSON = ["completion": ["nextListMinimumProbability": 0, "nextWordMinimumProbability": 0]]
    #expect(client(words, "a //", options: always).labels(0, 4, 2) == ["one", "two", "six"])
  }

  /// What is typed of a word says that somebody types one.
  @Test func lettersAreAnsweredHoweverImprobable() {
    let client = client([("one", 0.02), ("only", 0.01)], "o")
    for kind in [1, 2, 3, nil] { #expect(client.labels(0, 1, kind) == ["one", "only"]) }
  }

  /// Some clients call invoked whatever they ask; behind what was typed just now nobody has asked yet.
  @Test func invokedRightBehindAnEditIsAutomatic() {
    let client = client([("one", 0.2), ("two", 0.1)], "a = ")
    #expect(client.labels(0, 4, 1) == ["one", "two"])
    client.type("0", 0, 4)
    #expect(client.labels(0, 5, 1) == [])
    client.type(" + ", 0, 5, version: 3)
    #expect(client.labels(0, 8, 1) == [])
    #expect(client.labels(0, 8, 1) == ["one", "two"])
  }

  /// Return, Return leaves a blank line, also where a client calls invoked whatever it asks on its own.
  @Test func returnReturnLeavesABlankLine() {
    let client = client([("one", 0.9)], "if a {")
    client.type("\n    ", 0, 6)
    for kind in [2, 3, nil] { #expect(client.labels(1, 4, kind) == []) }
    client.type("\n    ", 1, 4, version: 3)
    #expect(client.labels(2, 4, 1) == [])
    // Asked again without anything typed in between, it is a person who asks.
    #expect(client.labels(2, 4, 1) == ["one"])
    client.type("o", 2, 4, version: 4)
    #expect(client.labels(2, 5, 1) == ["one"])
  }

  /// In a text that nobody has touched nothing is asked by itself.
  @Test func invokedOnABlankLineIsAnswered() {
    #expect(client([("one", 0.01)], "a\n\n").labels(1, 0, 1) == ["one"])
  }

  @Test func whatIsHardlyMeantIsLeftOut() throws {
    let words = [("alpha", 0.8), ("alp", 0.001), ("alps", 0.1), ("alpine", 0.015)]
    let list = try #require(client(words, "alp").list(0, 3))
    // The word that is typed stays, for Return.
    #expect(list["items"]?.arrayValue?.map { $0["label"] } == ["alpha", "alp", "alps"])
    #expect(list["isIncomplete"] == true)
    #expect(client([("one", 0.01), ("other", 0.0001)], "o").labels(0, 1) == ["one", "other"])
    // Who types on behind a word means another.
    let whole = [("marvel", 0.999), ("marvellous", 0.001)]
    #expect(client(whole, "marvel").labels(0, 6) == ["marvel", "marvellous"])
  }
}

/// Items among those of other servers.
@Suite struct OfferedItemTests {
  private func keys(_ options: JSON) -> [String]? {
    let client = TestClient(engines: ScriptedEngines([("one", 0.6), ("only", 0.2), ("or", 0.2)]))
    client.initialize(options: options)
    client.open("f", "o")
    return client.list(0, 1)?["items"]?.arrayValue?.compactMap { $0["sortText"]?.stringValue }
  }

  @Test func onlyConfidentItemsSortFirst() {
    #expect(keys(nil) == ["0000", "zz0001", "zz0002"])
    #expect(keys(["completion": ["order": "first"]]) == ["0000", "0001", "0002"])
    #expect(keys(["completion": ["order": "last"]]) == ["zz0000", "zz0001", "zz0002"])
    #expect(keys(["completion": ["firstMinimumProbability": 0.7]]) == ["zz0000", "zz0001", "zz0002"])
    #expect(keys(["completion": ["firstMinimumProbability": 0.1]]) == ["0000", "0001", "0002"])
    #expect(keys(["completion": ["order": "middle"]]) == ["0000", "zz0001", "zz0002"])
  }

  /// The order of the list is that of the keys, whatever the probabilities are.
  @Test func theOrderIsKept() {
    let client = TestClient(engines: ScriptedEngines([("one", 0.2), ("only", 0.7)]))
    client.initialize()
    client.open("f", "o")
    let keys = client.list(0, 1)?["items"]?.arrayValue?.compactMap { $0["sortText"]?.stringValue }
    #expect(keys == ["zz0000", "zz0001"])
  }

  @Test(arguments: [false, true]) func withinAWordItsRestIsReplaced(hasDefaults: Bool) throws {
    let client = TestClient(engines: ScriptedEngines([("alphabet", 0.6), ("alpine", 0.3)]))
    client.initialize(capabilities: [
      "textDocument": [
        "completion": [
          "completionItem": ["insertReplaceSupport": true],
          "completionList": ["itemDefaults": hasDefaults ? ["editRange"] : []],
        ]
      ]
    ])
    client.open("f", "😀 alphaX Y")
    func range(_ start: Int, _ end: Int) -> JSON {
      ["start": ["line": 0, "character": JSON(start)], "end": ["line": 0, "character": JSON(end)]]
    }
    let list = try #require(client.list(0, 6))
    let item = try #require(list["items"]?[0])
    if hasDefaults {
      #expect(list["itemDefaults"]?["editRange"] == ["insert": range(3, 6), "replace": range(3, 9)])
      #expect(item["textEdit"] == nil)
    } else {
      #expect(
        item["textEdit"] == ["newText": "alphabet", "insert": range(3, 6), "replace": range(3, 9)])
    }
    // At the word's end there is nothing to choose.
    let atEnd = try #require(client.list(0, 9))
    let edit = hasDefaults ? atEnd["itemDefaults"]?["editRange"] : atEnd["items"]?[0]?["textEdit"]?["range"]
    #expect(edit == range(3, 9))
  }

  /// Half a word is never written twice, whichever range a client takes.
  @Test func theRestThatAnItemEndsWithIsReplaced() throws {
    for supports in [false, true] {
      let client = TestClient(engines: ScriptedEngines([("alphaValue", 0.6)]))
      client.initialize(capabilities: [
        "textDocument": ["completion": ["completionItem": ["insertReplaceSupport": .bool(supports)]]]
      ])
      client.open("f", "alphaValue")
      #expect(
        client.list(0, 3)?["items"]?[0]?["textEdit"] == [
          "range": ["start": ["line": 0, "character": 0], "end": ["line": 0, "character": 10]],
          "newText": "alphaValue",
        ])
    }
  }
}

/// What items are, by the grammars and the text alone.
@Suite struct CompletionKindTests {
  /// The kinds of the items at the end of a text, by their labels.
  private func kinds(_ text: String, _ language: String, valueSet: JSON = nil) -> [String: Int] {
    let client = TestClient(engines: ModelEngines())
    client.initialize(capabilities: [
      "textDocument": ["completion": ["completionItemKind": ["valueSet": valueSet]]]
    ])
    client.open("f", text, language: language)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let items = client.list(lines.count - 1, lines.last?.utf16.count ?? 0, 1)?["items"]?.arrayValue ?? []
    return Dictionary(
      items.compactMap { item in
        item["label"]?.stringValue.map { ($0, Int(item["kind"]?.integerValue ?? 0)) }
      }, uniquingKeysWith: { first, _ in first })
  }

  private static let swift = """
    struct Counter { var counted = 0 }
    func count(_ counts: Int) -> Int { counted + counts }
    let a = count(1) + count(2) + list.contains(3) + other.contains(4) - counted
    let countdown: couple = counts
    if counted == counts { continue }
    continue

    """

  @Test func kindsAreThoseOfTheUses() {
    let kinds = kinds(Self.swift + "let x = co", "swift")
    #expect(kinds["count"] == 3)
    #expect(kinds["contains"] == 2)
    #expect(kinds["counted"] == 6)
    #expect(kinds["counts"] == 6)
    #expect(self.kinds(Self.swift + "if a { conti", "swift")["continue"] == 14)
    #expect(kinds["couple"] == 7)
  }

  @Test func typesAreInCapitalsOrBehindWhatBringsThem() {
    #expect(kinds(Self.swift + "let x = Co", "swift")["Counter"] == 7)
    // C has no such habit, but it has `struct`.
    let c = "struct list { int linked; };\nint linked;\nvoid Listen(void);\nListen(1);\nint Limit = Limit;\n"
    #expect(kinds(c + "x = li", "c")["list"] == 7)
    #expect(kinds(c + "x = li", "c")["linked"] == 6)
    #expect(kinds(c + "x = Li", "c")["Listen"] == 3)
    #expect(kinds(c + "x = Li", "c")["Limit"] == 6)
    #expect(kinds("const a = widget + widget;\nvar b = new wid", "javascript")["widget"] == 7)
    // Constants are not types.
    #expect(kinds("MAXIMUM = 3\nprint(MAXIMUM)\nx = MAX", "python")["MAXIMUM"] == 6)
  }

  @Test func wordsOfProseAreText() {
    #expect(kinds("The counter counts. The coun", "markdown")["counter"] == 1)
    #expect(kinds(Self.swift + "// co", "swift")["count"] == 1)
    #expect(kinds(Self.swift + "let s = \"co", "swift")["count"] == 1)
  }

  @Test func kindsAreOfThoseThatTheClientKnows() {
    #expect(kinds(Self.swift + "x = co", "swift", valueSet: [1, 6])["count"] == 1)
    #expect(kinds(Self.swift + "x = co", "swift", valueSet: [1, 6])["counted"] == 6)
  }
}
