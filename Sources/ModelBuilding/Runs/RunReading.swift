import Corpora
import LanguageModeling
import Lexing
import NGrams
import Platform
import Privacy

/// Reads documents and token files, and writes what was counted of them into a run: at once, or, where their types and
/// numbers take more than their share of the memory, in parts that are added up.
struct RunReading: ~Copyable {
  /// A path that was named, and where it can be read.
  struct Input {
    var path: String
    var name: String
  }

  private let reading: CorpusReading
  private let training: NGramTraining
  private let estimator: NGramEstimator
  private let output: String
  private let shard: CorpusShard?
  private var counter: CorpusCounter
  private var documents: [RunDocument] = []
  private var parts: [RunFile] = []
  private var description: RunDescription
  /// Tokens of parts that are written.
  private var writtenTokenCount = 0
  private var specials: [RunDocument.Special] = []
  private var documentStart = 0

  /// Sorted and written, types take several times what they take while they are counted; hence the small share of them.
  /// More tokens would not fit the numbers of an estimation, and need not be sorted at once.
  private static let partTokenCount = 1 << 29

  init(
    _ reading: CorpusReading, order: Int, training: NGramTraining, output: String, shard: CorpusShard?,
    runOptions: RunOptions
  ) throws(Failure) {
    self.reading = reading
    self.training = training
    self.output = output
    self.shard = shard
    estimator = try training.makeEstimator()
    counter = estimator.makeCorpus()
    description = RunDescription(options: runOptions, shards: [])
  }

  private var form: ModelBuildingOptions.TextForm { reading.options.form }

  mutating func read(_ inputs: [Input]) throws(Failure) {
    let heldOut = try reading.filesToLeaveOut()
    if form.isTokens {
      try readTokenFiles(inputs, leavingOut: heldOut)
    } else {
      try readFiles(inputs, leavingOut: heldOut)
    }
  }

  // MARK: Files

  private mutating func readFiles(_ inputs: [Input], leavingOut heldOut: HeldOutFiles) throws(Failure) {
    let library = try GrammarLibrary.standard()
    for problem in library.problems { reading.reporter.warn(problem) }
    var options = try reading.corpusOptions(library, heldOutShare: 0)
    options.shard = shard
    var corpus = try Corpus(
      paths: inputs.map(\.path), options: options, grammars: library, leavingOut: heldOut)
    while let document = corpus.next() {
      let grammar = try library.grammar(languageID: document.file.languageID) ?? .plainText
      try reading.forEachType(of: document, grammar: grammar) { (type) throws(Failure) in try append(type) }
      try counter.endSequence()
      let named = inputs.first { $0.path == document.file.path }?.name
      let root = document.file.folder ?? named ?? document.file.path
      let relativePath = document.file.folder == nil ? "" : document.file.relativePath
      try endDocument(
        RunDocument(
          key: RunDocument.key(root: root, relativePath: relativePath, filesFirst: true), root: root,
          relativePath: relativePath, languageID: document.file.languageID, identity: document.identity,
          byteCount: document.text.count, sequenceCount: 1, numberCount: 0, specials: []))
    }
    for (language, amounts) in corpus.report.languages {
      for (reason, what) in amounts.leftOut {
        description.leftOut[language, default: [:]][reason] = RunDescription.Amount(
          fileCount: what.count, byteCount: what.byteCount)
      }
    }
  }

  private mutating func append(_ type: UnsafeRawBufferPointer) throws(Failure) {
    let before = counter.tokenCount
    try counter.append(type: type)
    guard counter.tokenCount == before else { return }
    for (id, special) in Vocabulary.specials.enumerated() where type.elementsEqual(special) {
      specials.append(RunDocument.Special(place: numberCount - documentStart, id: UInt32(id)))
    }
  }

  /// Numbers of the present part.
  private var numberCount: Int { counter.tokenCount + counter.sequenceCount }

  /// Ends a document that was appended to the counter.
  private mutating func endDocument(_ document: RunDocument) throws(Failure) {
    var document = document
    document.numberCount = numberCount - documentStart
    document.specials = specials
    documents.append(document)
    specials = []
    documentStart = numberCount
    reading.reporter.update(fraction: 0, tokenCount: writtenTokenCount + counter.tokenCount)
    let isFull =
      counter.typeByteCount > training.memoryByteCount / 20 || counter.tokenCount > Self.partTokenCount
    if isFull { try writePart() }
  }

  // MARK: Token files

