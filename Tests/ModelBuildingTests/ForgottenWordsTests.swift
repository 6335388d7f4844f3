import LanguageModeling
import ModelBuilding
import NGrams
import Neural
import NeuralTraining
import Platform
import Privacy
import Synchronization
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

  /// A mark of its own stands for the word in what is imported, and nothing else changes.
  @Test(arguments: [1, 2]) func anArpaFileLosesItsSpelling(wordCount: Int) throws {
    let (folder, text, model) = try makeFolder()
    if wordCount == 2 {
      var list = try ForgottenList.read(besideModel: model)
      list.forget(word: "night")
      try list.write(besideModel: model)
    }
    var options = ModelBuildingOptions()
    options.text.form = .tokenLines
    options.arpaPath = folder.path + "/words.arpa"
    _ = try ModelBuilder([text], output: folder.path + "/other", options: options).build()
    let arpa = try #require(options.arpaPath)
    let warnings = Mutex<[Failure]>([])
    try ModelImport(arpa, output: model) { event in
      if case .warning(let failure) = event { warnings.withLock { $0.append(failure) } }
    }.run()
    try ModelImport(arpa, output: folder.path + "/third").run()
    #expect(warnings.withLock { $0.count } == 1)
    #expect(try !holds(Self.word, model))
    let (one, other) = (try ModelDirectory(model), try ModelDirectory(folder.path + "/third"))
    let (vocabulary, all) = (try one.vocabulary(), try other.vocabulary())
    let marks = vocabulary.types.filter { Tokenization.isWithheld(Array($0.utf8)) }
    #expect(vocabulary.count == all.count && marks.count == wordCount)
    let (withheld, whole) = (
      try NGramModel(path: model + "/" + ModelDirectory.ngramsName),
      try NGramModel(path: folder.path + "/third/" + ModelDirectory.ngramsName)
    )
    let sentence = ["the", "cat", "saw", Self.word, "at", "night"]
    var states = (withheld.sentenceStartState, whole.sentenceStartState)
    for word in sentence {
      let isForgotten = word == Self.word || wordCount == 2 && word == "night"
      let probabilities = try zip([withheld, whole], [vocabulary, all]).map { ngrams, vocabulary in
        var next = ngrams.emptyState
        let isMarked = isForgotten && ngrams === withheld
        let ids =
          isMarked ? marks.compactMap { vocabulary.id(of: $0) } : [try #require(vocabulary.id(of: word))]
        let state = ngrams === withheld ? states.0 : states.1
        // Whichever of the marks fits is the word's.
        let best = ids.max {
          ngrams.logProbability(of: $0, after: state, next: &next)
            < ngrams.logProbability(of: $1, after: state, next: &next)
        }
        let probability = ngrams.logProbability(of: try #require(best), after: state, next: &next)
        if ngrams === withheld { states.0 = next } else { states.1 = next }
        return probability
      }
      #expect(probabilities[0] == probabilities[1])
    }
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
