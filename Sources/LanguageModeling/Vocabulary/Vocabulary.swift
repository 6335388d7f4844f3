import Platform
import Synchronization

/// The types of a model and their ids: 0 `<unk>`, 1 `<s>`, 2 `</s>`, then all types in ascending order of their
/// bytes (compared as unsigned numbers, unescaped), so that the types with a common prefix have ids in a row.
///
/// Immutable; the bytes are read from the mapped file, or from memory where the vocabulary was made here.
public final class Vocabulary: Sendable {
  /// Types that have fixed ids, in the order of their ids.
  public static let specials: [[UInt8]] = [Array("<unk>".utf8), Array("<s>".utf8), Array("</s>".utf8)]
  /// The most types that a vocabulary can hold.
  public static let maximumCount = 1 << 30
  /// Its types have fewer bytes.
  package static let maximumByteCount = 1 << 31

  let text: VocabularyText
  /// The address of the hash table once there is one, else 0.
  private let indexAddress = Atomic<UInt>(0)
  private let searches = Atomic<Int>(0)

  /// The number of types, the three special ones included.
  public let count: Int

  init(_ text: VocabularyText) {
    self.text = text
    count = text.count
  }

  deinit {
    let address = indexAddress.load(ordering: .acquiring)
    if address != 0 { VocabularyIndex(address: address).memory.deallocate() }
  }

  /// A vocabulary of the given types, sorted here, twins and the special ones dropped.
  public convenience init(types: some Sequence<[UInt8]>) {
    let special = Set(Self.specials)
    var sorted = types.filter { !special.contains($0) }
    sorted.sort { precedes($0, $1) }
    self.init(VocabularyText(sortedTypes: sorted))
  }

  /// A vocabulary of types that are sorted already.
  ///
  /// - Parameters:
  ///   - count: how many there are.
  ///   - byteCount: of their bytes, at least; together below 2 GiB.
  ///   - forEachType: gives all of them ascending, none twice and none of the special ones.
  package convenience init(
    sortedCount count: Int, byteCount: Int, forEachType: ((UnsafeRawBufferPointer) -> Void) -> Void
  ) {
    self.init(VocabularyText(sortedCount: count, byteCount: byteCount, forEachType: forEachType))
  }

  /// The bytes that the types take in memory, beside a file that they are read from.
  package var memoryByteCount: Int { text.memoryByteCount }

  /// Opens `vocabulary.txt`.
  ///
  /// - Throws: `Failure` with the line that is malformed or out of order.
  public convenience init(path: String) throws(Failure) {
    try self.init(file: MappedFile(path))
  }

  /// Opens a `vocabulary.txt` that is mapped already.
  public convenience init(file: MappedFile) throws(Failure) {
    try self.init(VocabularyText(file: file))
  }

  /// Opens a `vocabulary.txt` that is mapped already.
  ///
  /// - Parameters:
  ///   - places: what `places(of:)` made of it; read instead where it fits.
  ///   - digest: the vocabulary's XXH64, as whoever wrote it noted it.
  convenience init(file: MappedFile, places: MappedFile, digest: String) throws(Failure) {
    if let index = VocabularyPlaces(places, vocabularyByteCount: file.count, digest: digest) {
      try self.init(VocabularyText(file: file, index))
    } else {
      try self.init(file: file)
    }
  }

  /// What saves reading a `vocabulary.txt` through whenever it is opened: the content of `ModelDirectory.placesName`.
  package static func places(of file: MappedFile) throws(Failure) -> [UInt8] {
    VocabularyPlaces.serialized(try VocabularyText(file: file), of: file)
  }

  /// The id of a type, or nil if it is not in the vocabulary. The three special types have theirs.
  public func id(of type: some Collection<UInt8>) -> TokenID? {
    let found = type.withContiguousStorageIfAvailable { buffer in id(of: UnsafeRawBufferPointer(buffer)) }
    return found ?? Array(type).withUnsafeBytes { id(of: $0) }
  }

