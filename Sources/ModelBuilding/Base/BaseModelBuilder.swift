import JSON
import LanguageModeling
import NGrams
import NeuralTraining
import Platform
import Prediction

/// Builds the base model of a language from the packages of the system's package manager, as `corpora/base` says which.
///
/// No network is opened here: `corpora/base/fetch` has the package manager download, as whoever runs it.
package struct BaseModelBuilder: Sendable {
  /// The languages that there are recipes for.
  package static var languages: [String] { BaseLanguage.all }
  /// Where the base model of a language is looked for; nil where the person has no folder for data.
  package static func defaultOutput(of language: String) -> String? { BaseLanguage.path(of: language) }

  /// How large a base model is at most, all files together.
  package static let byteLimit = 40_000_000
  /// Thresholds of n-gram counts, for one that is too large without the next.
  private static let prunings = [[0, 0, 0, 1, 1], [0, 0, 1, 1, 1], [0, 1, 1, 2, 2], [0, 1, 2, 3, 3]]
  private static let order = 5
  /// Types that a network knows, and the size of its layers: some 7 MB of the 40, and a softmax that costs no answer more
  /// than a fraction of a millisecond. It is a full one, so that a network of another vocabulary can begin as it.
  private static let networkTypeCount = 12_000
  private static let networkSize = 256
  private static let environmentVariable = "INKLING_CORPORA"

  /// A name of `BaseLanguage.all`.
  package var language: String
  /// Where the model goes.
  package var output: String
  /// Files and folders that are learned from beside the packages.
  package var addedPaths: [String] = []
  /// Whether the packages are left out.
  package var leavesOutPackages = false
  /// The most text out of packages, in millions of bytes.
  package var megabyteCount = 16
  /// How long a network of the language is trained, which others then begin as, in seconds; nil for none.
  package var networkSeconds: Double?

  package init(language: String, output: String) {
    self.language = language
    self.output = output
  }

  /// - Parameters:
  ///   - report: told how the build goes.
  ///   - note: told in a line what is downloaded.
  ///   - shouldStop: asked after each step of a network's training; once it is true the model gets what has been learned.
  package func build(
    report: @escaping @Sendable (ModelBuildingEvent) -> Void, note: (String) -> Void,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws(Failure) -> BuiltModel {
    let text = try TemporaryFolder("inkling-base", in: NamedInputs.temporaryDirectory)
    defer { withExtendedLifetime(text) {} }
    var packages: [JSON] = []
    if !leavesOutPackages { packages = try fetch(into: text.path, note) }
    let roots = (leavesOutPackages ? [] : [text.path]) + addedPaths
    guard !roots.isEmpty else {
      throw Failure(
        language, why: "nothing to learn from", remedy: "name text with --add, or use the packages")
    }
    var built: BuiltModel?
    for pruning in Self.prunings {
      var options = ModelBuildingOptions()
      options.ngrams.order = Self.order
      options.ngrams.prune = pruning
      options.ngrams.isQuantized = true
      options.isCompact = true
      options.provenance = ["language": JSON(language), "packages": .array(packages)]
      if let networkSeconds {
        // N-grams are left out, types are not: the network that was trained for them is right for fewer, too.
        options.network =
          built == nil
          ? .trained(Self.network(seconds: networkSeconds), resumes: false) : .taken(fromModel: output)
      }
      let model = try ModelBuilder(
        roots, output: output, options: options, report: report, shouldStop: shouldStop
      ).build()
      built = model
      if try byteCount(output) <= Self.byteLimit { return model }
      note("the model is larger than \(Self.byteLimit / 1_000_000) MB: once more, rarer n-grams left out")
    }
    guard let built else { throw Failure(language, why: "was not built") }
    return built
  }

  private static func network(seconds: Double) -> RecurrentTrainingOptions {
    var options = RecurrentTrainingOptions()
    options.length = .seconds(seconds)
    options.sizes.layerCount = 1
    options.sizes.hiddenSize = networkSize
    options.sizes.embeddingSize = networkSize
    options.sizes.isTied = true
    options.sizes.isAdaptive = false
    options.sizes.vocabularyLimit = networkTypeCount
    return options
  }

  private func byteCount(_ path: String) throws(Failure) -> Int {
    try ModelDirectory(path, verification: .sizes).files.values.reduce(0) { $0 + $1.count }
  }

  // MARK: The packages

  /// Has the recipe write the text of the packages into a folder.
  ///
  /// - Returns: what there is to say of each package.
  private func fetch(into folder: String, _ note: (String) -> Void) throws(Failure) -> [JSON] {
    guard
      let corpora = sharedFolder(
        "corpora", variable: Self.environmentVariable, holding: "base/languages.json")
    else {
      throw Failure(
        "corpora", why: "not found beside the program",
        remedy: "install with `make install`, or set \(Self.environmentVariable) to the folder")
    }
    let process = try PipedProcess([corpora + "/base/fetch", language, folder, String(megabyteCount)])
    close(process.input)
    var pending: [UInt8] = []
    while let bytes = process.read() {
      pending += bytes
      while let end = pending.firstIndex(of: 10) {
        note(String(decoding: pending[..<end], as: UTF8.self))
        pending.removeFirst(end + 1)
      }
    }
    let end = process.stop(patience: 60_000)
    guard end == .status(0) else {
      throw Failure(
        language, why: "its text could not be fetched (\(corpora)/base/fetch ended with \(end.exitStatus))",
        remedy: "see what it says above, or name text of your own with --add and --without-packages")
    }
    return try table(folder + "/corpus.json")
  }

  private func table(_ path: String) throws(Failure) -> [JSON] {
    do throws(JSONError) {
      let table = try JSON.parse(readTable(path))
      return table["packages"]?.arrayValue ?? []
    } catch { throw Failure(path, why: "is not what the recipe writes: \(error.description)") }
  }

  private func readTable(_ path: String) -> [UInt8] { (try? readFile(path, limit: 1 << 24)) ?? [] }
}
