import Corpora
import LanguageModeling
import ModelBuilding
import NGrams
import Platform
import Prediction
import Privacy
import Testing

/// The parts of a text that are counted apart give the model of the whole.
@Suite struct RunTests {
  private static let files = [
    ModelDirectory.ngramsName, ModelDirectory.vocabularyName, TrainedContexts.fileName,
    MixtureWeights.fileName,
  ]

  /// A folder of documents in folders, among them twins of different languages, an ignored one, and one with a secret.
  private static func writeDocuments(_ folder: TemporaryFolder, count: Int) throws {
    var random = SplitMix64(seed: 5)
    for number in 0..<count {
      let lines = sentences(20 + Int(random.next() % 40)).split(separator: "\n").shuffled(using: &random)
      let text = lines.joined(separator: "\n") + "\nonly\(number) <unk> </s> (f(\(number), x)) [a, b]\n"
      let place = ["", "b/", "a-b/", "a/c/", "a/"][number % 5]
      try folder.write("text/\(place)page\(number).\(number % 3 == 0 ? "md" : "txt")", text)
      if number % 6 == 0 { try folder.write("text/z/twin\(number).py", text) }
    }
    try folder.write("text/.gitignore", "ignored*\n")
    try folder.write("text/ignored.txt", "ignored words\n")
    try folder.write("text/keys.txt", "password = hunter2hunter2hunter2\nthe cat saw the moon\n")
  }

  private static func options(order: Int = 4) -> ModelBuildingOptions {
    var options = ModelBuildingOptions()
    options.ngrams.order = order
    options.ngrams.memoryByteCount = 256 << 20
    return options
  }

  private static func content(_ model: String) throws -> [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    for name in files where fileExists(model + "/" + name) { result[name] = try readFile(model + "/" + name) }
    return result
  }

  /// Counts a text in several parts and adds some of the runs up, by chance, until few are left.
  private static func runs(
    of paths: [String], parts: Int, in folder: TemporaryFolder, _ options: ModelBuildingOptions, seed: UInt64
  ) throws -> [String] {
    var random = SplitMix64(seed: seed)
    var runs: [String] = []
    for index in 0..<parts {
      var counting = RunCounting(
        paths.shuffled(using: &random), output: "\(folder.path)/\(parts)-\(index).run", options: options)
      counting.shard = CorpusShard(index: index, count: parts)
      counting.model = folder.path + "/none"
      try counting.run()
      runs.append("\(folder.path)/\(parts)-\(index).run")
    }
    while runs.count > 2 {
      runs.shuffle(using: &random)
      let some = Array(runs.prefix(2 + Int(random.next() % 3)))
      runs.removeFirst(some.count)
      let sum = "\(folder.path)/sum\(parts)-\(runs.count)-\(random.next()).run"
      try RunMerge(some, output: sum).run()
      runs.append(sum)
    }
    return runs
  }

  @Test func documentsInAnyCutGiveTheModelOfAll() throws {
    let folder = TemporaryFolder()
    try Self.writeDocuments(folder, count: 40)
    let paths = [folder.path + "/text/a", folder.path + "/text"]
    let options = Self.options()
    _ = try ModelBuilder(paths, output: folder.path + "/whole", options: options).build()
    let whole = try Self.content(folder.path + "/whole")
    #expect(whole.count == Self.files.count)
    for (parts, seed) in [(1, 1), (2, 2), (7, 3), (16, 4)] as [(Int, UInt64)] {
      let runs = try Self.runs(of: paths, parts: parts, in: folder, options, seed: seed)
      let output = "\(folder.path)/model\(parts)"
      _ = try ModelBuilder(runs: runs, output: output, options: options).build()
      #expect(try Self.content(output) == whole, "\(parts) parts")
    }
    let corpus = try ModelDirectory(folder.path + "/model7")["corpus"]
    let expected = try ModelDirectory(folder.path + "/whole")["corpus"]
    for key in ["files", "heldOutFiles", "tokens", "bytes", "languages"] {
      #expect(corpus?[key] != nil && corpus?[key] == expected?[key], "\(key)")
    }
  }

