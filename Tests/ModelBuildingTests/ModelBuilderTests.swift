import LanguageModeling
import ModelBuilding
import NGrams
import NeuralTraining
import Platform
import Prediction
import Synchronization
import Testing

@Suite struct ModelBuilderTests {
  @Test func filesBecomeAModel() throws {
    let folder = TemporaryFolder()
    for number in 0..<4 { try folder.write("text/page\(number).txt", sentences(30 + number)) }
    let events = Mutex<[String]>([])
    var options = ModelBuildingOptions()
    options.ngrams.order = 3
    options.text.heldOutShare = 0.25
    let built = try ModelBuilder([folder.path + "/text"], output: folder.path + "/model", options: options) {
      event in if let name = event.object?.name { events.withLock { $0.append(name) } }
    }.build()
    let model = try Model(directory: ModelDirectory(built.path))
    #expect(built.ngramCounts.count == 3 && model.vocabulary.count == built.vocabularyCount)
    #expect(model.vocabulary.types.contains("sailor") && model.weights != nil)
    #expect(events.withLock { $0.first == "corpus" && $0.last == "finished" && $0.contains("metrics") })
    #expect(try ModelDirectory(built.path)["corpus"]?["files"]?.integerValue == 4)
  }

  @Test func aTokenFileBecomesAModelWithANetwork() throws {
    let folder = TemporaryFolder()
    let text = try folder.write("train.txt", sentences(200))
    var network = RecurrentTrainingOptions()
    network.length = .epochs(1)
    network.sizes.hiddenSize = 8
    network.sizes.layerCount = 1
    network.threadCount = 1
    var options = ModelBuildingOptions()
    options.text.form = .tokenLines
    options.ngrams.order = 2
    options.network = .trained(network, resumes: false)
    options.arpaPath = folder.path + "/model.arpa"
    var weights: [[UInt8]] = []
    for name in ["first", "second"] {
      let built = try ModelBuilder([text], output: folder.path + "/" + name, options: options).build()
      let directory = try ModelDirectory(built.path)
      let ngrams = try NGramModel(path: directory.path + "/" + ModelDirectory.ngramsName)
      let vocabulary = try directory.vocabulary()
      let saw = try #require(vocabulary.id(of: "saw"))
      var next = ngrams.emptyState
      #expect(ngrams.logProbability(of: saw, after: ngrams.emptyState, next: &next) < 0)
      weights.append(Array(try #require(directory.file(ModelDirectory.recurrentName)).bytes))
      #expect(!fileExists(built.path + ".checkpoint"))
    }
    #expect(weights[0] == weights[1])
    #expect(fileExists(folder.path + "/model.arpa"))
  }

  /// A network begins as that of another model, over its own words.
  @Test func aNetworkBeginsAsAnother() throws {
    let folder = TemporaryFolder()
    var network = RecurrentTrainingOptions()
    network.length = .epochs(2)
    network.sizes.hiddenSize = 8
    network.sizes.layerCount = 1
    network.threadCount = 1
    var options = ModelBuildingOptions()
    options.ngrams.order = 2
    options.text.form = .tokenLines
    let without = try ModelBuilder(
      [try folder.write("plain.txt", sentences(80))], output: folder.path + "/plain", options: options
    ).build()
    options.network = .trained(network, resumes: false)
    let source = try ModelBuilder(
      [try folder.write("source.txt", sentences(200))], output: folder.path + "/source", options: options
    ).build()
    let text = sentences(120).replacing("sailor", with: "sailors").replacing("apples", with: "quinces")
    let path = try folder.write("train.txt", text)
    // Its sizes are the source's.
    network.sizes.hiddenSize = nil
    options.network = .trained(network, resumes: false)
    options.beginning = .model(source.path)
    let built = try ModelBuilder([path], output: folder.path + "/model", options: options).build()
    let description = try #require(try ModelDirectory(built.path)["recurrent"])
    #expect(description["hidden"]?.integerValue == 8)
    let beginning = try #require(description["from"])
    #expect(beginning["model"]?.stringValue == source.path && beginning["similarTypes"]?.integerValue == 1)
    let words = Set(text.split(whereSeparator: \.isWhitespace).map { String($0) })
    let known = try ModelDirectory(source.path).vocabulary().types.filter { words.contains($0) }
    #expect(beginning["knownTypes"]?.integerValue == known.count)
    options.beginning = .model(without.path)
    #expect(throws: Failure.self) {
      try ModelBuilder([path], output: folder.path + "/none", options: options).build()
    }
  }

  @Test func anArpaFileComesBack() throws {
    let folder = TemporaryFolder()
    var options = ModelBuildingOptions()
    options.text.form = .tokenLines
    options.arpaPath = folder.path + "/model.arpa"
    let built = try ModelBuilder(
      [try folder.write("train.txt", sentences(50))], output: folder.path + "/model", options: options
    ).build()
    try ModelImport(folder.path + "/model.arpa", output: folder.path + "/imported").run()
    let (one, other) = (try ModelDirectory(built.path), try ModelDirectory(folder.path + "/imported"))
    #expect(try one.vocabulary().types == other.vocabulary().types)
  }

  typealias Change = @Sendable (inout ModelBuildingOptions) -> Void

  private static let misfits: [Change] = [
    { $0.ngrams.order = 9 }, { $0.ngrams.prune = [1, 0] }, { $0.ngrams.smoothing = .addDelta(0) },
    { $0.text.heldOutShare = 0.7 }, { $0.network = .taken(fromModel: "/nowhere") },
  ]

  @Test(arguments: misfits.indices) func whatFitsNothingIsRefused(_ index: Int) throws {
    let folder = TemporaryFolder()
    var options = ModelBuildingOptions()
    Self.misfits[index](&options)
    let builder = ModelBuilder(
      [try folder.write("text.txt", sentences(20))], output: folder.path + "/model", options: options)
    #expect(throws: Failure.self) { try builder.build() }
    #expect(!fileExists(folder.path + "/model"))
  }
}
