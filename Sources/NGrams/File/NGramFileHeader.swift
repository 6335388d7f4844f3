import LanguageModeling
import Platform

/// How the n-grams of a file refer to their suffixes.
enum NGramLayout: UInt64 {
  /// Every node has the id of its last word and a link to the node of its suffix: fastest to score.
  case linked = 0
  /// A node of order 3 or more has, in place of its last word, the rank of its suffix among the children of its
  /// parent's suffix: smallest.
  case ranked = 1
}

/// What the header of `ngrams.bin` says about one order. Offsets are in bytes from the start of the file, widths
/// in bits.
struct NGramLevelHeader {
  static let wordCount = 20

  /// How many n-grams there are.
  var count: UInt64 = 0
  var recordsOffset: UInt64 = 0
  /// Where the keys are if not in the records; else 0.
  var keysOffset: UInt64 = 0
  /// The greatest ln P of each 64 n-grams in a row, then of each 4096, as 32-bit floats.
  var maximaOffset: UInt64 = 0
  /// Ranked: where each node's children begin, in unary; else 0.
  var unaryOffset: UInt64 = 0
  /// Ranked: the place of each 64th one in the unary code, 32 bits each; else 0.
  var samplesOffset: UInt64 = 0
  /// 256 floats for ln P and 256 for ln backoff where these are quantised; else 0.
  var codebookOffset: UInt64 = 0
  var keyWidth: UInt64 = 0
  var probabilityWidth: UInt64 = 0
  var backoffWidth: UInt64 = 0
  var pointerWidth: UInt64 = 0
  var linkWidth: UInt64 = 0
  /// 1 where keys are ranks, 0 where they are ids.
  var hasRanks: UInt64 = 0
  /// ln P = minimum + step · code, where there is no codebook.
  var probabilityMinimum = 0.0
  var probabilityStep = 0.0
  var backoffMinimum = 0.0
  var backoffStep = 0.0
  /// Length of the unary code in bits.
  var unaryBits: UInt64 = 0
  /// From order 2 on: where the keys of nodes with many children lie; see `BucketDirectory`.
  var directoryOffset: UInt64 = 0
  /// 16 or 32.
  var directoryWidth: UInt64 = 0

  var recordWidth: UInt64 {
    (keysOffset == 0 ? keyWidth : 0) + probabilityWidth + backoffWidth + pointerWidth + linkWidth
  }

  var words: [UInt64] {
    [
      count, recordsOffset, keysOffset, maximaOffset, unaryOffset, samplesOffset, codebookOffset, keyWidth,
      probabilityWidth, backoffWidth, pointerWidth, linkWidth, hasRanks, probabilityMinimum.bitPattern,
      probabilityStep.bitPattern, backoffMinimum.bitPattern, backoffStep.bitPattern, unaryBits,
      directoryOffset, directoryWidth,
    ]
  }

  init() {}

  init(words: ArraySlice<UInt64>) {
    let words = Array(words)
    count = words[0]
    recordsOffset = words[1]
    keysOffset = words[2]
    maximaOffset = words[3]
    unaryOffset = words[4]
    samplesOffset = words[5]
    codebookOffset = words[6]
    keyWidth = words[7]
    probabilityWidth = words[8]
    backoffWidth = words[9]
    pointerWidth = words[10]
    linkWidth = words[11]
    hasRanks = words[12]
    probabilityMinimum = Double(bitPattern: words[13])
    probabilityStep = Double(bitPattern: words[14])
    backoffMinimum = Double(bitPattern: words[15])
    backoffStep = Double(bitPattern: words[16])
    unaryBits = words[17]
    directoryOffset = words[18]
    directoryWidth = words[19]
  }
}

/// The header of `ngrams.bin`: 64-bit little-endian numbers. See docs/model-directory.md.
struct NGramFileHeader {
  /// "INKNGRAM" read as a little-endian number.
  static let magic: UInt64 = 0x4D41_5247_4E4B_4E49
  static let version: UInt64 = 2
  static let fixedWordCount = 6
  static let maximumOrder = 8
  /// Records of order 1: ln P and ln backoff (32-bit floats), where the children begin, and the id's position (32
  /// bits each).
  static let unigramByteCount = 16

  var layout: NGramLayout
  var byteCount: UInt64
  var levels: [NGramLevelHeader]

  var words: [UInt64] {
    [Self.magic, Self.version, UInt64(levels.count), levels.first?.count ?? 0, layout.rawValue, byteCount]
      + levels.flatMap(\.words)
  }

  init(layout: NGramLayout, byteCount: UInt64, levels: [NGramLevelHeader]) {
    self.layout = layout
    self.byteCount = byteCount
    self.levels = levels
  }