  @Test func rangesTogetherAreTheWhole() throws {
    let folder = TemporaryFolder()
    try Self.writeDocuments(folder, count: 12)
    let runs = try Self.runs(of: [folder.path + "/text"], parts: 4, in: folder, Self.options(), seed: 9)
    try RunMerge(runs, output: folder.path + "/all.run").run()
    var ranges: [String] = []
    for index in 0..<3 {
      var merge = RunMerge(runs.reversed(), output: "\(folder.path)/range\(index).run")
      merge.range = RunMerge.Range(index: index, count: 3)
      try merge.run()
      ranges.append("\(folder.path)/range\(index).run")
    }
    try RunMerge([ranges[2], ranges[0], ranges[1]], output: folder.path + "/again.run").run()
    #expect(try readFile(folder.path + "/all.run") == readFile(folder.path + "/again.run"))
    #expect(throws: Failure.self) {
      _ = try ModelBuilder(runs: Array(ranges.dropLast()), output: folder.path + "/model").build()
    }
  }

  /// Little memory makes parts of one process, and sums of sums.
  @Test func memoryDoesNotChangeARun() throws {
    let folder = TemporaryFolder()
    try Self.writeDocuments(folder, count: 12)
    var options = Self.options()
    for (name, memory) in [("much", 256 << 20), ("little", 1 << 20)] {
      options.ngrams.memoryByteCount = memory
      var counting = RunCounting(
        [folder.path + "/text"], output: "\(folder.path)/\(name).run", options: options)
      counting.model = folder.path + "/none"
      try counting.run()
    }
    #expect(try readFile(folder.path + "/much.run") == readFile(folder.path + "/little.run"))
  }

  struct Lines: Sendable, CustomStringConvertible {
    var order: Int
    var smoothing = Smoothing.kneserNey
    var prune: [Int] = []
    var description: String { "\(order) \(smoothing) \(prune)" }
  }

  @Test(arguments: [
    Lines(order: 5), Lines(order: 1), Lines(order: 3, prune: [0, 0, 1]), Lines(order: 3, prune: [2, 2, 2]),
    Lines(order: 2, smoothing: .backoff, prune: [1, 1]), Lines(order: 8),
    Lines(order: 3, smoothing: .addDelta(0.5)),
  ]) func tokenLinesInAnyCutGiveTheModelOfAll(_ lines: Lines) throws {
    let folder = TemporaryFolder()
    var random = SplitMix64(seed: 11)
    for number in 0..<9 {
      let text = sentences(30 + number).split(separator: "\n").shuffled(using: &random).joined(
        separator: "\n")
      try folder.write(
        "text/\(number % 2 == 0 ? "a" : "a-b")/\(number).txt", text + "\nlast\(number) <unk> word")
    }
    var options = Self.options(order: lines.order)
    options.text.form = .tokenLines
    options.ngrams.smoothing = lines.smoothing
    options.ngrams.prune = lines.prune
    _ = try ModelBuilder([folder.path + "/text"], output: folder.path + "/whole", options: options).build()
    let runs = try Self.runs(of: [folder.path + "/text"], parts: 5, in: folder, options, seed: 6)
    _ = try ModelBuilder(runs: runs, output: folder.path + "/model", options: options).build()
    #expect(try Self.content(folder.path + "/model") == Self.content(folder.path + "/whole"))
  }

  /// So few documents that the split gives one another part than its path says.
  @Test(arguments: [1, 2, 3]) func fewDocumentsGiveTheModelOfAll(_ count: Int) throws {
    let folder = TemporaryFolder()
    for number in 0..<count { try folder.write("text/\(number).txt", sentences(40 + number)) }
    for share in [0.0, 0.1, 0.5] {
      var options = Self.options(order: 3)
      options.text.heldOutShare = share
      _ = try ModelBuilder([folder.path + "/text"], output: folder.path + "/whole", options: options).build()
      let runs = try Self.runs(of: [folder.path + "/text"], parts: 2, in: folder, options, seed: 6)
      _ = try ModelBuilder(runs: runs, output: folder.path + "/model", options: options).build()
      #expect(try Self.content(folder.path + "/model") == Self.content(folder.path + "/whole"))
    }
  }

  @Test func tokenDocumentsAndCharactersGiveTheModelOfAll() throws {
    let folder = TemporaryFolder()
    for number in 0..<12 { try folder.write("text/p\(number % 3)/\(number).txt", sentences(60 + number)) }
    for form in [ModelBuildingOptions.TextForm.tokenDocuments, .characters] {
      var options = Self.options(order: 3)
      options.text.form = form
      _ = try ModelBuilder([folder.path + "/text"], output: folder.path + "/whole", options: options).build()
      let runs = try Self.runs(of: [folder.path + "/text"], parts: 3, in: folder, options, seed: 6)
      _ = try ModelBuilder(runs: runs, output: folder.path + "/model", options: options).build()
      #expect(try Self.content(folder.path + "/model") == Self.content(folder.path + "/whole"))
    }
  }

  // MARK: What is refused

  private func count(
    _ path: String, _ output: String, in folder: TemporaryFolder,
    _ change: (inout ModelBuildingOptions) -> Void = { _ in }
  ) throws {
    var options = Self.options(order: 3)
    change(&options)
    var counting = RunCounting([path], output: output, options: options)
    counting.model = folder.path + "/model"
    try counting.run()
  }

  private func refusal(_ runs: [String], _ folder: TemporaryFolder) -> Failure? {
    do throws(Failure) { try RunMerge(runs, output: folder.path + "/sum.run").run() } catch { return error }
    return nil
  }

  @Test func whatDoesNotGoTogetherIsRefusedByName() throws {
    let folder = TemporaryFolder()
    let text = try folder.write("text.txt", sentences(40))
    let other = try folder.write("other.txt", sentences(50))
    let (a, b, c) = (folder.path + "/a.run", folder.path + "/b.run", folder.path + "/c.run")
    try count(text, a, in: folder)
    try count(text, b, in: folder)
    #expect(refusal([a, b], folder)?.what == b)
    try count(other, b, in: folder)
    #expect(refusal([a, b], folder) == nil)
    #expect(refusal([a, folder.path + "/sum.run"], folder)?.why.contains("twice") == true)
    try count(other, c, in: folder) { $0.ngrams.order = 4 }
    #expect(refusal([a, c], folder)?.why.contains("order") == true)
    try count(other, c, in: folder) { $0.text.form = .tokenLines }
    #expect(refusal([a, c], folder)?.what == c)
    #expect(refusal([a, text], folder)?.what == text)
    // What is no run is never replaced by one.
    #expect(throws: Failure.self) { try RunMerge([a, b], output: text).run() }
    #expect(try readFile(text) == Array(sentences(40).utf8))
  }

  @Test func whatWasForgottenSinceIsRefused() throws {
    let folder = TemporaryFolder()
    let text = try folder.write("text.txt", sentences(40))
    try count(text, folder.path + "/a.run", in: folder)
    var list = ForgottenList(salt: [1, 2, 3])
    list.forget(word: "sailor")
    try list.write(besideModel: folder.path + "/model")
    let builder = ModelBuilder(runs: [folder.path + "/a.run"], output: folder.path + "/model")
    let refused = #expect(throws: Failure.self) { _ = try builder.build() }
    #expect(refused?.why.contains("forgotten") == true)
    try count(text, folder.path + "/a.run", in: folder)
    _ = try builder.build()
    let types = try ModelDirectory(folder.path + "/model").vocabulary().types
    #expect(types.contains("moon") && !types.contains("sailor"))
  }

  /// Whatever a run has become on disk, it is refused or read as it was; nothing crashes.
  @Test func damagedRunsAreRefused() throws {
    let folder = TemporaryFolder()
    try Self.writeDocuments(folder, count: 3)
    try count(folder.path + "/text", folder.path + "/a.run", in: folder)
    let bytes = try readFile(folder.path + "/a.run")
    var random = SplitMix64(seed: 3)
    let damaged = folder.path + "/damaged.run"
    for attempt in 0..<200 {
      var changed = bytes
      if attempt % 4 == 0 {
        changed.removeLast(1 + Int(random.next() % UInt64(bytes.count - 1)))
      } else {
        changed[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 + random.next() % 255)
      }
      try writeFileAtomically(damaged, changed)
      let refused = refusal([damaged], folder)
      #expect(refused?.what == damaged, "attempt \(attempt)")
    }
  }
}
