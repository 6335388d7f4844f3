import LanguageModeling
import ModelBuilding
import NGrams
import Neural
import NeuralTraining
import Platform
import Privacy
import Testing

/// A word that was forgotten is in no vocabulary, ARPA file or network, whatever is learned from.
@Suite struct ForgottenWordsTests {
  private static let word = "walnut"
  private static let text = (0..<40).map { "the cat saw \($0 % 3 == 0 ? word : "nothing") at night\n" }
    .joined()

  /// A folder with a text, in which the model to come was told to forget the word.
  private func makeFolder() throws -> (folder: TemporaryFolder, text: String, model: String) {
    let folder = TemporaryFolder()
    let text = try folder.write("text/a.txt", Self.text)
    try folder.write("text/b.txt", "another " + Self.text)
    try folder.write("held-out.txt", "other " + Self.text)
    var list = ForgottenList(salt: [5, 6])
    list.forget(word: Self.word)
    try list.write(besideModel: folder.path + "/model")
    return (folder, text, folder.path + "/model")
  }

  private func network() -> RecurrentTrainingOptions {
    var network = RecurrentTrainingOptions()
    network.length = .epochs(1)
    network.sizes.hiddenSize = 4
    network.sizes.layerCount = 1
    network.streamCount = 2
    network.stepCount = 8
    network.threadCount = 1
    return network
  }

  /// All that a model directory says in words.
  private func holds(_ word: String, _ model: String) throws -> Bool {
    try readDirectory(model).contains { name in
      let bytes = try readFile(model + "/" + name, limit: 1 << 26)
      return String(decoding: bytes, as: UTF8.self).contains(word)
    }
  }

  @Test(arguments: ModelBuildingOptions.TextForm.allCases, [false, true])
  func noModeLearnsIt(form: ModelBuildingOptions.TextForm, hasNetwork: Bool) throws {
    let (folder, _, model) = try makeFolder()
    var options = ModelBuildingOptions()
    options.text.form = form
    options.text.testPaths = [folder.path + "/held-out.txt"]
    options.ngrams.order = 8
    options.arpaPath = folder.path + "/model.arpa"
    if hasNetwork { options.network = .trained(network(), resumes: false) }
    _ = try ModelBuilder([folder.path + "/text"], output: model, options: options).build()
    let vocabulary = try ModelDirectory(model).vocabulary()
    #expect(vocabulary.id(of: Tokenization.redacted) != nil)
    #expect(try !holds(Self.word, model))
    let arpa = String(decoding: try readFile(folder.path + "/model.arpa", limit: 1 << 24), as: UTF8.self)
    #expect(!arpa.contains(form == .characters ? "w a l n u t" : Self.word))
    if form == .characters {
      // Nothing else in the text has the letters in a row.
      #expect(!arpa.contains("w a l"))
    } else {
      #expect(vocabulary.id(of: "nothing") != nil)
    }
    if hasNetwork {
      let network = try RecurrentModel(path: model + "/" + ModelDirectory.recurrentName)
      #expect(network.tokens.allSatisfy { vocabulary.string(of: $0) != Self.word })
    }
  }

  @Test func anArpaFileThatHasItIsRefused() throws {
    let (folder, text, model) = try makeFolder()
    var options = ModelBuildingOptions()
    options.text.form = .tokenLines
    options.arpaPath = folder.path + "/words.arpa"
    _ = try ModelBuilder([text], output: folder.path + "/other", options: options).build()
    let words = try #require(options.arpaPath)
    #expect(throws: Failure.self) { try ModelImport(words, output: model).run() }
    #expect(!fileExists(model))
    try ModelImport(words, output: folder.path + "/third").run()
    #expect(try ModelDirectory(folder.path + "/third").vocabulary().id(of: Self.word) != nil)
  }

  /// Weights would be of the word as well.
  @Test func aVocabularyThatHasItTakesNoWeights() throws {
    let (folder, text, model) = try makeFolder()
    var options = ModelBuildingOptions()
    options.text.form = .tokenLines
    options.network = .trained(network(), resumes: false)
    let other = folder.path + "/other"
    _ = try ModelBuilder([text], output: other, options: options).build()
    let weights = folder.path + "/weights.safetensors"
    try writeFileAtomically(weights, readFile(other + "/" + ModelDirectory.recurrentName, limit: 1 << 24))
    try ModelImport(weights, output: other).run()
    try writeFileAtomically(other + ".forgotten", readFile(model + ".forgotten", limit: 1 << 16))
    #expect(throws: Failure.self) { try ModelImport(weights, output: other).run() }
  }

  /// Files are left out as well, of token files too.
  @Test(arguments: [ModelBuildingOptions.TextForm.words, .tokenLines, .tokenDocuments])
  func forgottenFilesAreNotRead(form: ModelBuildingOptions.TextForm) throws {
    let (folder, text, model) = try makeFolder()
    var list = try ForgottenList.read(besideModel: model)
    list.forget(path: try #require(realPath(text)))
    try list.write(besideModel: model)
    var options = ModelBuildingOptions()
    options.text.form = form
    _ = try ModelBuilder([folder.path + "/text"], output: model, options: options).build()
    let corpus = try ModelDirectory(model)["corpus"]
    #expect(corpus?["files"]?.integerValue == 1)
    #expect(corpus?["leftOut"]?.arrayValue?.first?["reason"] == "forgotten on request")
  }
}
