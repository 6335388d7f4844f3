import Corpora
import LanguageModeling
import Lexing
import NGrams
import Platform
import Prediction
import Privacy

/// Reads documents as the types that models learn: files found by walking paths, or token files.
struct CorpusReading {
  /// The share of the files that is held out while the mixture is fitted, where nobody says otherwise.
  static let defaultHeldOutShare = 0.08

  let options: ModelBuildingOptions.Text
  let seed: UInt64
  /// What must not be learned.
  let forgotten: ForgottenList
  let types: TypeReader
  let reporter: BuildReporter

  init(
    _ options: ModelBuildingOptions, forgotten: ForgottenList, reporter: BuildReporter
  ) {
    self.options = options.text
    seed = options.seed
    self.forgotten = forgotten
    types = TypeReader(
      forgotten: forgotten.lastingWords, keepsSecretTokens: options.text.keepsSecretTokens)
    self.reporter = reporter
  }

  typealias Progress = (_ tokenCount: Int, _ types: TypeInterner) throws(Failure) -> Void

  /// What reading gave, beside the documents.
  struct Outcome {
    /// Indices of the documents to hold out; nil where nobody has chosen any.
    var heldOut: Set<Int>?
    /// What was used and left out; nil for token files.
    var report: CorpusReport?
    /// Token files that were left out because they are measured on, or were forgotten on request.
    var heldOutCount = 0
    var forgottenCount = 0
  }

  /// The files to validate and test on, which are not learned from.
  func filesToLeaveOut() throws(Failure) -> HeldOutFiles {
    let named = options.validationPaths + options.testPaths
    if named.isEmpty { return HeldOutFiles() }
    if options.form.isTokens { return HeldOutFiles(named: named, files: try TokenFiles(named).paths) }
    return try HeldOutFiles(
      named: named, options: CorpusOptions(), grammars: try GrammarLibrary.standard())
  }

  /// Adds everything below the paths to a store.
  ///
  /// - Parameters:
  ///   - holdsOut: whether to choose documents to hold out.
  ///   - heldOutFiles: files to pass over.
  ///   - progress: called after each document with the number of tokens and the types so far.
  /// - Throws: `Failure` for a path that is not there, and if there is nothing to read.
  func read(
    _ paths: [String], into store: inout DocumentStore, holdsOut: Bool = false,
    leavingOut heldOutFiles: HeldOutFiles = HeldOutFiles(), progress: Progress = { _, _ in }
  ) throws(Failure) -> Outcome {
    if options.form.isTokens {
      return try readTokenFiles(paths, into: &store, leavingOut: heldOutFiles, progress: progress)
    }
    return try readFiles(
      paths, into: &store, holdsOut: holdsOut, leavingOut: heldOutFiles, progress: progress)
  }

  private func readFiles(
    _ paths: [String], into store: inout DocumentStore, holdsOut: Bool,
    leavingOut heldOutFiles: HeldOutFiles, progress: Progress
  ) throws(Failure) -> Outcome {
    let library = try GrammarLibrary.standard()
    for problem in library.problems { reporter.warn(problem) }
    let corpusOptions = try corpusOptions(library, heldOutShare: holdsOut ? heldOutShare : 0)
    var corpus = try Corpus(
      paths: paths, options: corpusOptions, grammars: library, leavingOut: heldOutFiles)
    var heldOut: Set<Int> = []
    let start = store.documents.count
    while let document = corpus.next() {
      let before = store.tokenCount
      if document.part == .heldOut { heldOut.insert(store.documents.count) }
      let grammar =
        try library.grammar(languageID: document.file.languageID) ?? GrammarLibrary.plainText
      try forEachType(of: document, grammar: grammar) { store.append(type: $0) }
      try store.endDocument(
        path: document.file.path,
        group: Self.group(
          ofPath: document.file.path, relativePath: document.file.relativePath, rootCount: paths.count),
        languageID: document.file.languageID, byteCount: document.text.count)
      corpus.report.addTokens(
        store.tokenCount - before, languageID: document.file.languageID, part: document.part)
      try progress(store.tokenCount, store.types)
    }
    guard store.documents.count > start else { throw nothingToRead(paths, corpus.report) }
    return Outcome(heldOut: holdsOut ? heldOut : [], report: corpus.report)
  }

  /// The share of the documents that is held out where none are named.
  var heldOutShare: Double { options.heldOutShare ?? Self.defaultHeldOutShare }

  /// Which files are read.
  func corpusOptions(_ library: GrammarLibrary, heldOutShare: Double) throws(Failure) -> CorpusOptions {
    var result = CorpusOptions()
    result.heldOutShare = heldOutShare
    result.seed = seed
    result.languageIDs = try languageIDs(library)
    result.forgottenPaths = forgotten.paths
    return result
  }

  /// Gives the types of a document: words, or characters if these are asked for.
  func forEachType(
    of document: CorpusDocument, grammar: Grammar, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let outcome: Result<Void, Failure> = document.text.withUnsafeBytes { text in
      do throws(Failure) {
        if options.form == .characters {
          try types.forEachCharacter(of: text, grammar: grammar, body)
        } else {
          try types.forEachType(of: text, grammar: grammar) { (type, _) throws(Failure) in try body(type) }
        }
        return .success(())
      } catch { return .failure(error) }
    }
    try outcome.get()
  }

