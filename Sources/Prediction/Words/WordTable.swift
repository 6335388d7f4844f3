import Platform

/// Words by their bytes: open addressing over entries that point into one array of bytes.
struct WordTable {
  struct Entry {
    var offset: Int
    var count: UInt32
    var hash: UInt32
    var word: Lexicon.Word
  }

  private var entries: [Entry] = []
  private static let noEntry = UInt32.max
  private static let smallestPlaceCount = 1 << 10
  /// So many words that nobody holds are kept in any case.
  private static let keptUnheldCount = 1 << 10
  /// And so many bytes of them: a word may be megabytes long.
  private static let keptUnheldByteCount = 1 << 16
  /// The entries of the words outside the vocabulary, in the order of their numbers; `noEntry` for a free number.
  private(set) var unknown: [UInt32] = []
  /// Of the same words, how many tokens are they.
  private var holderCounts: [UInt32] = []
  /// Of the same words, with what their parts begin.
  private var signatures: [WordSignature] = []
  private(set) var freeNumbers: [UInt32] = []
  /// How many of the words are no token.
  private var unheldCount = 0
  private var unheldByteCount = 0
  var openUseCount = 0
  /// Changes whenever words lose their numbers.
  private(set) var numbering = 0
  private var bytes: [UInt8] = []
  /// Index into `entries` plus one; 0 for a free place.
  private var places: [UInt32]

  init() { places = [UInt32](repeating: 0, count: Self.smallestPlaceCount) }
  /// Holds the place of a table that was taken out; not usable.
  init(isEmpty: ()) { places = [] }

  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(bytes.count)
    var offset = 0
    while offset + 8 <= bytes.count {
      hash = (hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 29
      offset += 8
    }
    while offset < bytes.count {
      hash = (hash ^ UInt64(bytes[offset])) &* 0x0000_0100_0000_01B3
      offset += 1
    }
    hash ^= hash >> 32
    hash = hash &* 0xFF51_AFD7_ED55_8CCD
    return UInt32(truncatingIfNeeded: hash >> 32)
  }

  func find(_ word: UnsafeRawBufferPointer, hash: UInt32) -> Lexicon.Word? {
    places.withUnsafeBufferPointer { places in
      entries.withUnsafeBufferPointer { entries in
        bytes.withUnsafeBytes { bytes in
          let mask = places.count - 1
          var place = Int(hash) & mask
          while places[place] != 0 {
            let entry = entries[Int(places[place]) - 1]
            if entry.hash == hash && Int(entry.count) == word.count
              && (word.isEmpty
                || memcmp(bytes.baseAddress! + entry.offset, word.baseAddress!, word.count) == 0)
            {
              return entry.word
            }
            place = (place + 1) & mask
          }
          return nil
        }
      }
    }
  }

  mutating func insert(_ word: Lexicon.Word, bytes new: UnsafeRawBufferPointer, hash: UInt32) {
    entries.append(Entry(offset: bytes.count, count: UInt32(new.count), hash: hash, word: word))
    bytes.append(contentsOf: new)
    if entries.count * 4 > places.count * 3 {
      places = [UInt32](repeating: 0, count: places.count * 2)
      for index in entries.indices { place(index) }
    } else {
      place(entries.count - 1)
    }
  }

  private mutating func place(_ index: Int) {
    let mask = places.count - 1
    var place = Int(entries[index].hash) & mask
    while places[place] != 0 { place = (place + 1) & mask }
    places[place] = UInt32(index + 1)
  }

  // MARK: Words outside the vocabulary

  /// A number for the word that is inserted next.
  mutating func numberNextEntry(_ word: UnsafeRawBufferPointer) -> UInt32 {
    unheldCount += 1
    unheldByteCount += word.count
    if let number = freeNumbers.popLast() {
      unknown[Int(number)] = UInt32(entries.count)
      signatures[Int(number)] = WordSignature(of: word)
      return number
    }
    unknown.append(UInt32(entries.count))
    signatures.append(WordSignature(of: word))
    holderCounts.append(0)
    return UInt32(unknown.count - 1)
  }

  mutating func hold(_ number: Int) {
    if holderCounts[number] == 0 {
      unheldCount -= 1
      unheldByteCount -= Int(entries[Int(unknown[number])].count)
    }
    holderCounts[number] += 1
  }

  mutating func release(_ number: Int) {
    holderCounts[number] -= 1
    if holderCounts[number] == 0 {
      unheldCount += 1
      unheldByteCount += Int(entries[Int(unknown[number])].count)
    }
  }

  /// Forgets the words that nobody holds, if they are many and nobody is about to hold some of them.
  mutating func forgetUnheldWords(firstUnknownID: UInt32) {
    let heldCount = unknown.count - freeNumbers.count - unheldCount
    let heldByteCount = bytes.count - unheldByteCount
    guard openUseCount == 0,
      unheldCount > max(Self.keptUnheldCount, heldCount)
        || unheldByteCount > max(Self.keptUnheldByteCount, heldByteCount)
    else { return }
    numbering += 1
    let all = entries
    let allBytes = bytes
    entries = []
    bytes = []
    entries.reserveCapacity(all.count - unheldCount)
    for (index, entry) in all.enumerated() {
      if entry.word.id >= firstUnknownID {
        let number = Int(entry.word.id - firstUnknownID)
        let isItsOwn = unknown[number] == UInt32(index)
        if holderCounts[number] == 0 {
          if isItsOwn { freeNumbers.append(UInt32(number)) }
          continue
        }
        if isItsOwn { unknown[number] = UInt32(entries.count) }
      }
      var kept = entry
      kept.offset = bytes.count
      entries.append(kept)
      bytes.append(contentsOf: allBytes[entry.offset..<entry.offset + Int(entry.count)])
    }
    for number in freeNumbers { unknown[Int(number)] = Self.noEntry }
    forgetLastNumbers()
    unheldCount = 0
    unheldByteCount = 0
    var placeCount = Self.smallestPlaceCount
    while entries.count * 2 > placeCount { placeCount *= 2 }
    places = [UInt32](repeating: 0, count: placeCount)
    for index in entries.indices { place(index) }
  }

  /// Takes the free numbers behind the last one that is in use back, and the room of all of them: they are as many as
  /// there were words at one time.
  private mutating func forgetLastNumbers() {
    let end = (unknown.lastIndex { $0 != Self.noEntry } ?? -1) + 1
    guard end < unknown.count else { return }
    unknown = Array(unknown[..<end])
    holderCounts = Array(holderCounts[..<end])
    signatures = Array(signatures[..<end])
    freeNumbers = freeNumbers.filter { $0 < end }
  }

  /// See `WordSignature.mayAgree`.
  @inline(__always)
  func mayAgree(_ index: Int, with typed: WordSignature, allowsSlip: Bool) -> Bool {
    index < signatures.count && signatures[index].mayAgree(with: typed, allowsSlip: allowsSlip)
  }

  func bytes(ofUnknown index: Int) -> [UInt8] { withBytes(ofUnknown: index) { Array($0) } }

  func withBytes<Result>(ofUnknown index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    guard index >= 0 && index < unknown.count, unknown[index] != Self.noEntry else {
      return body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    let entry = entries[Int(unknown[index])]
    return bytes.withUnsafeBytes { bytes in
      body(UnsafeRawBufferPointer(rebasing: bytes[entry.offset..<entry.offset + Int(entry.count)]))
    }
  }
}
