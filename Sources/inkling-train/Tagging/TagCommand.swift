import ArgumentParser
import Console
import ModelBuilding
import NeuralTraining
import Platform
import Tagging

/// Trains a tagger of words.
struct TagCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tag", abstract: "Train a tagger: the part of speech, or any other tag, of every word.",
    discussion: """
      FILE has a word, a tab and its tag a line, and an empty line between sentences, or is CoNLL-U, of which the \
      universal part of speech is learned. The taggers: hmm counts; crf weighs features; rnn, lstm, bilstm and \
      bilstm-crf are networks. docs/tagging.md says how they work and how they compare.

      Example: inkling-train tag train.conllu --valid dev.conllu --test test.conllu --output tagger
      Example: inkling-train tag words.txt --classes 20 --output classes
      """)

  @Argument(help: "Tagged text; pipes too, and - for standard input.", completion: .file())
  var files: [String]

  @Option(help: "hmm, crf, rnn, lstm, bilstm or bilstm-crf (default: crf, with --classes hmm).")
  var tagger: TaggerKind?

  @Option(help: "Where the tagger goes. (default: \(TaggerBuilder.defaultOutput))", completion: .directory)
  var output: String?

  @Option(
    help: "Tagged text that is never learned from, to choose by and to measure; may be repeated.",
    completion: .file())
  var valid: [String] = []

  @Option(help: "Tagged text to measure the finished tagger on; may be repeated.", completion: .file())
  var test: [String] = []

  @Option(
    help: """
      Find this many classes of words without looking at tags (Baum-Welch); FILE may then have words alone.
      """)
  var classes: Int?

  @Option(
    help: """
      Of networks: vectors of words that were learned from text without tags, a text file of word2vec or GloVe, or a \
      model with a network.
      """,
    completion: .file())
  var vectors: String?

  @Option(help: "Passes over the text (default: as many as suit the tagger).") var epochs: Int?
  @Option(help: "Of networks: units of the recurrent layer in each direction.") var hidden: Int?
  @Option(help: "What everything random starts from.") var seed: UInt64 = 1
  @Option(help: "Threads; all processors by default.") var threads: Int?

  @Option(
    help: "Of networks: how often to write what a killed run goes on from, such as 30s or 5m (default: 2m).")
  var checkpointInterval: RecurrentArguments.Duration?

  @Flag(help: "Of networks: go on from the checkpoint that a stopped run left beside the output.")
  var resume = false

  @Flag(help: "Print one JSON object an event (docs/json-output.md).") var json = false

  func validate() throws {
    do throws(Failure) { try options().check() } catch {
      throw ValidationError("\(error.what) \(error.why): \(error.remedy)")
    }
  }

  func run() throws {
    Interruption.install()
    try MPIProcessGroup.refuseSeveral("a tagger")
    let stop = StopRequests()
    let reporter = Reporter(json: json) { stop.listen() }
    defer { Interruption.setHandler(nil) }
    _ = try TaggerBuilder(
      files, output: output, options: options(), report: reporter.report, shouldStop: { stop.isStopped }
    ).build()
  }

  private func options() -> TaggerBuildingOptions {
    var options = TaggerBuildingOptions()
    options.kind = tagger
    options.validationPaths = valid
    options.testPaths = test
    options.classCount = classes
    options.vectorsPath = vectors
    options.epochs = epochs
    options.hiddenSize = hidden
    options.seed = seed
    options.threadCount = threads
    options.resumes = resume
    if let checkpointInterval { options.secondsBetweenCheckpoints = checkpointInterval.seconds }
    return options
  }
}

extension TaggerKind: ExpressibleByArgument {}
