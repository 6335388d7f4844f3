import ArgumentParser
import Console
import JSON
import LanguageModeling
import NGrams
import Platform

/// Makes a model of an ARPA file.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a model of an ARPA file, or take a network's weights into a model.",
    discussion: """
      An ARPA file of KenLM, SRILM or Kaldi becomes a model directory. Weights that PyTorch trained \
      (.safetensors, docs/training.md) go into a model that is there. FILE may be a pipe, or - for standard input.

      Example: inkling-train import news.arpa --output news
      Example: inkling-train import <(zcat news.arpa.gz) --output news
      """)

  @Argument(help: "The ARPA file, or weights in a .safetensors file.", completion: .file()) var file: String

  @Option(help: "Where the model goes.", completion: .directory)
  var output = TrainCommand.defaultOutput

  @Flag(
    name: [.customLong("quantize"), .customLong("quantise")],
    help: "Store probabilities and backoff weights in 8 bits: half the file; the loss is reported.")
  var quantize = false

  @Option(
    help:
      "With weights: the type of each row of the network, one a line (default: the model's own vocabulary).",
    completion: .file())
  var vocabulary: String?

  @Flag(help: "Print one JSON object an event (docs/json-output.md).") var json = false

  func run() throws {
    Interruption.install()
    let reporter = Reporter(json: json)
    guard !isDirectory(file) else { throw Failure(file, why: "is a directory", remedy: "name an ARPA file") }
    try ModelOutput.check(output)
    var named = NamedInputs()
    let path = try named.readable(file)
    try named.naming {
      if try isWeights(path) {
        guard !quantize else {
          throw ValidationError("--quantize is for n-grams: weights are kept as they are")
        }
        return try RecurrentImport(
          file: path, name: file, output: output, vocabularyPath: vocabulary, reporter: reporter
        ).run()
      }
      guard vocabulary == nil else {
        throw ValidationError("--vocabulary belongs to weights; an ARPA file has its own")
      }
      try importARPA(path, reporter)
    }
  }

  /// Whether a file is safetensors: by its name, or, as what comes through a pipe has none, by its first bytes, a length
  /// and the brace of a header.
  private func isWeights(_ path: String) throws(Failure) -> Bool {
    if file.hasSuffix(".safetensors") { return true }
    let (descriptor, status) = try openRegularFile(path)
    defer { close(descriptor) }
    var head = [UInt8](repeating: 0, count: 9)
    guard pread(descriptor, &head, 9, 0) == 9, head[8] == UInt8(ascii: "{") else { return false }
    return head[4..<8].allSatisfy { $0 == 0 } && status.st_size > 9
  }

  private func importARPA(_ path: String, _ reporter: Reporter) throws(Failure) {
    var model = try ModelOutput(output, isDefault: output == TrainCommand.defaultOutput)
    reporter.begin("reading ARPA")
    let read = try ARPAReader.read(path)
    var options = NGramFileOptions()
    options.isQuantized = quantize
    let summary: NGramFileSummary
    do throws(Failure) {
      summary = try NGramModelWriter.write(
        read.table, to: model.path(of: ModelDirectory.ngramsName), options: options)
    } catch { throw model.explained(error) }
    reporter.end()
    try model.add(ModelDirectory.ngramsName)
    try model.write(ModelDirectory.vocabularyName, read.vocabulary.serialized())
    model["trained"] = [
      "inkling": JSON(inklingVersion), "at": JSON(utcTimestamp()), "seconds": JSON(reporter.elapsedSeconds),
      "importedFrom": JSON(file),
    ]
    model["units"] = "word"
    model["vocabulary"] = ["types": JSON(read.vocabulary.count)]
    model["ngrams"] = [
      "order": JSON(summary.counts.count), "counts": .array(summary.counts.map { JSON($0) }),
      "quantized": JSON(quantize),
    ]
    try model.commit(log: reporter.log.isEmpty ? nil : reporter.log)
    let members: JSONObject = [
      "model": JSON(output), "seconds": JSON(reporter.elapsedSeconds), "ngramsBytes": JSON(summary.byteCount),
      "types": JSON(read.vocabulary.count), "addedNGrams": JSON(read.addedCount),
    ]
    reporter.report(
      "finished", members,
      text: "Model in \(output): \(NumberText.grouped(read.vocabulary.count)) types, "
        + "\(NumberText.grouped(summary.counts.reduce(0, +))) n-grams up to order \(summary.counts.count), "
        + NumberText.bytes(summary.byteCount))
  }
}
