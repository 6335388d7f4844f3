import Platform

/// How `ngrams.bin` is written.
public struct NGramFileOptions: Hashable, Sendable {
  /// Whether probabilities and backoffs of order 2 and up are quantised to 8 bits, which makes the file less than
  /// half as long and the probabilities of a context sum to 1 only approximately.
  public var isQuantized: Bool
  /// Memory for reading and for tables that are searched.
  public var memoryByteCount: Int
  /// Where tables go that do not fit.
  public var temporaryDirectory: String
  public var threadCount = 2

  public init(isQuantized: Bool = false, memoryByteCount: Int = 1 << 28, temporaryDirectory: String = "/tmp")
  {
    self.isQuantized = isQuantized
    self.memoryByteCount = memoryByteCount
    self.temporaryDirectory = temporaryDirectory
  }
}

/// What writing `ngrams.bin` came to.
public struct NGramFileSummary: Hashable, Sendable {
  /// Root of the mean squared error, in nats, with which the values of an order are stored.
  public struct Loss: Hashable, Sendable {
    public var logProbability: Double
    public var logBackoff: Double
  }

  public var byteCount: Int
  /// N-grams of each order from 1 on.
  public var counts: [Int]
  /// For each order from 1 on.
  public var losses: [Loss]
}

/// Turns a table of n-grams into `ngrams.bin`, one order after the other, in memory that hardly grows with the
/// table. The file is the same to the byte for any memory and any number of threads.
public struct NGramModelWriter: ~Copyable {
  private let table: NGramTable
  private let options: NGramFileOptions
  private let layout: NGramLayout
  private let output: OutputFile
  private let progress: @Sendable (Double) -> Void
  private var byteOffset = 0
  private var levels: [NGramLevelHeader] = []
  private var losses: [NGramFileSummary.Loss] = []
  private var previous = LevelColumns()
  private var beforePrevious = LevelColumns()
  /// The most children that an n-gram of each order has.
  private var fanOuts: [UInt32] = []
  private var writtenCount = 0
  private let positions: [UInt32]

  /// Writes `table` to `path`.
  ///
  /// - Parameter progress: told now and then which part of the n-grams is written, on any thread.
  /// - Throws: `Failure` where the table is not sorted, not closed under prefixes and suffixes, or not made of
  ///   numbers, and where the file cannot be written.
  @discardableResult
  public static func write(
    _ table: NGramTable, to path: String, options: NGramFileOptions = NGramFileOptions(),
    progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) throws(Failure) -> NGramFileSummary {
    guard (1...NGramFileHeader.maximumOrder).contains(table.order), table.vocabularyCount >= 3 else {
      throw Failure(
        path, why: "cannot hold n-grams of order \(table.order) over \(table.vocabularyCount) types",
        remedy: "use an order from 1 to \(NGramFileHeader.maximumOrder)")
    }
    for level in table.levels where level.count >= 1 << 31 - 1 {
      throw Failure(
        path, why: "cannot hold \(level.count) n-grams of order \(level.order)",
        remedy: "prune with --prune, or train on less")
    }
    let positions = KeyPosition.ofIDs(
      vocabularyCount: table.vocabularyCount, pairs: table.order > 1 ? try LevelRecords(table.levels[1]) : nil
    )
    var writer = try NGramModelWriter(table, path: path, options: options, positions, progress)
    for order in 1...table.order { try writer.writeLevel(order) }
    return try writer.finish()
  }

  private init(
    _ table: NGramTable, path: String, options: NGramFileOptions, _ positions: [UInt32],
    _ progress: @escaping @Sendable (Double) -> Void
  ) throws(Failure) {
    self.table = table
    self.options = options
    self.progress = progress
    layout = options.isQuantized ? .ranked : .linked
    output = try OutputFile(path: path)
    self.positions = positions
    let header = NGramFileHeader(layout: layout, byteCount: 0, levels: table.levels.map { _ in .init() })
    byteOffset = sectionByteCount(bits: header.words.count * 64)
  }

  private func finish() throws(Failure) -> NGramFileSummary {
    let header = NGramFileHeader(layout: layout, byteCount: UInt64(byteOffset), levels: levels)
    try output.write(header.words.map(\.littleEndian), at: 0)
    try output.setByteCount(byteOffset)
    return NGramFileSummary(byteCount: byteOffset, counts: table.levels.map(\.count), losses: losses)
  }

