import LanguageModeling
import Lexing
import Platform

/// `messages.bin`: the messages of a history by the numbers of their words, to be found by what their diffs were about.
///
/// All numbers little-endian and of 32 bits: `INKMSG01` in two; how many messages, stems, entries and words; then of each stem
/// (`DiffStems`), ascending, its hash, how many diffs have it and where its entries begin; the entries, a message's number in 24
/// bits and above it the stem's weight there in 255ths; of each message where its words begin, and of a last one where they end;
/// the words, as the vocabulary numbers them. The content is untrusted.
package final class MessageHistory: Sendable {
  /// The file's name in a model directory; models may lack it.
  package static let fileName = "messages.bin"
  private static let magic: [UInt32] = [0x4D4B_4E49, 0x3130_4753]
  private static let headerCount = 6
  /// So many stems of a diff are compared.
  private static let stemLimit = 128
  private static let messageLimit = 1 << 24
  /// What more than this part of the diffs has says nothing of any.
  private static let commonShare: Float = 0.25
  /// Words of a message that are kept.
  private static let messageTokenLimit = 2_000

  let messageCount: Int
  private let stemCount: Int
  private let entryCount: Int
  private let tokenCount: Int
  private let content: Content

  private enum Content: Sendable {
    case file(MappedFile)
    case memory([UInt32])
  }

  /// Takes a mapped file of a model directory.
  convenience init(file: MappedFile) throws(Failure) {
    guard file.count % 4 == 0, let history = MessageHistory(content: .file(file), count: file.count / 4)
    else {
      throw Failure(file.path, why: "is damaged", remedy: "train the model again")
    }
    self.init(history)
  }

  /// - Parameter content: what `content(of:lexicon:grammar:)` made.
  convenience init?(_ content: [UInt32]) {
    guard let history = MessageHistory(content: .memory(content), count: content.count) else { return nil }
    self.init(history)
  }

  private init(_ other: MessageHistory) {
    (messageCount, stemCount) = (other.messageCount, other.stemCount)
    (entryCount, tokenCount) = (other.entryCount, other.tokenCount)
    content = other.content
  }

  private init?(content: Content, count: Int) {
    self.content = content
    guard count >= Self.headerCount else { return nil }
    let header = (0..<Self.headerCount).map { Self.number($0, in: content) }
    guard Array(header[..<2]) == Self.magic else { return nil }
    let counts = header[2...].map(Int.init)
    guard counts[0] < Self.messageLimit,
      Self.headerCount + 3 * counts[1] + counts[2] + counts[0] + 1 + counts[3] == count
    else { return nil }
    (messageCount, stemCount, entryCount, tokenCount) = (counts[0], counts[1], counts[2], counts[3])
  }

  private static func number(_ index: Int, in content: Content) -> UInt32 {
    switch content {
    case .file(let file):
      UInt32(littleEndian: file.bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
    case .memory(let numbers): numbers[index]
    }
  }

  private func number(_ index: Int) -> UInt32 { Self.number(index, in: content) }

  // MARK: Reading

  /// The stem's place, how many diffs have it, and its entries; nil for one that no diff has.
  private func found(_ stem: UInt32) -> (count: Int, entries: Range<Int>)? {
    var (low, high) = (0, stemCount)
    while low < high {
      let middle = (low + high) / 2
      if number(Self.headerCount + 3 * middle) < stem { low = middle + 1 } else { high = middle }
    }
    guard low < stemCount else { return nil }
    let place = Self.headerCount + 3 * low
    guard number(place) == stem else { return nil }
    let start = Int(number(place + 2))
    let end = low + 1 < stemCount ? Int(number(place + 5)) : entryCount
    guard start <= end, end <= entryCount else { return nil }
    return (Int(number(place + 1)), start..<end)
  }

  /// How like a diff is to those of the messages: the cosine of what they are about.
  ///
  /// - Parameter accepts: whether a message may be one of them.
  /// - Returns: the likest first; none that is not like it at all.
  func messages(
    like words: DiffWords, where accepts: (Int) -> Bool = { _ in true }
  ) -> [(message: Int, likeness: Float)] {
    var likeness = [Float](repeating: 0, count: messageCount)
    let stems = DiffStems(words).weighed(limit: Self.stemLimit) { stem in
      idf(of: stem, count: found(stem)?.count ?? 0)
    }
    for (stem, weight) in stems {
      guard let entries = found(stem)?.entries else { continue }
      let first = Self.headerCount + 3 * stemCount
      for place in entries {
        let entry = number(first + place)
        let message = Int(entry & 0xFF_FFFF)
        if message < likeness.count { likeness[message] += weight * Float(entry >> 24) / 255 }
      }
    }
    return likeness.indices.filter { likeness[$0] > 0 && accepts($0) }.map { ($0, likeness[$0]) }
      .sorted { ($1.likeness, $0.message) < ($0.likeness, $1.message) }
  }

  private func idf(of stem: UInt32, count: Int) -> Float { Self.idf(count: count, of: messageCount) }

  private static func idf(count: Int, of messageCount: Int) -> Float {
    if Float(count) > commonShare * Float(messageCount) { return 0 }
    return max(0, logf((Float(messageCount) + 1) / (Float(count) + 0.5)))
  }

  /// The words of a message.
  func tokens(of message: Int) -> [UInt32] {
    guard 0..<messageCount ~= message else { return [] }
    let starts = Self.headerCount + 3 * stemCount + entryCount
    let (start, end) = (Int(number(starts + message)), Int(number(starts + message + 1)))
    guard start <= end, end <= tokenCount, end - start <= Self.messageTokenLimit else { return [] }
    let first = starts + messageCount + 1
    return (start..<end).map { number(first + $0) }
  }

  // MARK: Making

  /// - Parameter lexicon: of the model that the history is for: what its vocabulary lacks is `TokenID.unknown`.
  /// - Returns: the content of a file.
  package static func content(
    of history: [DescribedDiff], lexicon: Lexicon, grammar: Grammar
  ) -> [UInt32] {
    let history = history.suffix(messageLimit - 1)
    var counts: [UInt32: Int] = [:]
    let described = history.map { DiffStems($0.words) }
    for stems in described { for stem in stems.counts.keys { counts[stem, default: 0] += 1 } }
    var entries: [UInt32: [UInt32]] = [:]
    for (message, stems) in described.enumerated() {
      let weighed = stems.weighed(limit: stemLimit) { idf(count: counts[$0] ?? 0, of: described.count) }
      for (stem, weight) in weighed {
        let level = UInt32(max(1, min(255, (255 * weight).rounded())))
        entries[stem, default: []].append(UInt32(message) | level << 24)
      }
    }
    let stems = entries.keys.sorted()
    var tokens: [UInt32] = []
    var starts: [UInt32] = [0]
    for one in history {
      let sequence = lexicon.sequence(of: LexedDocument(text: one.message, grammar: grammar))
      tokens += sequence.tokenIDs.prefix(messageTokenLimit).map {
        $0 < lexicon.modelCount ? $0 : TokenID.unknown.rawValue
      }
      lexicon.release(sequence)
      starts.append(UInt32(tokens.count))
    }
    let entryCount = entries.values.reduce(0) { $0 + $1.count }
    var content = magic + [history.count, stems.count, entryCount, tokens.count].map { UInt32($0) }
    var place = 0
    for stem in stems {
      content += [stem, UInt32(counts[stem] ?? 0), UInt32(place)]
      place += entries[stem]?.count ?? 0
    }
    for stem in stems { content += entries[stem] ?? [] }
    return content + starts + tokens
  }

  package static func bytes(of content: [UInt32]) -> [UInt8] {
    content.map(\.littleEndian).withUnsafeBytes { Array($0) }
  }
}
