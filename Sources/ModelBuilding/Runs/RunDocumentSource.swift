import Corpora
import LanguageModeling
import NGrams
import Platform

/// Documents that were counted into runs: in the order in which one process reads them, without those that are like one
/// before.
struct RunDocumentSource: DocumentSource {
  let merged: MergedRuns
  /// By number.
  let types: TypeInterner
  let training: NGramTraining
  /// Of documents that are like one before: their numbers, each sequence ended, to be taken out of what was counted.
  private let duplicates: TokenStream

  init(_ merged: MergedRuns, types: TypeInterner, training: NGramTraining) {
    self.merged = merged
    self.types = types
    self.training = training
    duplicates = TokenStream(
      memoryBytes: training.memoryByteCount / 16, temporaryDirectory: training.temporaryDirectory)
  }

  // MARK: Reading

  func read(
    _ reading: CorpusReading, _ training: NGramTraining, holdsOut: Bool
  ) throws(Failure) -> (store: DocumentStore, outcome: CorpusReading.Outcome) {
    var roots: Set<String> = []
    try merged.forEachDocument(readsNumbers: false) { (document, _) throws(Failure) in
      roots.insert(document.root)
    }
    var store = DocumentStore(types: types, memoryByteCount: training.documentByteCount)
    var report = leftOut()
    var identities: Set<ContentIdentity> = []
    var documents: [RunDocument] = []
    try merged.forEachDocument { (document, forEachNumber) throws(Failure) in
      if let identity = document.identity, !identities.insert(identity).inserted {
        report.addLeftOut(
          .duplicate, languageID: document.languageID, fileCount: 1, byteCount: document.byteCount)
        return try forEachNumber { (id) throws(Failure) in try duplicates.append(id) }
      }
      try append(document, to: &store, forEachNumber)
      try store.endDocument(
        path: document.path, group: group(of: document, rootCount: roots.count),
        languageID: document.languageID, byteCount: document.byteCount)
      documents.append(document)
      reading.reporter.update(
        fraction: Double(store.tokenCount) / Double(max(1, merged.set.description.tokenCount)),
        tokenCount: store.tokenCount)
    }
    try duplicates.seal()
    guard !documents.isEmpty else {
      throw Failure(merged.set.runs[0].path, why: "no document was counted", remedy: "count some")
    }
    var outcome = CorpusReading.Outcome()
    if reading.options.form.isTokens {
      outcome.heldOutCount = report.leftOut.first { $0.reason == .heldOut }?.what.count ?? 0
      outcome.forgottenCount = report.leftOut.first { $0.reason == .forgotten }?.what.count ?? 0
      return (store, outcome)
    }
    outcome.heldOut = split(
      documents, share: holdsOut ? reading.heldOutShare : 0, seed: reading.seed, &store, &report)
    outcome.report = report
    return (store, outcome)
  }

  private func append(
    _ document: RunDocument, to store: inout DocumentStore,
    _ forEachNumber: ((UInt32) throws(Failure) -> Void) throws(Failure) -> Void
  ) throws(Failure) {
    var rest = document.specials[...]
    var place = 0
    try forEachNumber { (id) throws(Failure) in
      while let special = rest.first, special.place <= place {
        store.append(number: special.id)
        rest.removeFirst()
      }
      if id != TokenStream.sequenceEnd { store.append(number: id) }
      place += 1
    }
  }

  private func leftOut() -> CorpusReport {
    var report = CorpusReport()
    for (language, reasons) in merged.set.description.leftOut {
      for (reason, amount) in reasons {
        report.addLeftOut(
          reason, languageID: language, fileCount: amount.fileCount, byteCount: amount.byteCount)
      }
    }
    return report
  }

  private func group(of document: RunDocument, rootCount: Int) -> String {
    guard merged.set.description.options.form.isTokens else {
      let name = document.root.split(separator: "/").last.map(String.init) ?? document.root
      return CorpusReading.group(
        ofPath: document.path, relativePath: document.relativePath.isEmpty ? name : document.relativePath,
        rootCount: rootCount)
    }
    if rootCount > 1 { return document.root }
    return document.relativePath.split(separator: "/").dropLast().first.map(String.init) ?? ""
  }

  /// Chooses documents to hold out, and puts all of them into the order in which they are learned.
  ///
  /// - Returns: the indices of those held out.
  private func split(
    _ documents: [RunDocument], share: Double, seed: UInt64, _ store: inout DocumentStore,
    _ report: inout CorpusReport
  ) -> Set<Int> {
    var split = HeldOutSplit<Int>(heldOutShare: share)
    var order: [Int] = []
    var heldOut: Set<Int> = []
    func take() {
      while let (index, part) = split.next() {
        if part == .heldOut { heldOut.insert(order.count) }
        order.append(index)
        let document = store.documents[index]
        report.addFile(languageID: document.languageID, part: part, byteCount: document.byteCount)
        report.addTokens(document.range.count, languageID: document.languageID, part: part)
      }
    }
    for (index, document) in documents.enumerated() {
      let name = document.root.split(separator: "/").last.map(String.init) ?? document.root
      let relativePath = document.relativePath.isEmpty ? name : document.relativePath
      split.add(index, share: HeldOutSplit<Int>.share(relativePath, seed: seed))
      take()
    }
    split.finish()
    take()
    store.rearrange(order)
    return share > 0 ? heldOut : []
  }

  // MARK: Estimating

  func train(
    _ store: DocumentStore, _ training: NGramTraining, stage: ModelBuildingStage, to path: String,
    learned: Range<Int>, where isIncluded: (Int) -> Bool
  ) throws(Failure) -> TrainedNGrams {
    try training.train(
      try corpus(store, learned: learned, where: isIncluded), path: path, stage: stage)
  }

  /// The counted n-grams of some of the documents: all, and what is to be taken out of them.
  private func corpus(
    _ store: DocumentStore, learned: Range<Int>, where isIncluded: (Int) -> Bool
  ) throws(Failure) -> CountedCorpus {
    let counted = UInt32(Vocabulary.specials.count)..<UInt32(merged.numberCount)
    var tally = RunTally(count: merged.numberCount)
    let excluded = TokenStream(
      memoryBytes: training.memoryByteCount / 16, temporaryDirectory: training.temporaryDirectory)
    try duplicates.forEachBlock { (ids, count) throws(Failure) in
      for index in TokenStream.overlap..<TokenStream.overlap + count { try excluded.append(ids[index]) }
    }
    // Documents behind them were never counted: they were read to be measured on.
    for index in learned {
      let isHere = isIncluded(index)
      for number in try store.numbers(of: store.documents[index]) where counted.contains(number) {
        if isHere { tally.add(number) } else { try excluded.append(number) }
      }
      if isHere { tally.endSequence() } else { try excluded.append(TokenStream.sequenceEnd) }
    }
    try excluded.seal()
    return tally.corpus(merged, types: types, excluded: excluded.count > 0 ? excluded : nil)
  }
}