  /// Reads and checks a header: afterwards every section lies within the file, with 8 bytes after it.
  init(_ file: MappedFile) throws(Failure) {
    // A copy of what may be the header: the file may become another one while it is checked.
    let longest = (Self.fixedWordCount + Self.maximumOrder * NGramLevelHeader.wordCount) * 8
    let copy = Array(file.bytes.prefix(longest))
    func word(_ index: Int) -> UInt64 {
      copy.withUnsafeBytes {
        UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
      }
    }
    guard copy.count >= Self.fixedWordCount * 8, word(0) == Self.magic else {
      throw Failure(
        file.path, why: "is not an n-gram model", remedy: "check the path, or train the model again")
    }
    guard word(1) >= Self.version else {
      throw Failure(
        file.path, why: "is an n-gram model of an older format, \(word(1)), not \(Self.version)",
        remedy: "train the model again")
    }
    guard word(1) == Self.version else {
      throw Failure(
        file.path,
        why: "is an n-gram model of a newer format, \(word(1)); this inkling reads up to \(Self.version)",
        remedy: "update inkling, or train the model again")
    }
    guard let layout = NGramLayout(rawValue: word(4)), word(1) == Self.version,
      (1...UInt64(Self.maximumOrder)).contains(word(2)), word(5) == UInt64(file.count)
    else { throw Self.damaged(file) }
    self.layout = layout
    byteCount = word(5)
    let order = Int(word(2))
    let end = Self.fixedWordCount + order * NGramLevelHeader.wordCount
    guard copy.count >= end * 8 else { throw Self.damaged(file) }
    levels = (0..<order).map { level in
      let from = Self.fixedWordCount + level * NGramLevelHeader.wordCount
      return NGramLevelHeader(words: (from..<from + NGramLevelHeader.wordCount).map(word)[...])
    }
    guard word(3) == levels[0].count, levels[0].count >= 3 else { throw Self.damaged(file) }
    // All counts first: the checks of an order add up its count and the next one's.
    guard levels[0].count <= UInt64(Vocabulary.maximumCount), levels.allSatisfy({ $0.count < 1 << 31 })
    else { throw Self.damaged(file) }
    for order in 1...order {
      guard isSound(order) else { throw Self.damaged(file) }
    }
  }

  private static func damaged(_ file: MappedFile) -> Failure {
    Failure(file.path, why: "is damaged: its header contradicts itself", remedy: "train the model again")
  }

  /// Whether the section of `bits` bits at `offset` lies within the file, followed by 8 bytes.
  private func holds(_ offset: UInt64, bits: (partialValue: UInt64, overflow: Bool)) -> Bool {
    guard !bits.overflow, offset >= 8, offset % 8 == 0, offset <= byteCount else { return false }
    // Whole words, and one more for reading past the last bit; see `SectionWriter.endSection`.
    return (bits.partialValue / 64 + (bits.partialValue % 64 == 0 ? 1 : 2)) <= (byteCount - offset) / 8
  }

  private func isSound(_ order: Int) -> Bool {
    let level = levels[order - 1]
    let isTop = order == levels.count
    let numbers = [
      level.probabilityMinimum, level.probabilityStep, level.backoffMinimum, level.backoffStep,
    ]
    guard numbers.allSatisfy({ $0.isFinite && abs($0) < 1e6 }) else { return false }
    let blocks = (level.count + 63) / 64 + (level.count + 4095) / 4096
    guard holds(level.maximaOffset, bits: (blocks * 32, false)) else { return false }
    if order == 1 {
      return holds(level.recordsOffset, bits: ((level.count + 1) * UInt64(Self.unigramByteCount) * 8, false))
    }
    let widths = [
      level.keyWidth, level.probabilityWidth, level.backoffWidth, level.pointerWidth, level.linkWidth,
    ]
    guard widths.allSatisfy({ $0 <= 32 }), level.hasRanks <= 1 else { return false }
    if isTop && (level.backoffWidth != 0 || level.pointerWidth != 0 || level.linkWidth != 0) { return false }
    guard
      holds(level.recordsOffset, bits: level.recordWidth.multipliedReportingOverflow(by: level.count + 1))
    else { return false }
    if level.keysOffset != 0 {
      guard holds(level.keysOffset, bits: (level.keyWidth * (level.count + 1), false)) else { return false }
    }
    if level.codebookOffset != 0 {
      guard level.probabilityWidth == 8, isTop || level.backoffWidth == 8,
        holds(level.codebookOffset, bits: (512 * 32, false))
      else { return false }
    }
    guard level.directoryWidth == 16 || level.directoryWidth == 32,
      holds(
        level.directoryOffset,
        bits: (UInt64(BucketDirectory.entryCount(childCount: Int(level.count))) * level.directoryWidth, false)
      )
    else { return false }
    // Ranks refer to the order below, so they begin with order 3, where the layout says so, or at the top.
    let wantsRanks = order >= 3 && (layout == .ranked || isTop)
    guard (level.hasRanks == 1) == wantsRanks else { return false }
    guard layout == .ranked && !isTop else {
      return level.unaryOffset == 0 && level.samplesOffset == 0 && level.unaryBits == 0
    }
    return level.pointerWidth == 0 && level.linkWidth == 0
      && level.unaryBits == level.count + levels[order].count + 1
      && holds(level.unaryOffset, bits: (level.unaryBits, false))
      && holds(level.samplesOffset, bits: ((level.count / 64 + 1) * 32, false))
  }
}
