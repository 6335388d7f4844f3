import LanguageModeling
import NGrams
import Platform

/// Adds runs up into one.
///
///     try RunMerge(["a.run", "b.run"], output: "ab.run").run()
///
/// The outcome does not depend on the order of the runs, nor on which were added up before: equal sums are equal files.
/// The runs are read once from their beginning to their end; of what is read nothing is kept but the types' numbers. Where
/// these would not fit the memory for all runs at once, some are added up first.
public struct RunMerge: Sendable {
  /// One of several ranges into which all n-grams are cut, for whoever adds up in several processes.
  public struct Range: Hashable, Sendable {
    /// From 0.
    public let index: Int
    public let count: Int

    /// Nil unless 0 ≤ `index` < `count`.
    public init?(index: Int, count: Int) {
      guard count > 0, count <= 1 << 20, index >= 0, index < count else { return nil }
      self.index = index
      self.count = count
    }
  }

  /// Only n-grams, documents and types' occurrences of one range; nil for all of them.
  public var range: Range?
  /// Bytes of memory to use; nil is half of what is free.
  public var memoryByteCount: Int?

  private let paths: [String]
  private let output: String
  private let reporter: BuildReporter

  /// - Parameters:
  ///   - paths: the runs.
  ///   - output: where the sum goes. What is there is replaced once it is whole, and may be one of the runs.
  public init(
    _ paths: [String], output: String, report: @escaping @Sendable (ModelBuildingEvent) -> Void = { _ in }
  ) {
    self.paths = paths
    self.output = output
    reporter = BuildReporter(report)
  }

  /// The highest order of a run's n-grams.
  public static func order(of path: String) throws(Failure) -> Int {
    try RunFile(path).description.options.order
  }

  /// - Throws: `Failure` that names a run which is damaged, or does not go together with the others, and for a full disk.
  ///   The runs are as they were, and so is what was at the output.
  public func run() throws(Failure) {
    let set = try RunSet(paths)
    try OutputChecks.checkRun(output)
    if range != nil, set.description.rangeCount > 1 {
      throw Failure(
        paths[0], why: "is one of \(set.description.rangeCount) ranges already",
        remedy: "cut runs that are whole, or leave --range out")
    }
    let memory = memoryByteCount ?? NGramTraining.defaultMemoryByteCount
    let bound = MemoryBound(memoryByteCount)
    defer { bound.end() }
    reporter.begin(.merging)
    var description = try Self.merge(set, range: range, memoryByteCount: memory, to: output) { [reporter] in
      reporter.update(fraction: $0)
    }
    reporter.end()
    description.sections = [:]
    reporter.report(.counted(CountedRun(path: output, description, seconds: reporter.elapsedSeconds)))
  }

  /// Adds up runs into a file.
  ///
  /// - Parameters:
  ///   - naming: gives the sum's pieces by the identity of its content, where they are to be others than those of the runs.
  ///   - progress: told which part of the n-grams is done.
  @discardableResult
  static func merge(
    _ set: RunSet, range: Range? = nil, memoryByteCount: Int, naming: ((String) -> [String])? = nil,
    to output: String,
    progress: (Double) -> Void = { _ in }
  ) throws(Failure) -> RunDescription {
    let parts = groups(set, memoryByteCount: memoryByteCount)
    guard parts.count > 1 else {
      return try write(set, range: range, naming: naming, to: output, progress: progress)
    }
    var sums: [RunFile] = []
    for part in parts {
      sums.append(
        try RunFile.unnamed(beside: output) { (path) throws(Failure) in
          try merge(set.subset(part), range: range, memoryByteCount: .max, to: path)
        })
      progress(0.5 * Double(sums.count) / Double(parts.count))
    }
    // The sums of the parts are of one range each, and only these.
    return try merge(
      RunSet(sums), memoryByteCount: memoryByteCount, naming: naming, to: output
    ) { progress(0.5 + 0.5 * $0) }
  }

  /// More open files than this are no faster, and at some number the system says no.
  private static let largestFanIn = 256
  private static let bufferByteCount = 4 * RunFormat.blockByteCount

  /// Which runs are added up at once: as many as the memory allows, two at least.
  private static func groups(_ set: RunSet, memoryByteCount: Int) -> [Swift.Range<Int>] {
    var groups: [Swift.Range<Int>] = []
    var start = 0
    var typeCount = 0
    for (index, run) in set.runs.enumerated() {
      let own = run.description.typeCount
      // Numbers, and with ranges a hash a type, in half of the memory.
      let needed =
        4 * MergedRuns.byteCount(typeCount: typeCount + own) + (index - start + 1) * bufferByteCount
      if index - start >= 2, needed > memoryByteCount || index - start == largestFanIn {
        groups.append(start..<index)
        start = index
        typeCount = 0
      }
      typeCount += own
    }
    groups.append(start..<set.runs.count)
    // Two sums that are too large for the memory are added up all the same.
    return set.runs.count <= 2 ? [0..<set.runs.count] : groups
  }