  private mutating func writeLevel(_ order: Int) throws(Failure) {
    let records = try LevelRecords(table.levels[order - 1])
    let children = order < table.order ? try LevelRecords(table.levels[order]) : nil
    let codings = try LevelValues.codings(
      of: records, order: order, quantized: options.isQuantized && order > 1,
      threadCount: options.threadCount,
      releasesPages: options.memoryByteCount < 1 << 30)
    var header = NGramLevelHeader()
    header.count = UInt64(records.count)
    setWidths(&header, order, codings)
    header.recordsOffset = takeSection(
      bits: (records.count + 1)
        * (order == 1 ? NGramFileHeader.unigramByteCount * 8 : Int(header.recordWidth)))
    // The keys of pairs stand apart: a word's successors are many, and searched by their keys alone.
    if header.keysOffset != 0 {
      header.keysOffset = takeSection(bits: (records.count + 1) * Int(header.keyWidth))
    }
    let writer = try LevelWriter(
      order: order, table: table, records: records, children: children, header: header, codings: codings,
      previous: previous, beforePrevious: beforePrevious, greatestChildCount: fanOuts.last ?? 0,
      positions: positions, output: output, options: options)
    let total = Double(max(1, table.levels.reduce(0) { $0 + $1.count }))
    let (before, progress) = (Double(writtenCount), progress)
    try forEachTask(writer.taskCount, threadCount: options.threadCount) { (_, task) throws(Failure) in
      try writer.write(task)
      progress(min(1, (before + Double(task * LevelWriter.partCount)) / total))
    }
    try writer.checkPrefixes()
    try writeAside(writer, codings, &header)
    writtenCount += records.count
    levels.append(header)
    losses.append(writer.loss)
    fanOuts.append(writer.fanOut)
    beforePrevious = LevelColumns(begins: previous.begins)
    previous = writer.columns
  }

  private mutating func takeSection(bits: Int) -> UInt64 {
    defer { byteOffset += sectionByteCount(bits: bits) }
    return UInt64(byteOffset)
  }

  private mutating func writeSection<Number: FixedWidthInteger>(_ numbers: [Number]) throws(Failure) -> UInt64
  {
    let offset = takeSection(bits: numbers.count * Number.bitWidth)
    try output.write(numbers, at: Int(offset))
    return offset
  }

  private func hasRanks(_ order: Int) -> Bool {
    order >= 3 && (layout == .ranked || order == table.order)
  }

  private func setWidths(_ level: inout NGramLevelHeader, _ order: Int, _ codings: LevelWriter.Codings) {
    guard order > 1 else { return }
    if order == 2 { level.keysOffset = 8 }
    level.hasRanks = hasRanks(order) ? 1 : 0
    // A rank is below the number of children of some node two orders below.
    let keyCount = hasRanks(order) ? UInt64(fanOuts[order - 3]) : UInt64(table.vocabularyCount)
    level.keyWidth = UInt64(bitWidth(of: max(keyCount, 1) - 1))
    level.probabilityWidth = UInt64(codings.probability.width)
    level.probabilityMinimum = Double(codings.probability.minimum)
    level.probabilityStep = Double(codings.probability.step)
    guard order < table.order else { return }
    level.backoffWidth = UInt64(codings.backoff.width)
    level.backoffMinimum = Double(codings.backoff.minimum)
    level.backoffStep = Double(codings.backoff.step)
    guard layout == .linked else { return }
    level.pointerWidth = UInt64(bitWidth(of: UInt64(table.levels[order].count)))
    // The suffix of a pair is its last word.
    if order >= 3 {
      level.linkWidth = UInt64(bitWidth(of: UInt64(max(table.levels[order - 2].count, 2) - 1)))
    }
  }

  /// Writes what stands beside the records.
  private mutating func writeAside(
    _ writer: LevelWriter, _ codings: LevelWriter.Codings, _ level: inout NGramLevelHeader
  ) throws(Failure) {
    let order = writer.order
    level.maximaOffset = try writeSection(writer.maxima.finish())
    if let probabilities = codings.probability.codebook, let backoffs = codings.backoff.codebook {
      level.codebookOffset = try writeSection(
        [probabilities, backoffs].flatMap { codebook in
          (0..<256).map { codebook.values[min($0, codebook.values.count - 1)].bitPattern.littleEndian }
        })
    }
    if layout == .ranked, order > 1, order < table.order, let begins = writer.columns.begins {
      let code = UnaryCode(
        begins: begins, nodeCount: table.levels[order - 1].count, childCount: table.levels[order].count)
      level.unaryBits = UInt64(code.bitCount)
      level.unaryOffset = try writeSection(code.words)
      level.samplesOffset = try writeSection(code.samples)
    }
    guard order > 1 else { return }
    level.directoryWidth = UInt64(writer.directory.width)
    level.directoryOffset = takeSection(bits: writer.directory.bytes.count * 8)
    try output.write(writer.directory.bytes, at: Int(level.directoryOffset))
  }
}
