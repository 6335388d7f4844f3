import LanguageModeling
import Platform

/// A model read from an ARPA file.
public struct ARPAModel: Sendable {
  public var vocabulary: Vocabulary
  public var table: NGramTable
  /// N-grams that were missing and have been added, because longer ones contain them; their values are what backing
  /// off gave, so that no probability has changed.
  public var addedCount: Int
}

/// Reads ARPA files as KenLM, SRILM and Kaldi write them (format: Paul and Baker's as in SRILM's manual,
/// ngram-format(5)): logarithms to base 10, backoffs that may be left out, n-grams in any order.
public struct ARPAReader: ~Copyable {
  static let naturalPerDecimal = 2.302_585_092_994_045_7
  /// The line that precedes a file whose words are escaped as in vocabulary.txt, spaces too.
  static let escapeMark = "# inkling: words are escaped as in vocabulary.txt"
  /// What KenLM gives to unknown words where the file has no `<unk>`: log10 P = −100.
  static let missingUnknown = Float(-100 * naturalPerDecimal)
  /// How some toolkits write `<unk>`.
  private static let capitalUnknown = Array("<UNK>".utf8)

  private var lines: ARPALines
  private let memoryByteCount: Int
  private let temporaryDirectory: String
  private var counts: [Int] = []
  private var isEscaped = false
  /// Whether `<UNK>` is how this file writes `<unk>`. Where it has both, as word lists with `<UNK>` give, that is a word as
  /// any other.
  private var isUnknownCapital = false
  private let replacement: ([UInt8]) -> [UInt8]?
  /// Words of the file that other types stand for.
  private var replaced: [[UInt8]: [UInt8]] = [:]

  /// Reads the file at `path`.
  ///
  /// - Parameters:
  ///   - memoryByteCount: bound of the memory for sorting.
  ///   - temporaryDirectory: where sorted runs go beyond it.
  ///   - replacement: asked once about each word; the type that is to stand for it, which no other word may have, or nil for
  ///     itself. No probability changes by that.
  /// - Throws: `Failure` naming the file and the line.
  public static func read(
    _ path: String, memoryByteCount: Int = 1 << 30, temporaryDirectory: String = "/tmp",
    replacing replacement: @escaping ([UInt8]) -> [UInt8]? = { _ in nil }
  ) throws(Failure) -> ARPAModel {
    var reader = try ARPAReader(path, memoryByteCount, temporaryDirectory, replacement)
    return try reader.read()
  }

  private init(
    _ path: String, _ memoryByteCount: Int, _ temporaryDirectory: String,
    _ replacement: @escaping ([UInt8]) -> [UInt8]?
  ) throws(Failure) {
    self.replacement = replacement
    self.memoryByteCount = memoryByteCount
    self.temporaryDirectory = temporaryDirectory
    lines = try ARPALines(path: path)
  }

  private mutating func read() throws(Failure) -> ARPAModel {
    try readCounts()
    let (vocabulary, unigrams) = try readUnigrams()
    var levels = [unigrams]
    for order in 2...max(2, counts.count) where order <= counts.count {
      levels.append(try readLevel(order, vocabulary))
    }
    try expect("\\end\\")
    var closure = TableClosure(
      NGramTable(levels: levels), memoryByteCount: memoryByteCount, temporaryDirectory: temporaryDirectory)
    let table = try closure.close()
    return ARPAModel(vocabulary: vocabulary, table: table, addedCount: closure.addedCount)
  }

  /// Moves to the next line that is not blank.
  private mutating func advance() throws(Failure) {
    repeat {
      guard try lines.advance() else {
        throw lines.failure("ends before \\end\\", "write the file again; this one is not whole")
      }
    } while lines.isBlank
  }

  private mutating func expect(_ heading: String) throws(Failure) {
    try advance()
    guard lines.text.trimmed == heading[...] else {
      throw lines.failure("expected \(heading), found \(lines.text.shortened)")
    }
  }

