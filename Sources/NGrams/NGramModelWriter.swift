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
/// table.
public struct NGramModelWriter: ~Copyable {
  private typealias Codings = (probability: ValueCoding, backoff: ValueCoding)

  private let table: NGramTable
  private let options: NGramFileOptions
  private let layout: NGramLayout
  private var output: SectionWriter
  private var levels: [NGramLevelHeader] = []
  private var losses: [NGramFileSummary.Loss] = []
  private var previous = LevelColumns()
  private var beforePrevious = LevelColumns()
  /// The most children that an n-gram of each order has.
  private var fanOuts: [UInt32] = []

  /// Writes `table` to `path`.
  ///
  /// - Throws: `Failure` where the table is not sorted, not closed under prefixes and suffixes, or not made of
  ///   numbers, and where the file cannot be written.
  @discardableResult
  public static func write(
    _ table: NGramTable, to path: String, options: NGramFileOptions = NGramFileOptions()
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
    var writer = try NGramModelWriter(table, path: path, options: options)
    for order in 1...table.order { try writer.writeLevel(order) }
    return try writer.finish()
  }

  private init(_ table: NGramTable, path: String, options: NGramFileOptions) throws(Failure) {
    self.table = table
    self.options = options
    layout = options.isQuantized ? .ranked : .linked
    var output = try SectionWriter(path: path)
    let header = NGramFileHeader(layout: layout, byteCount: 0, levels: table.levels.map { _ in .init() })
    try output.append([UInt32](repeating: 0, count: header.words.count * 2))
    try output.endSection()
    self.output = output
  }

  private func finish() throws(Failure) -> NGramFileSummary {
    let header = NGramFileHeader(layout: layout, byteCount: UInt64(output.byteOffset), levels: levels)
    try output.overwriteStart(header.words)
    return NGramFileSummary(
      byteCount: output.byteOffset, counts: table.levels.map(\.count), losses: losses)
  }

  private var bufferByteCount: Int { min(1 << 20, max(1 << 14, options.memoryByteCount / 64)) }

  private func makeColumn() -> NumberColumnBuilder {
    NumberColumnBuilder(
      memoryByteCount: options.memoryByteCount / 16, temporaryDirectory: options.temporaryDirectory)
  }

  private mutating func writeLevel(_ order: Int) throws(Failure) {
    let source = table.levels[order - 1]
    let codings = try LevelValues.codings(
      of: source, quantized: options.isQuantized && order > 1, bufferByteCount: bufferByteCount)
    var level = NGramLevelHeader()
    level.count = UInt64(source.count)
    level.recordsOffset = UInt64(output.byteOffset)
    setWidths(&level, order, codings)
    var aside = LevelAside(
      unaryBits: layout == .ranked && order > 1 && order < table.order
        ? source.count + table.levels[order].count + 1 : 0)
    let columns = try writeRecords(order, level, codings, &aside)
    try writeAside(order, columns, aside, codings, &level)
    levels.append(level)
    losses.append(aside.loss)
    beforePrevious = LevelColumns(begins: previous.begins)
    previous = columns
  }

  private func hasRanks(_ order: Int) -> Bool {
    order >= 3 && (layout == .ranked || order == table.order)
  }

