import Classification
import LanguageModeling
import Neural
import NeuralTraining
import Platform
import Privacy
import Testing

@testable import ModelBuilding

/// From labelled texts to a classifier that answers.
@Suite struct ClassifierBuilderTests {
  /// Whether "not" stands before "good" or "bad": what single words do not tell.
  static func reviews(_ count: Int) -> [(label: String, text: String)] {
    var random = SplitMix64(seed: 77)
    let fillers = ["the film", "a story", "this actor", "her voice", "the end", "every scene"]
    return (0..<count).map { _ in
      let isGood = random.next() % 2 == 0
      let isNegated = random.next() % 2 == 0
      func filler() -> String { fillers[Int(random.next() % 6)] }
      let word = (isNegated ? "not " : "") + (isGood ? "good" : "bad")
      return (isGood != isNegated ? "up" : "down", "\(filler()) was \(word) and \(filler()) too")
    }
  }

  static func lines(_ reviews: [(label: String, text: String)]) -> String {
    reviews.map { "\($0.label)\t\($0.text)\n" }.joined()
  }

  static func read(_ path: String, labels: [String]? = nil) throws -> LabelledExamples {
    try LabelledReading(types: TypeReader(), forgottenPaths: [], threadCount: 2).read(
      path, name: path, labels: labels)
  }

  @Test func allFormsSayTheSame() throws {
    let folder = TemporaryFolder()
    let tab = try Self.read(folder.write("a.tsv", "so so\tfine, \"really\"\n\nß 🎈\tone\r\nso so\t\n"))
    let objects = try Self.read(
      folder.write(
        "a.jsonl",
        "{\"label\": \"so so\", \"text\": \"fine, \\\"really\\\"\"}\n{\"text\": \"one\", \"label\": \"ß 🎈\"}\n{\"label\":\"so so\",\"text\":\"\"}"
      ))
    let table = try Self.read(
      folder.write("a.csv", "id,Text,Label\r\n1,\"fine, \"\"really\"\"\",so so\r\n2,one,ß 🎈\r\n3,,so so\r\n"))
    for other in [objects, table] {
      #expect(other.labels == tab.labels && other.examples.map(\.label) == tab.examples.map(\.label))
      #expect(other.examples.map { $0.words.text() } == tab.examples.map { $0.words.text() })
    }
    #expect(tab.labels == ["so so", "ß 🎈"] && tab.examples.map(\.label) == [0, 1, 0])
    try folder.write("tree/ß 🎈/x.txt", "one")
    try folder.write("tree/so so/deep/y.txt", "fine, \"really\"")
    try folder.write("tree/so so/z.txt", "")
    let tree = try Self.read(folder.path + "/tree")
    #expect(Set(tree.labels) == Set(tab.labels) && tree.counts.sorted() == [1, 2])
  }

  @Test func whatIsMalformedIsNamedWithItsLine() throws {
    let folder = TemporaryFolder()
    for (name, text, place) in [
      ("a.tsv", "up\tfine\nno tab\n", "line 2"), ("b.tsv", "\ttext\n", "line 1"),
      ("a.jsonl", "{\"label\":\"up\",\"text\":\"x\"}\n{\"label\":\"up\"}\n", "line 2"),
      ("b.jsonl", "{\"label\":\"up\",\n", "line 1"), ("a.csv", "name,words\nup,x\n", "line 1"),
      ("b.csv", "label,text\nup\n", "line 2"), ("c.csv", "label,text\nup,\"x\n", "line 2"),
      ("empty.tsv", "\n", "empty.tsv"),
    ] {
      let path = try folder.write(name, text)
      let failure = #expect(throws: Failure.self) { try Self.read(path) }
      #expect(failure?.what.contains(place) == true, "\(name): \(failure?.description ?? "")")
      #expect(failure?.remedy.isEmpty == false)
    }
    let path = try folder.write("other.tsv", "new\ttext\n")
    #expect(throws: Failure.self) { try Self.read(path, labels: ["up", "down"]) }
  }

  @Test func aBagLearnsWhatPairsTell() throws {
    let folder = TemporaryFolder()
    let path = try folder.write("reviews.tsv", Self.lines(Self.reviews(400)))
    let test = try folder.write("test.tsv", Self.lines(Array(Self.reviews(500).suffix(100))))
    var options = ClassifierBuildingOptions()
    options.testPath = test
    options.foldCount = 4
    options.bagHasCharacters = false
    let scores = Recorder()
    let built = try ClassifierBuilder(
      path, output: folder.path + "/model", options: options, report: scores.take
    ).build()
    #expect(built.exampleCount == 400)
    #expect(scores.accuracy("test") > 0.98 && scores.accuracy("folds") > 0.98)
    let classifier = try TextClassifier.open(folder.path + "/model")
    #expect(try classifier.classify(Array("her voice was not bad at all".utf8)).best.label == "up")
    let text = Array("her voice was not good".utf8)
    let down = try #require(classifier.labels.firstIndex(of: "down"))
    let parts = try classifier.explain(text, label: down, limit: 1).map {
      String(decoding: text[$0.place], as: UTF8.self)
    }
    #expect(parts == ["not good"])
    let report = String(decoding: try readFile(folder.path + "/model/report.html"), as: UTF8.self)
    #expect(report.contains("Calibration") && report.contains("taken for"))
  }