  private mutating func readCounts() throws(Failure) {
    repeat {
      guard try lines.advance() else {
        throw Failure(lines.path, why: "has no line \\data\\", remedy: "check that this is an ARPA file")
      }
      if lines.text.trimmed == Self.escapeMark[...] { isEscaped = true }
    } while lines.text.trimmed != "\\data\\"
    while try lines.advance() {
      if lines.isBlank {
        if counts.isEmpty { continue } else { break }
      }
      let parts = lines.text.trimmed.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0].hasPrefix("ngram "), let count = Int(parts[1].trimmed), count >= 0,
        Int(parts[0].dropFirst(6).trimmed) == counts.count + 1
      else { throw lines.failure("expected ngram \(counts.count + 1)=count, found \(lines.text.shortened)") }
      counts.append(count)
    }
    guard (1...NGramFileHeader.maximumOrder).contains(counts.count) else {
      throw lines.failure(
        "has n-grams of order \(counts.count)", "orders from 1 to \(NGramFileHeader.maximumOrder) can be read"
      )
    }
  }

  private mutating func readUnigrams() throws(Failure) -> (Vocabulary, NGramLevel) {
    try expect("\\1-grams:")
    var values: [[UInt8]: (Float, Float)] = [:]
    var line = ARPALine(order: 1)
    for _ in 0..<counts[0] {
      try advance()
      try parse(&line)
      var word = try word(line.words[0])
      if let other = replacement(word) {
        guard replaced.updateValue(other, forKey: word) == nil else {
          throw lines.failure("repeats the word \(String(decoding: word, as: UTF8.self))")
        }
        word = other
      }
      guard values.updateValue((line.logProbability, line.logBackoff), forKey: word) == nil else {
        throw lines.failure("repeats the word \(String(decoding: word, as: UTF8.self))")
      }
    }
    let capital = Self.capitalUnknown
    if !isEscaped, values[Vocabulary.specials[0]] == nil, let value = values.removeValue(forKey: capital) {
      values[Vocabulary.specials[0]] = value
      isUnknownCapital = true
    }
    let vocabulary = Vocabulary(types: values.keys)
    var records: [UInt32] = []
    for id in 0..<vocabulary.count {
      var value = values[vocabulary.bytes(of: TokenID(id))]
      switch TokenID(id) {
      case .unknown: value = value ?? (Self.missingUnknown, 0)
      case .sentenceStart: value = (NGramTable.impossible, value?.1 ?? 0)
      case .sentenceEnd: value = value ?? values[Vocabulary.specials[0]] ?? (Self.missingUnknown, 0)
      default: break
      }
      records += [UInt32(id), (value?.0 ?? 0).bitPattern, (value?.1 ?? 0).bitPattern]
    }
    return (vocabulary, NGramLevel(order: 1, records: records))
  }

  private mutating func readLevel(_ order: Int, _ vocabulary: Vocabulary) throws(Failure) -> NGramLevel {
    try expect("\\\(order)-grams:")
    var sorter = NGramSorter(
      order: order, memoryByteCount: memoryByteCount, temporaryDirectory: temporaryDirectory)
    var line = ARPALine(order: order)
    var ids = [UInt32](repeating: 0, count: order)
    for _ in 0..<counts[order - 1] {
      try advance()
      try parse(&line)
      for place in 0..<order {
        let bytes = isEscaped ? try word(line.words[place])[...] : lines.bytes(line.words[place])
        let isUnknown = isUnknownCapital && bytes.elementsEqual(Self.capitalUnknown)
        guard
          let id = isUnknown
            ? .unknown : vocabulary.id(of: bytes) ?? replaced[Array(bytes)].flatMap({ vocabulary.id(of: $0) })
        else {
          throw lines.failure(
            "has the word \(String(decoding: bytes, as: UTF8.self)), which is not among the 1-grams")
        }
        ids[place] = id.rawValue
      }
      // A context of N words has no backoff.
      try sorter.append(
        ids, logProbability: line.logProbability, logBackoff: order < counts.count ? line.logBackoff : 0)
    }
    return try sorter.finish()
  }

  /// The type that a field stands for.
  private func word(_ range: Range<Int>) throws(Failure) -> [UInt8] {
    let bytes = Array(lines.bytes(range))
    guard isEscaped else { return bytes }
    guard let word = VocabularyEscapes.decoded(bytes) else { throw lines.failure("has a malformed escape") }
    return word
  }

  private func parse(_ line: inout ARPALine) throws(Failure) {
    let field = lines.fieldRange(after: 0)
    guard let probability = lines.number(field) else {
      throw lines.failure("expected a logarithm and \(line.order) words, found \(lines.text.shortened)")
    }
    guard probability <= 1e-3 else { throw lines.failure("has a probability above 1") }
    line.logProbability = Float(min(probability, 0) * Self.naturalPerDecimal)
    var offset = field.upperBound
    for place in 0..<line.order {
      line.words[place] = lines.fieldRange(after: offset)
      guard !line.words[place].isEmpty else {
        throw lines.failure("has \(place) words, not \(line.order): \(lines.text.shortened)")
      }
      offset = line.words[place].upperBound
    }
    let last = lines.fieldRange(after: offset)
    line.logBackoff = 0
    guard !last.isEmpty else { return }
    guard let backoff = lines.number(last), lines.fieldRange(after: last.upperBound).isEmpty else {
      throw lines.failure("has more than \(line.order) words and a backoff: \(lines.text.shortened)")
    }
    line.logBackoff = Float(backoff * Self.naturalPerDecimal)
  }
}

/// One line of an ARPA file, taken apart.
private struct ARPALine {
  let order: Int
  var words: [Range<Int>]
  /// Natural logarithms.
  var logProbability: Float = 0
  var logBackoff: Float = 0

  init(order: Int) {
    self.order = order
    words = Array(repeating: 0..<0, count: order)
  }
}

extension StringProtocol {
  /// Without white space at either end.
  fileprivate var trimmed: SubSequence {
    var rest = self[startIndex..<endIndex]
    while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
    while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
    return rest
  }

  /// Short enough for a message.
  fileprivate var shortened: String { count > 60 ? "\"\(prefix(60))…\"" : "\"\(self)\"" }
}