  private func setWidths(_ level: inout NGramLevelHeader, _ order: Int, _ codings: Codings) {
    guard order > 1 else { return }
    // The keys of pairs stand apart: a word's successors are many, and searched by their keys alone.
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

  private mutating func writeRecords(
    _ order: Int, _ level: NGramLevelHeader, _ codings: Codings, _ aside: inout LevelAside
  ) throws(Failure) -> LevelColumns {
    let isTop = order == table.order
    var linker = try LevelLinker(
      order: order, table: table, previous: previous, beforePrevious: beforePrevious,
      bufferByteCount: bufferByteCount, releasesPages: options.memoryByteCount < 1 << 30)
    var words = makeColumn()
    var begins = makeColumn()
    var suffixes = makeColumn()
    while let node = try linker.next() {
      if order == 1 {
        try writeUnigram(node, &aside)
      } else {
        try writeRecord(node, level, codings, &aside)
      }
      if !isTop || order == 2 { try words.append(node.word) }
      if !isTop {
        try begins.append(node.firstChild)
        if order >= 3 { try suffixes.append(node.suffix) }
      }
    }
    let end = isTop ? 0 : UInt32(table.levels[order].count)
    if !isTop { try begins.append(end) }
    try writeEnd(order, level, end: end)
    fanOuts.append(linker.fanOut)
    return LevelColumns(
      words: try words.finish(), begins: try begins.finish(), suffixes: try suffixes.finish())
  }

  private mutating func writeUnigram(_ node: LevelLinker.Node, _ aside: inout LevelAside) throws(Failure) {
    let probability = clampedLog(node.logProbability)
    aside.maxima.append(probability)
    try output.append(UInt64(probability.bitPattern), width: 32)
    try output.append(UInt64(clampedLog(node.logBackoff).bitPattern), width: 32)
    try output.append(UInt64(node.firstChild), width: 32)
  }

  private mutating func writeRecord(
    _ node: LevelLinker.Node, _ level: NGramLevelHeader, _ codings: Codings, _ aside: inout LevelAside
  ) throws(Failure) {
    if level.keysOffset == 0 {
      try output.append(UInt64(level.hasRanks == 1 ? node.rank : node.word), width: Int(level.keyWidth))
    }
    let probability = codings.probability.code(clampedLog(node.logProbability))
    try output.append(probability, width: Int(level.probabilityWidth))
    let stored = codings.probability.value(probability)
    aside.maxima.append(stored)
    var storedBackoff: Float = 0
    if level.backoffWidth > 0 {
      let backoff = codings.backoff.code(clampedLog(node.logBackoff))
      try output.append(backoff, width: Int(level.backoffWidth))
      storedBackoff = codings.backoff.value(backoff)
    } else {
      storedBackoff = Float(level.backoffMinimum)
    }
    aside.addErrors(stored - clampedLog(node.logProbability), storedBackoff - clampedLog(node.logBackoff))
    if level.pointerWidth > 0 { try output.append(UInt64(node.firstChild), width: Int(level.pointerWidth)) }
    if level.linkWidth > 0 { try output.append(UInt64(node.suffix), width: Int(level.linkWidth)) }
    aside.appendNode(firstChild: node.firstChild)
  }

  /// One more record, which says where the children of the last one end.
  private mutating func writeEnd(_ order: Int, _ level: NGramLevelHeader, end: UInt32) throws(Failure) {
    if order == 1 {
      try output.append([0, 0, end])
    } else {
      if level.keysOffset == 0 { try output.append(0, width: Int(level.keyWidth)) }
      try output.append(0, width: Int(level.probabilityWidth))
      try output.append(0, width: Int(level.backoffWidth))
      try output.append(level.pointerWidth > 0 ? UInt64(end) : 0, width: Int(level.pointerWidth))
      try output.append(0, width: Int(level.linkWidth))
    }
    try output.endSection()
  }

  /// Writes what stands beside the records.
  private mutating func writeAside(
    _ order: Int, _ columns: LevelColumns, _ aside: borrowing LevelAside, _ codings: Codings,
    _ level: inout NGramLevelHeader
  ) throws(Failure) {
    if level.keysOffset != 0, let words = columns.words {
      level.keysOffset = UInt64(output.byteOffset)
      for index in 0..<words.count { try output.append(UInt64(words[index]), width: Int(level.keyWidth)) }
      try output.append(0, width: Int(level.keyWidth))
      try output.endSection()
    }
    if order == 2 && layout == .linked, let words = columns.words, let begins = previous.begins {
      let table = PairTableBuilder(words: words, begins: begins)
      if table.slotCount > 0 {
        level.pairTableOffset = UInt64(output.byteOffset)
        level.pairSlotCount = UInt64(table.slotCount)
        level.pairSlotWidth = UInt64(table.slotWidth)
        for slot in table.slots { try output.append(slot, width: table.slotWidth) }
        try output.endSection()
      }
    }
    level.maximaOffset = UInt64(output.byteOffset)
    try output.append(aside.maxima.bitPatterns)
    try output.endSection()
    if let probabilities = codings.probability.codebook, let backoffs = codings.backoff.codebook {
      level.codebookOffset = UInt64(output.byteOffset)
      for codebook in [probabilities, backoffs] {
        let values = codebook.values
        try output.append((0..<256).map { (values[min($0, values.count - 1)]).bitPattern })
      }
      try output.endSection()
    }
    if aside.unaryBits > 0 {
      level.unaryBits = UInt64(aside.unaryBits)
      level.unaryOffset = UInt64(output.byteOffset)
      try output.append(aside.unary)
      try output.endSection()
      level.samplesOffset = UInt64(output.byteOffset)
      try output.append(aside.samples)
      try output.endSection()
    }
  }
}