  /// The id of a type, or nil if it is not in the vocabulary. The three special types have theirs.
  public func id(of type: UnsafeRawBufferPointer) -> TokenID? {
    let address = indexAddress.load(ordering: .acquiring)
    if address != 0 {
      return VocabularyIndex(address: address).id(of: type, hash: VocabularyIndex.hash(type), in: text)
    }
    // Lookups are answered by bisection, as many as an open document needs; who asks oftener gets a hash table.
    if searches.wrappingAdd(1, ordering: .relaxed).newValue > 64 + count / 4 {
      return index().id(of: type, hash: VocabularyIndex.hash(type), in: text)
    }
    let place = text.lowerBound(of: type)
    if place < count && text.compare(place, type) == 0 { return TokenID(place) }
    for (id, special) in Self.specials.enumerated() where special.elementsEqual(type) { return TokenID(id) }
    return nil
  }

  /// So many types are looked up side by side.
  private static let groupCount = 32

  /// The ids of many types, nil for those that are not in the vocabulary: what one lookup waits for from memory is fetched while
  /// others go on.
  ///
  /// - Parameters:
  ///   - count: of the types.
  ///   - type: the bytes of each, valid until this returns.
  package func ids(ofTypes count: Int, _ type: (Int) -> UnsafeRawBufferPointer) -> [TokenID?] {
    if indexAddress.load(ordering: .acquiring) == 0,
      searches.load(ordering: .relaxed) + count <= 64 + self.count / 4
    {
      return (0..<count).map { id(of: type($0)) }
    }
    let index = index()
    var ids: [TokenID?] = []
    ids.reserveCapacity(count)
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.groupCount) { hashes in
      for start in stride(from: 0, to: count, by: Self.groupCount) {
        let group = 0..<min(Self.groupCount, count - start)
        for place in group {
          hashes.initializeElement(at: place, to: VocabularyIndex.hash(type(start + place)))
          index.prefetch(hashes[place])
        }
        for place in group { index.prefetchPlace(hashes[place], in: text) }
        for place in group { index.prefetchBytes(hashes[place], in: text) }
        for place in group { ids.append(index.id(of: type(start + place), hash: hashes[place], in: text)) }
      }
      return ids
    }
  }

  /// The hash table, made now if there is none.
  func index() -> VocabularyIndex {
    let address = indexAddress.load(ordering: .acquiring)
    if address != 0 { return VocabularyIndex(address: address) }
    let made = VocabularyIndex(text)
    let (exchanged, original) = indexAddress.compareExchange(
      expected: 0, desired: made.address, ordering: .acquiringAndReleasing)
    if exchanged { return made }
    // Another thread was faster.
    made.memory.deallocate()
    return VocabularyIndex(address: original)
  }

  /// The id of a type, or nil if it is not in the vocabulary.
  public func id(of type: String) -> TokenID? {
    var type = type
    return type.withUTF8 { id(of: UnsafeRawBufferPointer($0)) }
  }

  /// The bytes of a type; those of `<unk>` for an id outside the vocabulary.
  public func bytes(of id: TokenID) -> [UInt8] { withBytes(of: id) { Array($0) } }

  /// The type as a string, malformed UTF-8 repaired.
  public func string(of id: TokenID) -> String {
    // Out of a copy: what is mapped may become another text between being checked and being taken.
    String(decoding: bytes(of: id), as: UTF8.self)
  }

  /// Gives the bytes of a type, without a copy, to `body`.
  @inlinable
  public func withBytes<Result>(of id: TokenID, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    body(rawBytes(of: id))
  }

  @usableFromInline
  func rawBytes(of id: TokenID) -> UnsafeRawBufferPointer { text[id.index < count ? id.index : 0] }

  /// The ids of all types that begin with `prefix`, the special types left out; for an empty prefix all others.
  public func ids(withPrefix prefix: some Collection<UInt8>) -> Range<UInt32> {
    Array(prefix).withUnsafeBytes { prefix in
      let lower = text.lowerBound(of: prefix)
      let upper = text.upperBound(ofPrefix: prefix, from: lower)
      return UInt32(lower)..<UInt32(upper)
    }
  }

  /// The content of `vocabulary.txt`: a type a line; control characters, the backslash and bytes that are not
  /// UTF-8 written as `\n`, `\t`, `\\` or `\x` and two hexadecimal digits.
  public func serialized() -> [UInt8] { text.serialized() }
}

/// Whether `a` comes before `b` in ascending order of bytes.
func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  let common = min(a.count, b.count)
  let order = common == 0 ? 0 : memcmp(a, b, common)
  return order != 0 ? order < 0 : a.count < b.count
}
