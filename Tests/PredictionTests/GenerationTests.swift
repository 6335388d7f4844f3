import LanguageModeling
import Lexing
import Neural
import Platform
import Privacy
import Testing

@testable import Prediction

/// Text that is written token by token.
@Suite struct GenerationTests {
  static let library = Result {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return try GrammarLibrary(directories: ["/\(root)/grammars"])
  }

  /// A text, split into tokens and written again.
  private func rewritten(_ text: String, _ grammar: Grammar) -> String {
    var written = GeneratedText(
      prompt: LexedDocument(text: [], grammar: grammar), forgotten: ForgottenWords())
    var bytes: [UInt8] = []
    for type in TypeReader().types(of: Array(text.utf8), grammar: grammar) {
      bytes += written.append(type)?.bytes ?? Array("<refused>".utf8)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [
    (
      "plaintext",
      "He said: \"don't go\" (or so), and it's well-known; see /etc/apt/sources.list, e.g. config.txt.\n"
    ),
    (
      "plaintext",
      "Wait! What? The user's “quoted” text: 3.5%, i.e. 50% – at 12:30.\n\nA new line; ls -l --all.\n"
    ),
    ("plaintext", "Die „Größe“ der Straße (usw.) beträgt 3,5 Meter; z.B. hier. Er sagte: »Ja!«\n"),
    ("plaintext", "在 Debian 系统中,软件包(package)是“基本”单位。第二行、完。\n"),
    ("plaintext", "パッケージ「apt」は Debian の一部です。次の文、そして終わり。\n"),
    (
      "markdown",
      "# Title\n\n- one `code` and **bold** text\n- see [the page](https://example.com/a)\n\n> A quote.\n"
    ),
    (
      "latex",
      "\\begin{itemize}\n\\item The $x_1^2$ of \\textbf{bold} text, see \\cite{key}.\n\\end{itemize}\n"
    ),
    (
      "c",
      "#include <stdio.h>\n\nint main(int argc, char **argv) {\n    if (!a->b && c[i] == -1) {\n        return foo(&x, \"a, b\");\n    }\n    i++; // done, or not\n}\n"
    ),
    (
      "python",
      "def f(a, b=1):\n    if a.b[1:2] == -1:\n        return [x for x in y]\n    print(\"it is\", not a)\nclass A:\n    pass\n"
    ),
    (
      "swift",
      "let value: [Int]? = items.first { $0.count > 1 } ?? nil\nfunc f(_ x: Int) -> Array<String> {\n    return x == 1 ? y : z!.name\n}\n"
    ),
  ])
  func whatIsSplitIsWrittenAsItWas(language: String, text: String) throws {
    let grammar = try #require(try Self.library.get().grammar(languageID: language))
    #expect(rewritten(text, grammar) == text)
  }

  /// Whatever the text, its tokens are what was written.
  @Test(arguments: ["plaintext", "markdown", "latex", "c", "python", "swift", "json"])
  func tokensStayWhatTheyWere(language: String) throws {
    let grammar = try #require(try Self.library.get().grammar(languageID: language))
    var random = SplitMix64(seed: 7)
    let pieces = [
      "a", "b1", "if", "(", ")", "[", "]", "{", "}", ",", ".", "-", "->", "+", "++", "=", "==", "3.5", "\"",
      "'",
      "/", ":", "$", "#", "日", "本", "、", "ß", "\n", "\\item", "`", "*", "**", "<", ">", "!", "?", "don't",
    ]
    var written = GeneratedText(
      prompt: LexedDocument(text: [], grammar: grammar), forgotten: ForgottenWords())
    var text: [UInt8] = []
    for _ in 0..<600 {
      let type = Array(pieces[Int(random.next() % UInt64(pieces.count))].utf8)
      guard let bytes = written.append(type)?.bytes else { continue }
      text += bytes
      #expect(bytes.suffix(type.count).elementsEqual(type))
    }
    #expect(!text.split(separator: 0x0A).contains { $0.last == 0x20 })
  }

  @Test func aPromptSaysHowItIsSpaced() throws {
    let grammar = try #require(try Self.library.get().grammar(languageID: "c"))
    let prompt = String(repeating: "if(a<b) foo (c, d);\nwhile(x>y) bar (z);\n", count: 20)
    var written = GeneratedText(
      prompt: LexedDocument(text: Array(prompt.utf8), grammar: grammar), forgotten: ForgottenWords())
    let text = ["if", "(", "a", "<", "b", ")", "foo", "(", "c", ",", "d", ")", ";"].flatMap {
      written.append(Array($0.utf8))?.bytes ?? []
    }
    #expect(String(decoding: text, as: UTF8.self) == "if(a<b) foo (c, d);")
  }

  @Test(arguments: [" ", "\n", ""])
  func thePromptsEndIsKept(end: String) throws {
    var written = GeneratedText(
      prompt: LexedDocument(text: Array(("a b" + end).utf8), grammar: .plainText), forgotten: ForgottenWords()
    )
    let bytes = try #require(written.append(Array("c".utf8))?.bytes)
    #expect(bytes == Array((end.isEmpty ? " c" : "c").utf8))
  }

  // MARK: Withheld

  @Test func neitherSecretsNorForgottenWordsAreWritten() throws {
    var list = ForgottenList(salt: [1, 2])
    list.forget(word: "walnut")
    var written = GeneratedText(
      prompt: LexedDocument(text: Array("the password: ".utf8), grammar: .plainText),
      forgotten: list.lastingWords)
    #expect(written.append(Array("kangaroo7".utf8)) == nil)
    #expect(written.append(Tokenization.lineEnd)?.bytes == [0x0A])
    #expect(written.append(Array("walnut".utf8)) == nil)
    #expect(written.append(Array("tree".utf8))?.bytes == Array("tree".utf8))
  }

  // MARK: Drawing

  private func generated(
    _ model: Model, seed: UInt64 = 1, temperature: Double = 1, topK: Int = 0, topP: Double = 1,
    source: TextGenerator.Source = .mixture, prompt: String = "let alpha =", count: Int = 60
  ) -> String {
    let generator = TextGenerator(
      model: model, grammar: testGrammar, prompt: Array(prompt.utf8), source: source,
      sampler: TokenSampler(temperature: temperature, topK: topK, topP: topP, seed: seed), topK: topK)
    return String(decoding: (0..<count).flatMap { _ in generator.next() ?? [] }, as: UTF8.self)
  }

  @Test(arguments: [nil, .lstm] as [RecurrentArchitecture.Cell?])
  func aSeedRepeatsAText(cell: RecurrentArchitecture.Cell?) throws {
    let model = try makeModel(network: cell)
    for source in TextGenerator.Source.allCases where source != .recurrent || cell != nil {
      let text = generated(model, source: source)
      #expect(text == generated(model, source: source))
      #expect(text != generated(model, seed: 2, source: source))
    }
  }

  @Test func onlyTheMostProbableIsWhatTemperature0Takes() throws {
    let model = try makeModel()
    let greedy = generated(model, temperature: 0)
    #expect(generated(model, seed: 5, topK: 1) == greedy)
    #expect(generated(model, seed: 6, topP: 1e-9) == greedy)
  }

  /// The text so far is part of what is known: a name of the prompt's that the model has never seen comes again.
  @Test func theTextSoFarIsKnown() throws {
    let prompt = String(repeating: "let newName = alpha(newName, newName)\n", count: 16)
    let text = generated(try makeModel(), prompt: prompt + "let", count: 200)
    #expect(text.contains("newName"))
    #expect(
      !generated(try makeModel(), source: .ngram, prompt: prompt + "let", count: 200).contains("newName"))
  }
}
