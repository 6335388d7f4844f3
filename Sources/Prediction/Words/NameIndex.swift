import LanguageModeling
import Platform
import Synchronization

/// Finds the words of a vocabulary by what people type of them beside their beginning in their own case: folded (see
/// `Folding`), from an inner part on (`panel` for `getPanelVisibility`), or by the initials of their parts (`gPV`).
///
/// Sorted keys, looked up by binary search. Words that are their own folded form are found in the vocabulary itself, which
/// is in order of bytes. What is looked up may lie in a mapped file (`NameIndexFile`), which is not trusted: what points outside
/// is no key, and no word.
final class NameIndex: Sendable {
  /// A key is the bytes of `text` from `offset` up to the next zero byte.
  private struct Entry: BitwiseCopyable {
    var offset: UInt32
    var id: UInt32
  }

  private let owner: NameIndexFile
  private nonisolated(unsafe) let text: UnsafeRawBufferPointer
  private nonisolated(unsafe) let folded: UnsafeBufferPointer<Entry>
  private nonisolated(unsafe) let inner: UnsafeBufferPointer<Entry>
  private nonisolated(unsafe) let initials: UnsafeBufferPointer<Entry>
  private let typeCount: Int

  /// Longer words are found by their beginning in their own case only.
  private static let maximumByteCount = NameParts.maximumByteCount

  convenience init(_ vocabulary: Vocabulary) {
    self.init(NameIndexFile(NameIndexFile.content(for: vocabulary, digest: 0, threadCount: 1)))
  }

  init(_ file: NameIndexFile) {
    owner = file
    typeCount = file.typeCount
    text = file.sections[3]
    folded = file.sections[0].bindMemory(to: Entry.self)
    inner = file.sections[1].bindMemory(to: Entry.self)
    initials = file.sections[2].bindMemory(to: Entry.self)
  }

  /// Makes what the file holds: folded names, inner parts, initials, and the text of their keys.
  static func sections(of vocabulary: Vocabulary, threadCount: Int) -> [[UInt8]] {
    let (first, end) = (Vocabulary.specials.count, max(vocabulary.count, Vocabulary.specials.count))
    let blockCount = threadCount > 1 ? min(64, (end - first) >> 12) + 1 : 1
    let blocks = Mutex([Keys](repeating: Keys(), count: blockCount))
    // Nothing throws.
    try? forEachTask(blockCount, threadCount: threadCount) { _, block in
      var keys = Keys()
      for place in (end - first) * block / blockCount..<(end - first) * (block + 1) / blockCount {
        let id = UInt32(first + place)
        vocabulary.withBytes(of: TokenID(rawValue: id)) { keys.add($0, id) }
      }
      let made = keys
      blocks.withLock { $0[block] = made }
    }
    var all = Keys()
    for block in 0..<blockCount {
      var keys = Keys()
      // It is gone once it is taken in: there may be little room.
      blocks.withLock { swap(&keys, &$0[block]) }
      all.append(keys)
    }
    return [\Keys.folded, \.inner, \.initials].map { all.sorted($0, threadCount: threadCount) } + [all.text]
  }

  private struct Keys: Sendable {
    var text: [UInt8] = []
    var folded: [Entry] = []
    var inner: [Entry] = []
    var initials: [Entry] = []

