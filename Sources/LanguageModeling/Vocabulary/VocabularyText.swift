import Platform

/// The bytes of all types by id: in a mapped file where they stand unescaped, else in memory. Where each one lies is known from
/// reading the file through, or from a file beside it (`VocabularyPlaces`), which is not trusted: what points outside is no byte.
final class VocabularyText: Sendable {
  /// Where a type lies.
  struct Place: BitwiseCopyable {
    /// Byte offset in the mapped file, or, with `arenaBit`, among the types kept in memory.
    var start: UInt32
    var length: UInt32

    static let arenaBit: UInt32 = 1 << 31
  }

  /// The number of types.
  let count: Int
  private nonisolated(unsafe) let places: UnsafePointer<Place>
  private nonisolated(unsafe) let file: UnsafeRawBufferPointer
  private nonisolated(unsafe) let arena: UnsafeRawBufferPointer
  /// The vocabulary's file, and the one with the places; none where these are in memory.
  private let owners: (text: MappedFile?, places: MappedFile?)
  /// What places and bytes take beside the file.
  let memoryByteCount: Int
  /// Of every `sampleSpacing`th ordinary type the first eight bytes: where a search begins.
  private nonisolated(unsafe) let samples: UnsafePointer<UInt64>
  private let sampleCount: Int
  private static let sampleSpacing = 32

  /// How many samples there are of so many types.
  static func sampleCount(of count: Int) -> Int {
    (max(0, count - Vocabulary.specials.count) + sampleSpacing - 1) / sampleSpacing
  }

