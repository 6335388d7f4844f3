import LanguageModeling
import ModelBuilding
import Platform
import Privacy
import Tagging
import Testing

@Suite struct TaggerBuilderTests {
  private static let word = "zanzibar"
  private static let secret = "ghp_x7Kq9Zt2Lm4Np8Rs1Vw3Yb5Cd6Fg0Hj2Kl4M"
  private static let text = (0..<30).map { number in
    "the\tDET\n\(number % 3 == 0 ? word : "island")\tNOUN\nsleeps\tVERB\n\nkey\tNOUN\n=\tPUNCT\n\(secret)\tX\n\n"
  }.joined()

  @Test("forgotten words and secrets are learned by no kind of tagger", arguments: TaggerKind.allCases)
  func privacy(kind: TaggerKind) throws {
    let folder = TemporaryFolder()
    let text = try folder.write("text.tsv", Self.text)
    let model = folder.path + "/model"
    func build() throws -> TaggerModel {
      var options = TaggerBuildingOptions()
      options.kind = kind
      options.threadCount = 1
      if kind.encoder != nil { (options.hiddenSize, options.epochs) = (2, 1) }
      _ = try TaggerBuilder([text], output: model, options: options).build()
      return try TaggerModel(ModelDirectory(model))
    }
    func holds(_ word: String) throws -> Bool {
      try readDirectory(model).contains { name in
        let bytes = try readFile(model + "/" + name, limit: 1 << 26)
        return String(decoding: bytes, as: UTF8.self).contains(word)
      }
    }
    _ = try build()
    #expect(try !holds(Self.secret) && !holds(Self.secret.lowercased()))
    #expect(try holds(Self.word) == (kind.encoder != nil))

    var list = ForgottenList(salt: [1, 2])
    list.forget(word: Self.word)
    try list.write(besideModel: model)
    let tagger = try build().tagger
    #expect(try !holds(Self.word))
    // To the tagger the word is as any that it has never met.
    func row(_ word: String) throws -> [Double] {
      try tagger.probabilities(of: ["the", word].map { Array($0.utf8) })
    }
    if kind == .hmm {
      let (forgotten, unmet) = (try row(Self.word), try row("kalamzar"))
      for (one, other) in zip(forgotten, unmet) { #expect(abs(one - other) < 1e-9) }
    }
  }

  @Test("a forgotten file is left out, and a failure leaves the place as it was")
  func places() throws {
    let folder = TemporaryFolder()
    let text = try folder.write("text.tsv", Self.text)
    let other = try folder.write("other.tsv", "only\tODD\n")
    let model = folder.path + "/model"
    var list = ForgottenList(salt: [1])
    list.forget(path: realPath(other)!)
    try list.write(besideModel: model)
    var options = TaggerBuildingOptions()
    options.kind = .hmm
    _ = try TaggerBuilder([text, other], output: model, options: options).build()
    #expect(try TaggerModel(ModelDirectory(model)).tagger.tags == ["DET", "NOUN", "VERB", "PUNCT", "X"])
    let before = try readFile(model + "/model.json")
    let bad = try folder.write("bad.tsv", "only\n")
    #expect(throws: Failure.self) { try TaggerBuilder([bad], output: model, options: options).build() }
    #expect(try readFile(model + "/model.json") == before)
  }
}
