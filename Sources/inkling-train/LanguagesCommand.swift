import ArgumentParser
import Console
import JSON
import Lexing
import ModelBuilding
import NeuralTraining
import Platform

/// Trains what tells the language of files without a name, or of paragraphs.
struct LanguagesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "languages", abstract: "Train what tells the language of files or paragraphs.",
    discussion: """
      FOLDER has a folder a language, in it a folder for each package that texts come from, and in those the texts. One package in \
      five is not learned from: the figures that are printed are of its texts. Beside grammars the file is found by its name, \
      files.languages or paragraphs.languages.

      Example: corpora/languages/fetch && inkling-train languages corpora/data/languages --output grammars/files.languages
      """)

  @Argument(help: "The texts: LANGUAGE/PACKAGE/FILE.", completion: .directory) var folder: String
  @Option(help: "Where the file goes.", completion: .file()) var output: String
  @Option(
    help: "What a text is: files, each whole (the default), or paragraphs, each a line of a file.")
  var of: LanguageText = .files
  @Option(help: "The largest that the file may be, such as 1M (default: 1100k).") var size = "1100k"
  @Option(help: "Measure with one package in so many (default: 5).") var heldOutEvery = 5
  @Option(help: "What everything random starts from.") var seed: UInt64 = 1
  @Option(help: "Threads that read; all processors by default.") var threads: Int?
  @Flag(help: "Print one JSON object an event (docs/json-output.md).") var json = false

  enum LanguageText: String, ExpressibleByArgument, CaseIterable {
    case files, paragraphs
  }

  private static let sizes = 10_000...50_000_000

  func validate() throws {
    guard let bytes = NumberText.byteCount(size), Self.sizes.contains(bytes) else {
      throw ValidationError("--size is \(size), not 10k to 50M")
    }
    guard (2...1_000).contains(heldOutEvery) else {
      throw ValidationError("--held-out-every is \(heldOutEvery), not 2 to 1000")
    }
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads is \(threads), not 1 to 256")
    }
  }

  func run() throws {
    Interruption.install()
    try MPIProcessGroup.refuseSeveral("a model of languages")
    var builder = LanguageClassifierBuilder(
      kind: of == .files ? .files : .paragraphs, byteLimit: NumberText.byteCount(size)!,
      threadCount: threads ?? max(1, min(16, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))))
    builder.heldOutEvery = heldOutEvery
    builder.seed = seed
    let bar = json ? nil : ProgressBar()
    bar?.begin("training")
    let (classifier, measurement) = try builder.build(folder) { bar?.update(fraction: $0) }
    bar?.finish()
    try writeFileAtomically(output, classifier.serialized())
    try json ? printObject(classifier, measurement) : printTable(classifier, measurement)
  }

  private static let coverages = [1, 0.95, 0.9, 0.8]

  private func printTable(
    _ classifier: HashedClassifier, _ measured: LanguageClassifierBuilder.Measurement
  ) throws(Failure) {
    try Console.print(
      "\(measured.labels.count) languages, \(measured.trainingCount) texts, \(NumberText.bytes(measured.byteCount))"
    )
    for coverage in Self.coverages {
      try Console.print(
        "\(NumberText.percent(measured.accuracy(coverage: coverage), digits: 2)) right of the "
          + "\(NumberText.percent(coverage, digits: 0)) of \(measured.answers.count) held-out texts that are answered most surely"
      )
    }
    try Console.print(
      "answers from a probability of \(NumberText.fixed(Double(classifier.leastProbability), digits: 3))")
    var table = TextTable([.init("language"), .init("right", .trailing), .init("of", .trailing)])
    for (label, right, count) in measured.byLabel { table.append([label, "\(right)", "\(count)"]) }
    try Console.write(table.text(on: .output))
  }

  private func printObject(
    _ classifier: HashedClassifier, _ measured: LanguageClassifierBuilder.Measurement
  ) throws(Failure) {
    try EventPrinter().print(
      "languages",
      [
        "output": .string(output), "bytes": JSON(measured.byteCount), "texts": JSON(measured.trainingCount),
        "heldOutTexts": JSON(measured.answers.count),
        "leastProbability": JSON(Double(classifier.leastProbability)),
        "accuracy": .array(
          Self.coverages.map { ["coverage": JSON($0), "accuracy": JSON(measured.accuracy(coverage: $0))] }),
        "labels": .array(
          measured.byLabel.map {
            ["label": .string($0.label), "right": JSON($0.rightCount), "texts": JSON($0.count)]
          }),
      ])
  }
}
