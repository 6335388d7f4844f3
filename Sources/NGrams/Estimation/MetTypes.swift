import LanguageModeling
import Platform

/// The types of a corpus by ids 0, 1, 2, … in the order in which they were met, the special ones before all others: those of an
/// interner that nobody else numbers by, or a selection of one that others share.
struct MetTypes: Sendable {
  private var interner: TypeInterner
  private var selection: Selection?

  private struct Selection: Sendable {
    /// The id of each number of the interner, or `none`.
    var ids: [UInt32]
    /// The number of each id.
    var numbers: [UInt32]

    static let none = UInt32.max

    init(count: Int) {
      ids = Array(repeating: Self.none, count: count)
      numbers = []
      numbers.reserveCapacity(count)
      for special in 0..<UInt32(Vocabulary.specials.count) {
        ids[Int(special)] = special
        numbers.append(special)
      }
    }

    @inline(__always)
    mutating func id(ofNumber number: UInt32) -> UInt32 {
      if Int(number) >= ids.count {
        ids.append(contentsOf: repeatElement(Self.none, count: Int(number) + 1 - ids.count))
      }
      let known = ids[Int(number)]
      if known != Self.none { return known }
      let id = UInt32(truncatingIfNeeded: numbers.count)
      ids[Int(number)] = id
      numbers.append(number)
      return id
    }
  }

  init(minimumCapacity: Int) {
    interner = TypeInterner(minimumCapacity: minimumCapacity)
    for special in Vocabulary.specials { _ = interner.intern(special) }
  }

  /// Types whose numbers are their ids.
  ///
  /// - Parameter known: begins with the special types.
  init(all known: TypeInterner) { interner = known }

  /// Those of others' types that will be met.
  ///
  /// - Parameter shared: begins with the special types.
  init(_ shared: TypeInterner) {
    interner = shared
    selection = Selection(count: shared.count)
  }

  /// The types met so far, the special ones among them.
  var count: Int { selection?.numbers.count ?? interner.count }

  /// The bytes of all types, which those that were met have at most.
  var byteCount: Int { interner.byteCount }

  /// The bytes held for this, in all.
  var memoryBytes: Int {
    interner.memoryBytes + (selection.map { ($0.ids.capacity + $0.numbers.capacity) * 4 } ?? 0)
  }

  /// The bytes that others hold too, and go on holding.
  var sharedMemoryBytes: Int { selection == nil ? 0 : interner.memoryBytes }

  /// The id of a type, given now if it is new.
  @inline(__always)
  mutating func id(of type: UnsafeRawBufferPointer) -> UInt32 { id(ofNumber: interner.intern(type)) }

  /// - Parameter number: the interner's.
  @inline(__always)
  mutating func id(ofNumber number: UInt32) -> UInt32 { selection?.id(ofNumber: number) ?? number }

  /// Gives the bytes of a type, without a copy, to `body`.
  @inline(__always)
  func withBytes<Result>(of id: UInt32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    interner.withBytes(of: selection?.numbers[Int(id)] ?? id, body)
  }

  /// All ids from `first` on, in ascending order of their types' bytes.
  func idsInOrderOfBytes(from first: Int, threadCount: Int) -> [UInt32] {
    typealias Entry = (head: UInt64, id: UInt32)
    let entryCount = max(0, count - first)
    let blockCount = threadCount > 1 ? min(64, entryCount >> 12) + 1 : 1
    // Eight leading bytes decide nearly always; a type's length decides among those with the same bytes and zeros.
    var entries = [Entry](unsafeUninitializedCapacity: entryCount) { buffer, initializedCount in
      nonisolated(unsafe) let buffer = buffer
      // Nothing throws.
      try? forEachTask(blockCount, threadCount: threadCount) { _, block in
        for place in entryCount * block / blockCount..<entryCount * (block + 1) / blockCount {
          let id = UInt32(first + place)
          (buffer.baseAddress! + place).initialize(to: (withBytes(of: id, Self.head), id))
        }
      }
      initializedCount = entryCount
    }
    radixSort(&entries, threadCount: threadCount, by: \.head) { a, b in precedes(a.id, b.id) }
    return entries.map(\.id)
  }

  /// The first eight bytes as a number in their order, with zeros behind a shorter type.
  private static func head(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var head: UInt64 = 0
    for place in 0..<8 { head = head << 8 | (place < bytes.count ? UInt64(bytes[place]) : 0) }
    return head
  }

  private func precedes(_ a: UInt32, _ b: UInt32) -> Bool {
    withBytes(of: a) { a in
      withBytes(of: b) { b in
        let common = min(a.count, b.count)
        let order = common == 0 ? 0 : memcmp(a.baseAddress!, b.baseAddress!, common)
        return order != 0 ? order < 0 : a.count < b.count
      }
    }
  }
}
