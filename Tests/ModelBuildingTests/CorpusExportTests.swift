import JSON
import LanguageModeling
import ModelBuilding
import Neural
import NeuralTraining
import Platform
import Testing

/// What is exported for programs elsewhere is what is learned here.
@Suite struct CorpusExportTests {
  private static func options(_ change: (inout RecurrentTrainingOptions) -> Void = { _ in })
    -> ModelBuildingOptions
  {
    var network = RecurrentTrainingOptions()
    network.sizes.hiddenSize = 8
    network.sizes.layerCount = 1
    network.streamCount = 4
    network.stepCount = 5
    network.length = .epochs(1)
    network.threadCount = 1
    change(&network)
    var options = ModelBuildingOptions()
    options.ngrams.order = 3
    options.fitsMixture = false
    options.network = .trained(network, resumes: false)
    return options
  }

  private static func write(_ folder: TemporaryFolder) throws {
    for number in 0..<12 {
      let secret = number == 3 ? "password = hunter2hunter2hunter2\n" : ""
      try folder.write("text/page\(number).txt", sentences(9 + number) + "only\(number) a\\b\n" + secret)
    }
  }

  @Test(arguments: [false, true]) func theTextAndTheVocabularyAreThoseOfAModel(_ isAdaptive: Bool) throws {
    let folder = TemporaryFolder()
    try Self.write(folder)
    let options = Self.options { if isAdaptive { $0.sizes.cutoffs = [6] } }
    let corpus = folder.path + "/corpus"
    var export = CorpusExport([folder.path + "/text"], output: corpus, options: options)
    export.model = folder.path + "/none"
    try export.run()
    let model = try ModelBuilder([folder.path + "/text"], output: folder.path + "/model", options: options)
      .build().path
    #expect(try readFile(corpus + "/vocabulary.txt") == readFile(model + "/vocabulary.txt"))
    let description = try JSON.parse(try readFile(corpus + "/corpus.json"))
    #expect(description["training"]?["streams"] == 4 && description["training"]?["epochs"] == 1)
    let learned = try #require(try ModelDirectory(model)["recurrent"])
    #expect(description["training"]?["tokens"] == learned["trainingTokens"])
    #expect(description["training"]?["heldOutTokens"] == learned["heldOutTokens"])
    let bytes = try readFile(corpus + "/training.i32")
    #expect(bytes.count == 4 * (1 + (description["training"]?["tokens"]?.integerValue ?? 0)))
    #expect(try readFile(corpus + "/held-out.i32").count > 4)

    // A second export takes the place of the first; something else is not replaced.
    try export.run()
    #expect(throws: Failure.self) {
      try CorpusExport([folder.path + "/text"], output: folder.path + "/text", options: options).run()
    }

    // What training begins with is a network that the model takes.
    try ModelImport(corpus + "/initial.safetensors", output: model).run()
    let network = try RecurrentModel(path: model + "/recurrent.safetensors")
    #expect(network.architecture.hiddenSize == 8)
  }

  @Test func aFewTypesAreTakenIntoTheModelOfAll() throws {
    let folder = TemporaryFolder()
    try Self.write(folder)
    let options = Self.options { $0.sizes.vocabularyLimit = 10 }
    let corpus = folder.path + "/corpus"
    var export = CorpusExport([folder.path + "/text"], output: corpus, options: options)
    export.model = folder.path + "/none"
    try export.run()
    var plain = options
    plain.network = .none
    let model = try ModelBuilder([folder.path + "/text"], output: folder.path + "/model", options: plain)
      .build().path
    try ModelImport(corpus + "/initial.safetensors", output: model).run()
    #expect(try RecurrentModel(path: model + "/recurrent.safetensors").architecture.vocabularyCount == 10)

    // Rows of another vocabulary are refused, and those beyond it.
    let file = try Safetensors(corpus + "/initial.safetensors")
    var writer = SafetensorsWriter(metadata: file.metadata.merging(["training.vocabulary": "0"]) { $1 })
    for (name, tensor) in file.tensors where name != "vocabulary.permutation" {
      writer.add(name, shape: tensor.shape, try file.floats(name))
    }
    writer.add("vocabulary.permutation", shape: [10], (0..<10).map { Int32($0) })
    try writer.write(to: folder.path + "/other.safetensors")
    #expect(throws: Failure.self) {
      try ModelImport(folder.path + "/other.safetensors", output: model).run()
    }
  }

  @Test func whatIsTrainedHereAloneIsRefused() throws {
    let folder = TemporaryFolder()
    try Self.write(folder)
    let changes: [(inout RecurrentTrainingOptions) -> Void] = [
      { $0.sizes.cell = .bag }, { $0.direction = .both },
      { $0.sampled = SampledTraining(objective: .blackOut, sampleCount: 5) }, { $0.method = .averagedSGD },
    ]
    for change in changes {
      #expect(throws: Failure.self) {
        try CorpusExport(
          [folder.path + "/text"], output: folder.path + "/corpus", options: Self.options(change)
        ).run()
      }
      #expect(!fileExists(folder.path + "/corpus"))
    }
  }
}