  private static func write(
    _ set: RunSet, range: Range?, naming: ((String) -> [String])?, to output: String,
    progress: (Double) -> Void
  ) throws(Failure) -> RunDescription {
    var description = set.description
    if let range, range.count > 1 {
      description.rangeCount = range.count
      description.ranges = [range.index]
      if range.index > 0 { description.leftOut = [:] }
    }
    var cut = range.flatMap { $0.count > 1 ? RunCut($0) : nil }
    var writer = try RunWriter(output)
    var types = RunTypeEncoder()
    let merged = try MergedRuns(set) { (type, count) throws(Failure) in
      let isHere = cut?.takeType(type) ?? true
      try types.append(type, count: isHere ? count : 0, to: &writer)
    }
    try writer.end()
    description.typeCount = types.typeCount
    try writeDocuments(merged, cut, to: &writer, &description)
    writer.begin(.ngrams)
    var ngrams = RunNGramEncoder(order: description.options.order)
    let total = max(1, merged.set.runs.reduce(0) { $0 + $1.description.ngramCount })
    var done = 0
    try merged.forEachWideNGram(contextEndingIn: 1..<UInt32(merged.numberCount)) {
      (words, count) throws(Failure) in
      done += 1
      if done & 0xFFFF == 0 { progress(min(1, Double(done) / Double(total))) }
      if cut?.holdsNGram(words) ?? true { try ngrams.append(words, count: count, to: &writer) }
    }
    try writer.end()
    try ngrams.writePlaces(to: &writer)
    description.ngramCount = ngrams.ngramCount
    if let naming, description.documentCount > 0 { description.shards = naming(writer.identity) }
    try writer.commit(description)
    return description
  }

  private static func writeDocuments(
    _ merged: MergedRuns, _ cut: RunCut?, to writer: inout RunWriter, _ description: inout RunDescription
  ) throws(Failure) {
    writer.begin(.documents)
    description.documentCount = 0
    description.tokenCount = 0
    description.sequenceCount = 0
    try merged.forEachDocument(readsNumbers: false) { (document, _) throws(Failure) in
      guard cut?.holds(document) ?? true else { return }
      try writer.append(document)
      description.documentCount += 1
      description.sequenceCount += document.sequenceCount
      description.tokenCount += document.numberCount - document.sequenceCount
    }
    try writer.end()
    writer.begin(.tokens)
    try merged.forEachDocument { (document, forEachNumber) throws(Failure) in
      let isHere = cut?.holds(document) ?? true
      try forEachNumber { (number) throws(Failure) in
        guard isHere else { return }
        writer.append(UInt64(number))
        try writer.endEntry()
      }
    }
    try writer.end()
  }
}

/// What of a run belongs to one range. By hashes, so that every range has about as much, whatever the text.
private struct RunCut {
  private let range: RunMerge.Range
  /// By number of the type, three less than elsewhere.
  private var hashes: [UInt32] = []

  init(_ range: RunMerge.Range) { self.range = range }

  /// The next type in the order of their numbers.
  ///
  /// - Returns: whether its occurrences are of the range.
  mutating func takeType(_ type: [UInt8]) -> Bool {
    let hash = type.withUnsafeBytes { UInt32(truncatingIfNeeded: XXH64.hash($0)) }
    hashes.append(hash)
    return holds(UInt64(hash) &* 0x9E37_79B9_7F4A_7C15)
  }

  private func holds(_ hash: UInt64) -> Bool {
    Int(hash.multipliedFullWidth(by: UInt64(range.count)).high) == range.index
  }

  /// By the last two words of the context, so that even what follows a comma is spread.
  @inline(__always)
  func holdsNGram(_ words: UnsafePointer<UInt32>) -> Bool {
    let mixed = (UInt64(hash(words[0])) << 32 | UInt64(hash(words[1]))) &* 0xD6E8_FEB8_6659_FD93
    return holds((mixed ^ mixed >> 32) &* 0x9E37_79B9_7F4A_7C15)
  }

  @inline(__always)
  private func hash(_ word: UInt32) -> UInt32 {
    word < UInt32(Vocabulary.specials.count) ? word : hashes[Int(word) - Vocabulary.specials.count]
  }

  func holds(_ document: RunDocument) -> Bool { holds(document.key.withUnsafeBytes { XXH64.hash($0) }) }
}
