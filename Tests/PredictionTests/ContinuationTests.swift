import Lexing
import Testing

@testable import Prediction

@Suite struct ContinuationTests {
  private func continued(
    _ text: String, grammar: Grammar = testGrammar, minimumProbability: Double = 0.12
  ) -> String? {
    let (predictor, caret) = fixture(text, grammar: grammar)
    return predictor.continuation(at: caret, minimumProbability: minimumProbability)?.text
  }

  /// A word that is sure is not lost for one behind it that is not.
  @Test func stopsBeforeWhatIsUnsure() {
    let ends = "aabaababbaaabaabbaaab".map { "alpha beta gamma \($0 == "a" ? "one" : "two")\n" }
    #expect(continued(ends.joined() + "al|") == "pha beta gamma")
  }

  /// Of two words nearly as probable the one is shown behind which more is sure.
  @Test func prefersWhatGoesOn() {
    let ends = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    let text = ends.map { "see ramp \($0)\nsee rang all over the hills\nsee ramp \($0)\n" }.joined()
    #expect(continued(text + "see ra|", grammar: .plainText)?.hasPrefix("ng all over") == true)
  }

  @Test func showsNoSignsAlone() {
    let lines = String(repeating: "alpha()\n", count: 8)
    #expect(continued(lines + "alpha|") == nil)
    #expect(continued(lines + "al|") == "pha()")
    let sentences = String(repeating: "値、次\n", count: 8)
    #expect(continued(sentences + "値|", grammar: .plainText).map { $0.contains("次") } ?? true)
  }

  /// Where nobody knows which name comes, what they have in common does.
  @Test func showsWhatNamesBeginWith() {
    let lines = "abcdefgh".map { "call(free_block_\($0))\n" }.joined()
    #expect(continued(lines + "call(fr|") == "ee_block_")
    #expect(continued(lines + "call(|") == "free_block_")
  }

  /// In prose the parts of a name are tokens.
  @Test func keepsNamesWithUnderscoresTogether() {
    let lines = String(repeating: "set the free_list_size of the pool\n", count: 4)
    #expect(continued(lines + "set the fr|", grammar: .plainText)?.hasPrefix("ee_list_size") == true)
    #expect(continued(lines + "the free|", grammar: .plainText)?.hasPrefix("_list_size") == true)
  }

  /// What stands before a token says how the next one is set beside it.
  @Test func spacesByWhatStandsBefore() {
    let lines = String(
      repeating: "func load(name: text = none)\nload(name=none)\nopen(size=none)\n", count: 4)
    #expect(continued(lines + "func load(name: te|") == "xt = none)")
    #expect(continued(lines + "load(na|") == "me=none)")
  }

  /// An apostrophe or hyphen that is typed last is a token of its own, but what comes is the rest of the word.
  @Test(arguments: [
    ("the end of d'accord is near\n", "the end of d'|", "accord is near"),
    ("we didn't know it then\n", "we didn'|", "t know it then"),
    ("a well-known thing it is\n", "a well-|", "known thing it is"),
  ])
  func goesOnBehindJoiners(line: String, typed: String, rest: String) {
    let lines = String(repeating: line, count: 20) + String(repeating: "' not so\n- not so\n", count: 60)
    #expect(continued(lines + typed, grammar: .plainText) == rest)
  }

  @Test func endsWordsAtTheQuoteThatTheyStandIn() {
    let lines = String(repeating: "the user's name is 'user' here\n", count: 20)
    #expect(continued(lines + "the name is 'user'|", grammar: .plainText)?.hasPrefix("s") != true)
  }

  /// A quote behind letters opens a string, in which signs are set as in strings; brackets within raw strings are closed.
  @Test func closesWhatItOpens() throws {
    let grammar = try #require(try GrammarLibrary.standard().grammar(languageID: "rust"))
    let lines = String(repeating: "    assert_eq!(string, b\"\\xED\\xB0\");\n", count: 6)
    #expect(continued(lines + "    assert_eq!(st|)", grammar: grammar) == "ring, b\"\\xED\\xB0\"")
    let raw = String(repeating: "    log(`LookPath(%q) is`, path)\n", count: 6)
    #expect(continued(raw + "    log(`Loo|`)") == "kPath(%q) is")
  }

  /// The end of the line behind the place is there because somebody is still writing it: it is no evidence that it ends.
  /// Where the document is longer than what a continuation looks back at, too.
  @Test(arguments: [1, 1_200]) func goesOnAtTheEndOfALine(count: Int) {
    let text =
      (0..<count).map { "word\($0 % 90) = next\($0 % 70)\n" }.joined()
      + "if silent is not none\nif silent is |"
    #expect(continued(text) == "not none")
    #expect(continued(text + "\n") == "not none")
    #expect(continued(text + "\nvalue = 1\n") == "not none")
  }

  /// Where what is likeliest stands behind the place already, nothing less likely is put before it.
  @Test func goesOnBehindThePlaceItself() {
    let lines = String(
      repeating:
        "register(alphaValue, betaValue)\nregister(alphaValue, betaValue)\nregister(alphaValue, gammaValue)\n",
      count: 3)
    #expect(continued(lines + "register(alphaValue,| betaValue)") == nil)
  }

  /// A quote that names may end with opens no string.
  @Test func readsPrimesOfNames() throws {
    let grammar = try #require(try GrammarLibrary.standard().grammar(languageID: "haskell"))
    let lines = String(repeating: "  go (foldl' step initial)\n", count: 6)
    #expect(continued(lines + "  go (fo|)", grammar: grammar) == "ldl' step initial")
  }

  @Test func worthGrowsWithWhatIsSaved() {
    var worth = ContinuationWorth(minimumProbability: 0.4)
    let taken = [(0.39, 1.0), (0.2, 3), (0.6, 1), (0.2, 3), (0.2, 4)].map { worth.takes($0, $1) }
    #expect(taken == [false, true, true, false, true])
    #expect(worth.mayTake(0.2, 2) && !worth.mayTake(0.2, 1))
  }
}