  @Test(arguments: TextEncoder.allCases) func everyEncoderTrainsAndAnswersAsMeasured(encoder: TextEncoder)
    throws
  {
    let folder = TemporaryFolder()
    let reviews = Self.reviews(160)
    let path = try folder.write("reviews.tsv", Self.lines(reviews))
    var options = ClassifierBuildingOptions()
    options.encoder = encoder
    options.testPath = path
    options.training.length = .epochs(encoder == .bag ? 1 : 12)
    options.training.rate = 0.01
    options.training.batchSize = 10
    options.training.threadCount = 2
    options.training.patience = nil
    if encoder != .bag {
      options.embeddingSize = 8
      options.hiddenSize = 8
      options.filterCount = 8
      options.dropout = 0.1
    }
    let scores = Recorder()
    _ = try ClassifierBuilder(path, output: folder.path + "/model", options: options, report: scores.take)
      .build()
    // What recurs, and trees, need more passes than a test may take to connect two words.
    let recurs: Set<TextEncoder> = [.rnn, .gru, .lstm, .bilstm, .rae]
    #expect(scores.accuracy("test") > (recurs.contains(encoder) ? 0.45 : 0.85), "\(encoder)")
    let classifier = try TextClassifier.open(folder.path + "/model")
    var right = 0
    for (label, text) in reviews where try classifier.classify(Array(text.utf8)).best.label == label {
      right += 1
    }
    #expect(abs(Double(right) / 160 - scores.accuracy("test")) < 1e-9)
    #expect(try classifier.explain(Array(reviews[0].text.utf8), label: 0, limit: 3).count == 3)
  }

  @Test func vectorsLearnedElsewhereAreWhereNetworksBegin() throws {
    let folder = TemporaryFolder()
    let path = try folder.write("v.txt", "3 2\ngood 1 0\nbad -1 0.5\nUnseen 0 3\n")
    let vectors = try WordVectors(path, wanted: [], unseenLimit: 100_000) {
      Array(String(decoding: $0, as: UTF8.self).lowercased().utf8)
    }
    #expect(
      vectors.size == 2
        && Set(vectors.rows.keys.map { String(decoding: $0, as: UTF8.self) }) == ["good", "bad", "unseen"])
    let vocabulary = Vocabulary(types: ["bad", "good", "other"].map { Array($0.utf8) })
    let table = vectors.table(of: vocabulary, seed: 1)
    #expect(Array(table[6..<10]) == [-1, 0.5, 1, 0])
    // √(3 · (1 + 1 + 0.25 + 9) / 6)
    #expect(table.allSatisfy { abs($0) <= 2.372 } && table[10] != 0)
    for text in ["good 1 0\nbad 1\n", "good 1 x\n", "", "good nan 1\n"] {
      let path = try folder.write("w.txt", text)
      #expect(throws: Failure.self) {
        try WordVectors(path, wanted: [], unseenLimit: 100_000) {
          Array(String(decoding: $0, as: UTF8.self).lowercased().utf8)
        }
      }
    }
    var options = ClassifierBuildingOptions()
    options.encoder = .cnn
    options.channels = .static
    options.vectorsPath = path
    options.training.length = .epochs(1)
    options.filterCount = 4
    let reviews = try folder.write("reviews.tsv", Self.lines(Self.reviews(60)))
    _ = try ClassifierBuilder(reviews, output: folder.path + "/model", options: options).build()
    let model = try ModelDirectory(folder.path + "/model")
    let weights = try Safetensors(file: #require(model.file(ModelDirectory.networkName)))
    let id = try #require(try model.vocabulary().id(of: "good")).index
    #expect(Array(try weights.floats("embedding.weight")[2 * id..<2 * id + 2]) == [1, 0])
  }

  @Test func oddTextsTrainOrSayWhatIsMissing() throws {
    let folder = TemporaryFolder()
    func build(_ text: String, _ encoder: TextEncoder) throws {
      var options = ClassifierBuildingOptions()
      options.encoder = encoder
      options.training.length = .epochs(1)
      let path = try folder.write("odd.tsv", text)
      _ = try ClassifierBuilder(path, output: folder.path + "/model", options: options).build()
      let classifier = try TextClassifier.open(folder.path + "/model")
      for text in ["", "\u{0}\u{1}", "word", String(repeating: "word ", count: 3_000)] {
        let probabilities = try classifier.classify(Array(text.utf8)).probabilities
        #expect(abs(probabilities.reduce(0, +) - 1) < 1e-4)
      }
    }
    for encoder in [TextEncoder.bag, .cnn, .lstm, .convLSTM] {
      #expect(throws: Failure.self) { try build("one\ttext\none\tother\n", encoder) }
      #expect(throws: Failure.self) { try build("one\ttext\n", encoder) }
      try build("one\t\ntwo\t\n", encoder)
      try build("one\ta\ntwo\tb\nthree\tc\n", encoder)
    }
  }

  /// Keeps what a build told.
  private final class Recorder: @unchecked Sendable {
    private var scores: [String: Double] = [:]

    func take(_ event: ModelBuildingEvent) {
      if case .classifier(.scores(let scores, let on)) = event { self.scores[on] = scores.value(.accuracy) }
    }

    func accuracy(_ on: String) -> Double { scores[on] ?? -1 }
  }
}
