import JSON
import LanguageModeling
import NGrams
import Platform
import Privacy

/// Makes a model of an ARPA file, or takes a network's weights into a model that is there.
///
///     try ModelImport("news.arpa", output: "news").run()
public struct ModelImport {
  /// Whether the file holds a network's weights (safetensors), and no ARPA.
  public let holdsWeights: Bool
  /// Of an ARPA file: whether probabilities and backoff weights are stored in 8 bits.
  public var isQuantized = false
  /// Of weights: a file with the type of each row of the network, one a line; nil where they are the model's own.
  public var vocabularyPath: String?

  private let file: String
  private let output: String
  private let reporter: BuildReporter
  private let inputs: NamedInputs
  /// Where the file can be read as often as need be.
  private let path: String

  /// Looks at the file, and whether the model may be put where it is to go.
  ///
  /// - Parameters:
  ///   - file: the ARPA file or the weights; a pipe too, and `-` for standard input.
  ///   - output: the model directory; nil is `ModelBuilder.defaultOutput`, which must not lead out of the current folder.
  ///   - report: told how it goes.
  public init(
    _ file: String, output: String? = nil,
    report: @escaping @Sendable (ModelBuildingEvent) -> Void = { _ in }
  ) throws(Failure) {
    guard !isDirectory(file) else { throw Failure(file, why: "is a directory", remedy: "name an ARPA file") }
    let place = output ?? ModelBuilder.defaultOutput
    if output == nil { try OutputChecks.checkDefaultOutput() }
    try ModelOutput.check(place)
    var inputs = NamedInputs()
    let path = try inputs.readable(file)
    holdsWeights = try inputs.naming { () throws(Failure) in try Self.isWeights(path, name: file) }
    self.file = file
    self.output = place
    self.path = path
    self.inputs = inputs
    reporter = BuildReporter(report)
  }

  /// Reads the file and writes the model.
  ///
  /// - Throws: `Failure` with the line of an ARPA file that is malformed, or what of the weights does not fit the model.
  public func run() throws(Failure) {
    try inputs.naming { () throws(Failure) in
      if holdsWeights {
        try RecurrentImport(
          file: path, name: file, output: output, vocabularyPath: vocabularyPath, reporter: reporter
        ).run()
      } else {
        try importARPA()
      }
    }
  }

  /// By the file's name, or, as what comes through a pipe has none, by its first bytes, a length and the brace of a
  /// header.
  private static func isWeights(_ path: String, name: String) throws(Failure) -> Bool {
    if name.hasSuffix(".safetensors") { return true }
    let (descriptor, status) = try openRegularFile(path)
    defer { close(descriptor) }
    var head = [UInt8](repeating: 0, count: 9)
    guard pread(descriptor, &head, 9, 0) == 9, head[8] == UInt8(ascii: "{") else { return false }
    return head[4..<8].allSatisfy { $0 == 0 } && status.st_size > 9
  }

  private func importARPA() throws(Failure) {
    let forgotten = try ForgottenList.read(besideModel: output)
    var model = try ModelOutput(output, reporter: reporter)
    reporter.begin(.arpaReading)
    let types = TypeReader(forgotten: forgotten.lastingWords)
    var withheldCount = 0
    let read = try ARPAReader.read(path) { word in
      guard types.isForgotten(word) else { return nil }
      withheldCount += 1
      return Tokenization.ownMark(withheldCount - 1)
    }
    if withheldCount > 0 {
      reporter.end()
      let words = withheldCount == 1 ? "a word" : "\(withheldCount) words"
      reporter.warn(
        Failure(
          file, why: "has \(words) that \(output) was told to forget",
          remedy: "taken in without spelling: never offered, and no other probability changes"))
    }
    var options = NGramFileOptions()
    options.isQuantized = isQuantized
    let summary: NGramFileSummary
    do throws(Failure) {
      summary = try NGramModelWriter.write(
        read.table, to: model.path(of: ModelDirectory.ngramsName), options: options)
    } catch { throw model.explained(error) }
    reporter.end()
    try model.add(ModelDirectory.ngramsName)
    try model.writeVocabulary(read.vocabulary)
    model["trained"] = [
      "inkling": JSON(inklingVersion), "at": JSON(utcTimestamp()), "seconds": JSON(reporter.elapsedSeconds),
      "importedFrom": JSON(file),
    ]
    model["forgotten"] = forgotten.mark.json
    model["units"] = "word"
    model["vocabulary"] = ["types": JSON(read.vocabulary.count)]
    model["ngrams"] = [
      "order": JSON(summary.counts.count), "counts": .array(summary.counts.map { JSON($0) }),
      "quantized": JSON(isQuantized),
    ]
    let log = reporter.log
    try model.commit(log: log.isEmpty ? nil : log)
    reporter.report(
      .finished(
        BuiltModel(
          path: output, seconds: reporter.elapsedSeconds, vocabularyCount: read.vocabulary.count,
          ngramCounts: summary.counts, ngramByteCount: summary.byteCount, addedNGramCount: read.addedCount)))
  }
}

extension Vocabulary {
  /// How many of the types are words that a new model must not have.
  func count(ofForgotten list: ForgottenList) -> Int {
    let reader = TypeReader(forgotten: list.lastingWords)
    guard !reader.forgotten.isEmpty else { return 0 }
    return (Vocabulary.specials.count..<count).count { id in
      withBytes(of: TokenID(id)) { reader.isForgotten($0) }
    }
  }
}