  private convenience init(_ places: [Place], arena bytes: [UInt8], owner: MappedFile?) {
    let copy = UnsafeMutablePointer<Place>.allocate(capacity: max(1, places.count))
    for (index, place) in places.enumerated() { (copy + index).initialize(to: place) }
    let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 8)
    arena.copyBytes(from: bytes)
    self.init(taking: copy, count: places.count, arena: arena, owner: owner)
  }

  /// - Parameters:
  ///   - places: of `count` types, freed with this object.
  ///   - arena: not empty; freed with this object.
  private init(
    taking places: UnsafeMutablePointer<Place>, count: Int, arena: UnsafeMutableRawBufferPointer,
    owner: MappedFile?
  ) {
    self.count = count
    self.places = UnsafePointer(places)
    self.arena = UnsafeRawBufferPointer(arena)
    owners = (owner, nil)
    file = owner?.bytes ?? UnsafeRawBufferPointer(arena)
    memoryByteCount = count * MemoryLayout<Place>.stride + arena.count
    sampleCount = Self.sampleCount(of: count)
    let samples = UnsafeMutablePointer<UInt64>.allocate(capacity: max(1, sampleCount))
    samples.initialize(repeating: 0, count: max(1, sampleCount))
    self.samples = UnsafePointer(samples)
    for sample in 0..<sampleCount {
      samples[sample] = Self.firstBytes(of: self[place(ofSample: sample)])
    }
  }

  /// Takes the places from a file that was made of this one. They follow upon each other (`VocabularyPlaces.areInOrder`).
  init(file: MappedFile, _ index: VocabularyPlaces) throws(Failure) {
    count = index.count
    places = index.places
    samples = index.samples
    arena = index.arena
    sampleCount = Self.sampleCount(of: count)
    self.file = file.bytes
    owners = (file, index.file)
    memoryByteCount = 0
    try checkSpecials(file.path)
  }

  /// What `VocabularyPlaces` keeps of a vocabulary that was read from its file.
  var parts: (places: UnsafeRawBufferPointer, samples: UnsafeRawBufferPointer, arena: UnsafeRawBufferPointer)
  {
    (
      UnsafeRawBufferPointer(UnsafeBufferPointer(start: places, count: count)),
      UnsafeRawBufferPointer(UnsafeBufferPointer(start: samples, count: sampleCount)), arena
    )
  }

  deinit {
    guard owners.places == nil else { return }
    places.deallocate()
    samples.deallocate()
    arena.deallocate()
  }

  /// - Parameter sortedTypes: ascending; equal ones in a row are taken once.
  convenience init(sortedTypes: [[UInt8]]) {
    let all = Vocabulary.specials + sortedTypes
    var places: [Place] = []
    var bytes: [UInt8] = []
    for (index, type) in all.enumerated() {
      if index > Vocabulary.specials.count && type == all[index - 1] { continue }
      places.append(Place(start: UInt32(bytes.count) | Place.arenaBit, length: UInt32(type.count)))
      bytes += type
    }
    self.init(places, arena: bytes, owner: nil)
  }

  /// The special types and others, without a copy of all of them on the way.
  ///
  /// - Parameters:
  ///   - count: of the others.
  ///   - byteCount: of their bytes, at least; together with those of the special types below 2 GiB.
  ///   - forEachType: gives so many, ascending, none twice and none of the special ones.
  convenience init(
    sortedCount count: Int, byteCount: Int, forEachType: ((UnsafeRawBufferPointer) -> Void) -> Void
  ) {
    let specials = Vocabulary.specials
    let places = UnsafeMutablePointer<Place>.allocate(capacity: specials.count + count)
    let arena = UnsafeMutableRawBufferPointer.allocate(
      byteCount: specials.reduce(byteCount) { $0 + $1.count }, alignment: 8)
    var (filled, end) = (0, 0)
    func append(_ type: UnsafeRawBufferPointer) {
      precondition(filled < specials.count + count && type.count <= arena.count - end)
      (places + filled).initialize(
        to: Place(start: UInt32(end) | Place.arenaBit, length: UInt32(type.count)))
      UnsafeMutableRawBufferPointer(rebasing: arena[end...]).copyMemory(from: type)
      filled += 1
      end += type.count
    }
    for special in specials { special.withUnsafeBytes(append) }
    forEachType(append)
    self.init(taking: places, count: filled, arena: arena, owner: nil)
  }

  /// Finds the lines of a mapped `vocabulary.txt`; only those with a backslash are decoded.
  convenience init(file: MappedFile) throws(Failure) {
    guard file.bytes.count < Int(Place.arenaBit) else {
      throw Failure(file.path, why: "is longer than 2 GiB", remedy: "train with a smaller vocabulary")
    }
    var scan = VocabularyScan(bytes: file.bytes, path: file.path)
    try scan.run()
    self.init(scan.places, arena: scan.decoded, owner: file)
    try checkSpecials(file.path)
    try checkOrder(file.path)
  }

  private func checkSpecials(_ path: String) throws(Failure) {
    for (id, special) in Vocabulary.specials.enumerated() {
      guard id < count, special.elementsEqual(self[id]) else {
        throw Failure(
          "\(path):\(id + 1)", why: "expected \(String(decoding: special, as: UTF8.self))",
          remedy: "train the model again")
      }
    }
  }

  private func checkOrder(_ path: String) throws(Failure) {
    var index = Vocabulary.specials.count
    var last: UInt64 = 0
    while index < count {
      let first = Self.firstBytes(of: self[index])
      // Most neighbours differ early.
      guard first > last || index == Vocabulary.specials.count || compare(index - 1, self[index]) < 0 else {
        throw Failure(
          "\(path):\(index + 1)", why: "is out of order", remedy: "train the model again")
      }
      last = first
      index += 1
    }
  }

  /// The first eight bytes of a type, zeros behind it, as a number that compares as they do.
  @inline(__always)
  private static func firstBytes(of type: UnsafeRawBufferPointer) -> UInt64 {
    if type.count >= 8 { return UInt64(bigEndian: type.loadUnaligned(as: UInt64.self)) }
    var result: UInt64 = 0
    for byte in type { result = result << 8 | UInt64(byte) }
    return type.isEmpty ? 0 : result << UInt64(64 - 8 * type.count)
  }

  /// The bytes of the type with the id `index`, which must be below `count`.
  @inline(__always)
  subscript(_ index: Int) -> UnsafeRawBufferPointer {
    let place = places[index]
    let bytes = place.start & Place.arenaBit != 0 ? arena : file
    let start = Int(place.start & ~Place.arenaBit)
    guard Int(place.length) <= bytes.count &- start, let base = bytes.baseAddress else {
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    return UnsafeRawBufferPointer(start: base + start, count: Int(place.length))
  }

  /// Where to look for a type's place soon.
  @inline(__always)
  func placeAddress(_ index: Int) -> UnsafeRawPointer { UnsafeRawPointer(places + index) }

  /// Negative, zero or positive as the type `index` comes before, is, or comes after `type`.
  @inline(__always)
  func compare(_ index: Int, _ type: UnsafeRawBufferPointer) -> Int {
    let own = self[index]
    let common = min(own.count, type.count)
    let order = common == 0 ? 0 : Int(memcmp(own.baseAddress!, type.baseAddress!, common))
    return order != 0 ? order : own.count - type.count
  }

  /// The first ordinary type that is not before `type`; `count` if all are.
  func lowerBound(of type: UnsafeRawBufferPointer) -> Int {
    let first = Self.firstBytes(of: type)
    // Types at samples below `first` come before the type, those at samples above it behind it.
    let start = partition { samples[$0] < first }
    let end = partition { samples[$0] <= first }
    var low = start == 0 ? Vocabulary.specials.count : place(ofSample: start - 1) + 1
    var high = end == sampleCount ? count : place(ofSample: end)
    while low < high {
      let middle = (low + high) / 2
      if compare(middle, type) < 0 { low = middle + 1 } else { high = middle }
    }
    return low
  }

  @inline(__always)
  private func place(ofSample sample: Int) -> Int { Vocabulary.specials.count + sample * Self.sampleSpacing }

  /// The number of the first samples for which `isBefore` holds.
  @inline(__always)
  private func partition(_ isBefore: (Int) -> Bool) -> Int {
    var low = 0
    var high = sampleCount
    while low < high {
      let middle = (low + high) / 2
      if isBefore(middle) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The end of the types that begin with `prefix`, given where they begin.
  func upperBound(ofPrefix prefix: UnsafeRawBufferPointer, from start: Int) -> Int {
    var low = start
    var high = count
    while low < high {
      let middle = (low + high) / 2
      let own = self[middle]
      let begins =
        own.count >= prefix.count
        && (prefix.isEmpty || memcmp(own.baseAddress!, prefix.baseAddress!, prefix.count) == 0)
      if begins { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func serialized() -> [UInt8] {
    var result: [UInt8] = []
    // Few bytes are escaped.
    result.reserveCapacity((0..<count).reduce(count) { $0 + Int(places[$1].length) } * 17 / 16)
    for index in 0..<count {
      VocabularyEscapes.append(self[index], to: &result)
      result.append(0x0A)
    }
    return result
  }
}

/// One pass over `vocabulary.txt`.
private struct VocabularyScan {
  let bytes: UnsafeRawBufferPointer
  let path: String
  var places: [VocabularyText.Place] = []
  var decoded: [UInt8] = []

  init(bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
    places.reserveCapacity(bytes.count / 16)
  }

  mutating func run() throws(Failure) {
    guard let base = bytes.baseAddress, bytes[bytes.count - 1] == 0x0A else {
      throw Failure(path, why: "ends in the middle of a line", remedy: "train the model again")
    }
    var backslash = nextBackslash(from: 0)
    var offset = 0
    while offset < bytes.count {
      let line = base + offset
      // The last byte is a line end, so there is always one.
      let end = memchr(line, 0x0A, bytes.count - offset).map { UnsafeRawPointer($0) } ?? line
      let length = end - line
      if backslash < offset + length {
        try decode(offset, length)
        backslash = nextBackslash(from: offset + length)
      } else {
        places.append(VocabularyText.Place(start: UInt32(offset), length: UInt32(length)))
      }
      offset += length + 1
    }
    guard places.count <= Vocabulary.maximumCount else {
      throw Failure(path, why: "has too many lines", remedy: "train with a smaller vocabulary")
    }
  }

  private func nextBackslash(from offset: Int) -> Int {
    guard offset < bytes.count, let base = bytes.baseAddress,
      let found = memchr(base + offset, 0x5C, bytes.count - offset)
    else { return .max }
    return UnsafeRawPointer(found) - base
  }

  private mutating func decode(_ offset: Int, _ length: Int) throws(Failure) {
    let from = decoded.count
    guard
      VocabularyEscapes.decode(
        UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]), into: &decoded)
    else {
      throw Failure(
        "\(path):\(places.count + 1)", why: "has a malformed escape", remedy: "train the model again")
    }
    places.append(
      VocabularyText.Place(
        start: UInt32(from) | VocabularyText.Place.arenaBit, length: UInt32(decoded.count - from)))
  }
}