    mutating func add(_ word: UnsafeRawBufferPointer, _ id: UInt32) {
      guard let first = word.first, word.count <= maximumByteCount, !word.contains(0),
        first >= 0x80 || OfferedWords.isOffered(word, checkingSecrets: false),
        text.count < Int(UInt32.max) - 8 * maximumByteCount
      else { return }
      let starts = NameParts.starts(word)
      let needsFolding = word.contains { $0 >= 0x80 || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
      if !needsFolding && starts.isEmpty { return }
      let offset = UInt32(truncatingIfNeeded: text.count)
      let key = Folding.folded(word)
      text += key
      text.append(0)
      if needsFolding { folded.append(Entry(offset: offset, id: id)) }
      // Only names of ASCII keep the places of their bytes when they are folded.
      guard !starts.isEmpty, key.count == word.count, !word.contains(where: { $0 >= 0x80 }) else { return }
      for start in starts { inner.append(Entry(offset: offset + UInt32(start), id: id)) }
      initials.append(Entry(offset: UInt32(truncatingIfNeeded: text.count), id: id))
      text += NameIndex.initials(of: key, starts)
      text.append(0)
    }

    /// Takes in those of later words, if there is room for their places.
    mutating func append(_ later: Keys) {
      guard text.count + later.text.count <= Int(UInt32.max) else { return }
      let offset = UInt32(text.count)
      text += later.text
      for list in [\Keys.folded, \.inner, \.initials] as [WritableKeyPath<Keys, [Entry]>] {
        self[keyPath: list] += later[keyPath: list].lazy.map { Entry(offset: $0.offset + offset, id: $0.id) }
      }
    }

    /// The entries in the order of their keys, as bytes; they are gone from here afterwards.
    mutating func sorted(_ entries: WritableKeyPath<Keys, [Entry]>, threadCount: Int) -> [UInt8] {
      var keyed: [(key: UInt64, entry: Entry)] = []
      keyed.reserveCapacity(self[keyPath: entries].count)
      text.withUnsafeBytes { text in
        // Eight bytes at once decide nearly always.
        for entry in self[keyPath: entries] { keyed.append((NameIndex.key(text, Int(entry.offset)), entry)) }
      }
      self[keyPath: entries] = []
      text.withUnsafeBytes { text in
        nonisolated(unsafe) let text = text
        radixSort(&keyed, threadCount: threadCount, by: \.key) { a, b in
          let order = NameIndex.compare(text, Int(a.entry.offset), Int(b.entry.offset))
          return order != 0 ? order < 0 : a.entry.id < b.entry.id
        }
      }
      var result: [UInt8] = []
      result.reserveCapacity(keyed.count * MemoryLayout<Entry>.stride)
      for (_, entry) in keyed {
        withUnsafeBytes(of: Entry(offset: entry.offset.littleEndian, id: entry.id.littleEndian)) {
          result.append(contentsOf: $0)
        }
      }
      return result
    }
  }

  /// The first letters of a name's parts.
  static func initials(of folded: [UInt8], _ starts: [Int]) -> [UInt8] {
    var first = 0
    while first < folded.count && folded[first] == UInt8(ascii: "_") { first += 1 }
    return ([first] + starts.filter { $0 > first }).compactMap { $0 < folded.count ? folded[$0] : nil }
  }

  /// The first eight bytes of a key as a number in their order.
  private static func key(_ text: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    var key: UInt64 = 0
    var place = offset
    for _ in 0..<8 {
      let byte = text[place]
      key = key << 8 | UInt64(byte)
      if byte != 0 { place += 1 }
    }
    return key
  }

  private static func compare(_ text: UnsafeRawBufferPointer, _ a: Int, _ b: Int) -> Int {
    var (a, b) = (a, b)
    while text[a] == text[b] && text[a] != 0 {
      a += 1
      b += 1
    }
    return Int(text[a]) - Int(text[b])
  }

  // MARK: Finding

  /// Gives the words whose folded form begins with `prefix`, or has a part behind its first from which on it does.
  ///
  /// - Parameter body: says whether there is room for more.
  func forEachFolded(withPrefix prefix: [UInt8], _ body: (UInt32) -> Bool) { find(prefix, folded, body) }
  func forEachInner(withPrefix prefix: [UInt8], _ body: (UInt32) -> Bool) { find(prefix, inner, body) }
  func forEachInitials(withPrefix prefix: [UInt8], _ body: (UInt32) -> Bool) { find(prefix, initials, body) }

  private func find(_ prefix: [UInt8], _ entries: UnsafeBufferPointer<Entry>, _ body: (UInt32) -> Bool) {
    // Where the keys end that begin with it is searched for, too: their text lies all over the file, and may be on the disk.
    let start = firstPlace(in: entries, from: 0) { order($0, prefix) >= 0 }
    let end = firstPlace(in: entries, from: start) { order($0, prefix) > 0 }
    for entry in entries[start..<end] where entry.id < typeCount && !body(entry.id) { return }
  }

  /// The first place whose key has passed, where all behind it have.
  private func firstPlace(
    in entries: UnsafeBufferPointer<Entry>, from start: Int, hasPassed: (_ offset: Int) -> Bool
  ) -> Int {
    var low = start
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if hasPassed(Int(entries[middle].offset)) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// 0 where the key begins with the prefix, else which of them comes first.
  @inline(__always)
  private func order(_ offset: Int, _ prefix: [UInt8]) -> Int {
    guard offset + prefix.count <= text.count else { return orderAtEnd(offset, prefix) }
    for (place, byte) in prefix.enumerated() {
      let own = text[offset + place]
      if own != byte { return Int(own) - Int(byte) }
    }
    return 0
  }

  /// The same for a key that has fewer bytes than the prefix before the text ends.
  private func orderAtEnd(_ offset: Int, _ prefix: [UInt8]) -> Int {
    guard offset < text.count else { return -1 }
    for (own, byte) in zip(text[offset...], prefix) where own != byte { return Int(own) - Int(byte) }
    return -1
  }
}