  private mutating func readTokenFiles(_ inputs: [Input], leavingOut heldOut: HeldOutFiles) throws(Failure) {
    let all = try TokenFiles(
      inputs.map(\.path), leavingOut: heldOut, forgotten: reading.forgotten.paths)
    note(.heldOut, all.heldOutCount)
    note(.forgotten, all.forgottenCount)
    let learned = Set(all.paths)
    let lines = TokenFileReading(types: reading.types, threadCount: estimator.options.threadCount)
    for input in inputs {
      var root = input.name
      while root.utf8.count > 1, root.utf8.last == UInt8(ascii: "/") { root.unicodeScalars.removeLast() }
      for path in try TokenFiles([input.path]).paths where learned.contains(path) {
        let relativePath = String(
          systemPathBytes: path.systemPathBytes.dropFirst(input.path.systemPathBytes.count)
            .drop { $0 == UInt8(ascii: "/") })
        guard shard?.holds(relativePath.isEmpty ? root : relativePath) ?? true else { continue }
        let before = counter.sequenceCount
        let byteCount = try form == .tokenLines ? appendLines(path, lines) : appendWhole(path)
        try endDocument(
          RunDocument(
            key: RunDocument.key(root: root, relativePath: relativePath, filesFirst: false), root: root,
            relativePath: relativePath, languageID: reading.options.languageIDs.first ?? "", identity: nil,
            byteCount: byteCount, sequenceCount: counter.sequenceCount - before, numberCount: 0,
            specials: []))
      }
    }
  }

  private mutating func note(_ reason: LeftOutReason, _ count: Int) {
    // Each process finds all of them.
    guard count > 0, shard.map({ $0.index == 0 }) ?? true else { return }
    description.leftOut["", default: [:]][reason] = RunDescription.Amount(fileCount: count, byteCount: 0)
  }

  private mutating func appendLines(_ path: String, _ lines: TokenFileReading) throws(Failure) -> Int {
    try lines.append(path, to: &counter)
    try counter.endOpenSequence()
    var status = stat()
    return fileStatus(path, &status) == 0 ? Int(status.st_size) : 0
  }

  private mutating func appendWhole(_ path: String) throws(Failure) -> Int {
    let file = try MappedFile(path)
    let text = UnsafeRawBufferPointer(rebasing: file.bytes[(file.bytes.hasByteOrderMark ? 3 : 0)...])
    try reading.types.forEachType(ofTokens: text) { (type) throws(Failure) in
      if let type { try append(type) }
    }
    try file.checkIsWhole()
    try counter.endSequence()
    return file.count
  }

  // MARK: Writing

  /// Writes what was counted, and puts the run in its place.
  consuming func finish() throws(Failure) -> RunDescription {
    let options = description.options
    let naming: (String) -> [String] = { identity in
      [XXH64.digest(Array((options.text + identity).utf8))]
    }
    if parts.isEmpty { return try writeRun(to: output, naming: naming) }
    try writePart()
    return try RunMerge.merge(
      RunSet(parts), memoryByteCount: training.memoryByteCount, naming: naming, to: output)
  }

  private mutating func writePart() throws(Failure) {
    let number = parts.count
    let written = try RunFile.unnamed(beside: output) { (path) throws(Failure) in
      _ = try writeRun(to: path) { _ in ["part \(number)"] }
    }
    parts.append(written)
    description.leftOut = [:]
  }

  /// Writes the documents of the present part, and begins the next.
  private mutating func writeRun(
    to path: String, naming: (String) -> [String]
  ) throws(Failure) -> RunDescription {
    var full = estimator.makeCorpus()
    swap(&full, &counter)
    writtenTokenCount += full.tokenCount
    var description = description
    description.documentCount = documents.count
    description.sequenceCount = full.sequenceCount
    let counting = try SequenceCounting(full, estimator.options)
    description.tokenCount = counting.tokenCount
    description.typeCount = counting.vocabulary.count - Vocabulary.specials.count
    var writer = try RunWriter(path)
    var types = RunTypeEncoder()
    for id in Vocabulary.specials.count..<counting.vocabulary.count {
      try types.append(
        counting.vocabulary.bytes(of: TokenID(id)), count: UInt64(counting.counts[id]), to: &writer)
    }
    try writer.end()
    writer.begin(.documents)
    for document in documents { try writer.append(document) }
    try writer.end()
    writer.begin(.tokens)
    try counting.stream.forEachBlock { (ids, count) throws(Failure) in
      for index in TokenStream.overlap..<TokenStream.overlap + count {
        writer.append(UInt64(ids[index]))
        try writer.endEntry()
      }
    }
    try writer.end()
    writer.begin(.ngrams)
    var ngrams = RunNGramEncoder(order: description.options.order)
    try counting.forEachNGram { (words, count) throws(Failure) in
      try ngrams.append(words, count: UInt64(count), to: &writer)
    }
    try writer.end()
    try ngrams.writePlaces(to: &writer)
    description.ngramCount = ngrams.ngramCount
    // Runs of nothing are all alike, and no two of them have anything in common.
    description.shards = documents.isEmpty ? [] : naming(writer.identity)
    try writer.commit(description)
    documents = []
    documentStart = 0
    return description
  }
}