  private func languageIDs(_ library: GrammarLibrary) throws(Failure) -> Set<String> {
    var ids: Set<String> = []
    for language in options.languageIDs {
      guard let grammar = try library.grammar(languageID: language) else {
        let known = library.entries.map(\.languageID).sorted().joined(separator: ", ")
        throw Failure(language, why: "unknown language", remedy: "choose one of: \(known)")
      }
      ids.insert(grammar.languageID)
    }
    return ids
  }

  private func nothingToRead(_ paths: [String], _ report: CorpusReport) -> Failure {
    let reasons = report.leftOut.prefix(3).map { "\($0.what.count) \($0.reason.rawValue)" }
    let why =
      "no readable file in it" + (reasons.isEmpty ? "" : ": left out " + reasons.joined(separator: ", "))
    return Failure(
      paths.joined(separator: ", "), why: why,
      remedy: "name a folder of text or code, or the files themselves")
  }

  /// The path that was named and the first folder below it: the project, for a folder of projects.
  static func group(ofPath path: String, relativePath: String, rootCount: Int) -> String {
    let first = relativePath.split(separator: "/").dropLast().first.map(String.init) ?? ""
    guard rootCount > 1, path.hasSuffix(relativePath) else { return first }
    return String(path.dropLast(relativePath.count))
  }

  private func readTokenFiles(
    _ paths: [String], into store: inout DocumentStore, leavingOut heldOutFiles: HeldOutFiles,
    progress: Progress
  ) throws(Failure) -> Outcome {
    let languageID = options.languageIDs.first ?? ""
    let all = try TokenFiles(paths, leavingOut: heldOutFiles, forgotten: forgotten.paths)
    let learned = Set(all.paths)
    for root in paths {
      for path in try TokenFiles([root]).paths where learned.contains(path) {
        let file = try MappedFile(path)
        let below = path.dropFirst(root.count).split(separator: "/").dropLast().first.map(String.init) ?? ""
        let text = UnsafeRawBufferPointer(rebasing: file.bytes[(file.bytes.hasByteOrderMark ? 3 : 0)...])
        try types.forEachType(ofTokens: text) { type in if let type { store.append(type: type) } }
        // No model is made of a file that lost its end meanwhile.
        try file.checkIsWhole()
        try store.endDocument(
          path: path, group: paths.count > 1 ? root : below, languageID: languageID, byteCount: file.count)
        try progress(store.tokenCount, store.types)
      }
    }
    return Outcome(heldOutCount: all.heldOutCount, forgottenCount: all.forgottenCount)
  }

  /// Gives the ids of each line of token files, with its bytes, its line feed among them.
  private func forEachLine(
    of paths: [String], _ vocabulary: Vocabulary, _ body: ([UInt32], Int) -> Void
  ) throws(Failure) {
    var ids: [UInt32] = []
    for path in try TokenFiles(paths, forgotten: forgotten.paths).paths {
      let file = try MappedFile(path)
      var start = 0
      try types.forEachSequence(ofTokens: file.bytes, unit: .line) { types, end in
        ids.removeAll(keepingCapacity: true)
        for type in types { ids.append((vocabulary.id(of: type) ?? .unknown).rawValue) }
        body(ids, end - start)
        start = end
      }
      try file.checkIsWhole()
    }
  }

  /// The ids of files, each sequence ended by `</s>`.
  func sequences(of paths: [String], vocabulary: Vocabulary) throws(Failure) -> [UInt32] {
    if options.form == .tokenLines {
      var result: [UInt32] = []
      try forEachLine(of: paths, vocabulary) { ids, _ in
        result += ids
        result.append(TokenID.sentenceEnd.rawValue)
      }
      return result
    }
    var store = DocumentStore()
    _ = try read(paths, into: &store)
    return try store.sequences(store.documents.indices, store.translation(to: vocabulary))
  }

  /// Scores files that a model has not learned from.
  func score(_ paths: [String], model: NGramModel, vocabulary: Vocabulary) throws(Failure) -> Perplexity {
    var sum = Perplexity()
    if options.form == .tokenLines {
      try forEachLine(of: paths, vocabulary) { ids, byteCount in
        sum.addSequence(ids.tokensAsked, model: model)
        sum.bytes += byteCount
      }
      return sum
    }
    var store = DocumentStore()
    _ = try read(paths, into: &store)
    try store.score(store.documents.indices, model: model, vocabulary: vocabulary, into: &sum)
    return sum
  }
}

extension DocumentStore {
  /// The ids of some of the documents one after the other, each ended by `</s>`.
  func sequences(
    _ indices: some Sequence<Int>, _ translation: [UInt32]
  ) throws(Failure) -> [UInt32] {
    var result: [UInt32] = []
    for index in indices {
      result += try ids(of: documents[index], translation)
      result.append(TokenID.sentenceEnd.rawValue)
    }
    return result
  }

  /// Scores some of the documents, each a sequence.
  func score(
    _ indices: some Sequence<Int>, model: NGramModel, vocabulary: Vocabulary, into sum: inout Perplexity
  ) throws(Failure) {
    let translation = translation(to: vocabulary)
    for index in indices {
      sum.addSequence(try ids(of: documents[index], translation).tokensAsked, model: model)
      sum.bytes += documents[index].byteCount
    }
  }
}

extension [UInt32] {
  /// The tokens of these ids, for a mapped model that is asked for one after the other: each has it read at some ten places.
  fileprivate var tokensAsked: LazyMapSequence<[UInt32], TokenID> {
    lazy.map { id in
      MemoryBound.look()
      return TokenID(rawValue: id)
    }
  }
}
