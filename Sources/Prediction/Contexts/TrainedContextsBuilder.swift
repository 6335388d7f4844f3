import NGrams
import Platform

/// What fitting a mixture may take for what grows with the text: beyond it stays in files without names. What comes out does not
/// depend on it.
public struct FittingRoom: Hashable, Sendable {
  /// Of each thing by itself.
  public var byteCount: Int
  public var temporaryDirectory: String

  public init(byteCount: Int = .max, temporaryDirectory: String = "/tmp") {
    self.byteCount = byteCount
    self.temporaryDirectory = temporaryDirectory
  }
}

/// Which contexts of the training text are worth their room.
public struct ContextThresholds: Hashable, Sendable {
  /// Contexts seen less often are left out.
  var total: Int
  /// Successors of a context seen less often are left out.
  var successor: Int

  public static let standard = ContextThresholds(total: 2, successor: 1)
  /// For models that are to be small.
  public static let compact = ContextThresholds(total: 4, successor: 2)
}

/// Counts contexts of the training text and writes them as `contexts.bin`.
struct TrainedContextsBuilder {
  /// How many successors of a context are kept, the most frequent ones.
  static let maximumSuccessors = 256
  /// Numbers that are read and written at once.
  private static let pieceCount = 1 << 15

  private struct Section {
    var kind: Int
    /// Where its slots and its pool are in `numbers`.
    var slots: Range<Int>
    var pool: Range<Int>
  }

  private var sections: [Section] = []
  private let thresholds: ContextThresholds
  private let room: FittingRoom
  /// Of all sections: the pool, then the slots, in pieces of `pieceCount` numbers and one that may be shorter.
  private var numbers: SpillableNumbers

  init(_ thresholds: ContextThresholds = .standard, room: FittingRoom = FittingRoom()) {
    self.thresholds = thresholds
    self.room = room
    numbers = SpillableNumbers(memoryByteCount: room.byteCount, temporaryDirectory: room.temporaryDirectory)
  }

  /// Counts one kind of context over documents.
  mutating func count(_ kind: ContextKind, in documents: [TokenSequence]) throws(Failure) {
    try count(kind, documents.indices, tokenCount: documents.reduce(0) { $0 + $1.count }) {
      (index) throws(Failure) in documents[index]
    }
  }

  /// - Parameters:
  ///   - indices: of the documents.
  ///   - tokenCount: of all of them.
  ///   - document: gives one, as often as it is asked for.
  mutating func count(
    _ kind: ContextKind, _ indices: some Collection<Int>, tokenCount: Int,
    document: (Int) throws(Failure) -> TokenSequence
  ) throws(Failure) {
    func forEachOccurrence(_ body: (_ key: UInt32, _ token: UInt32) -> Void) throws(Failure) {
      for index in indices {
        let document = try document(index)
        document.ids.withUnsafeBufferPointer { ids in
          document.classes.withUnsafeBufferPointer { classes in
            for index in TokenSequence.reach..<ids.count {
              let keys = ContextKeys(ids: ids.baseAddress! + index, classes: classes.baseAddress! + index)
              body(keys[kind], ids[index])
            }
          }
        }
      }
    }
    // Occurrences and room to sort them.
    let limit = max(1 << 10, room.byteCount / MemoryLayout<UInt64>.stride)
    var section = OpenSection(kind: kind.rawValue, thresholds, begin: numbers.count)
    guard tokenCount > limit else {
      var occurrences: [UInt64] = []
      occurrences.reserveCapacity(tokenCount)
      try forEachOccurrence { key, token in occurrences.append(UInt64(key) << 32 | UInt64(token)) }
      try add(&occurrences, to: &section)
      return try end(section)
    }
    // A range of keys at a time: one key's occurrences are together, and the ranges rise.
    var counts = [Int](repeating: 0, count: 1 << 8)
    try forEachOccurrence { key, _ in counts[Int(key >> 24)] += 1 }
    var start = 0
    while start < counts.count {
      var end = start + 1
      var sum = counts[start]
      while end < counts.count, sum + counts[end] <= limit {
        sum += counts[end]
        end += 1
      }
      let range = UInt64(start) << 24..<UInt64(end) << 24
      var occurrences: [UInt64] = []
      occurrences.reserveCapacity(sum)
      try forEachOccurrence { key, token in
        if range.contains(UInt64(key)) { occurrences.append(UInt64(key) << 32 | UInt64(token)) }
      }
      try add(&occurrences, to: &section)
      start = end
    }
    try self.end(section)
  }

  /// Counts the bytes of words after the bytes before them.
  mutating func countSpelling(of words: some Sequence<[UInt8]>) throws(Failure) {
    for order in 0..<SpellingModel.orderCount {
      var occurrences: [UInt64] = []
      for word in words {
        var history = SpellingModel.History()
        for byte in word {
          occurrences.append(UInt64(history.key(order: order)) << 32 | UInt64(byte))
          history.append(byte)
        }
        occurrences.append(UInt64(history.key(order: order)) << 32 | UInt64(SpellingModel.end))
      }
      var section = OpenSection(
        kind: TrainedContexts.spellingKind + order, ContextThresholds(total: 1, successor: 1),
        begin: numbers.count)
      try add(&occurrences, to: &section)
      try end(section)
    }
  }

  /// A section whose pool grows.
  private struct OpenSection {
    let kind: Int
    let thresholds: ContextThresholds
    /// Where its pool begins.
    let begin: Int
    var contexts: [(key: UInt32, place: UInt32)] = []

    init(kind: Int, _ thresholds: ContextThresholds, begin: Int) {
      self.kind = kind
      self.thresholds = thresholds
      self.begin = begin
    }
  }

  /// - Parameter occurrences: all of some keys, above those that were added before: the context's key in the high half, the token
  ///   in the low half; sorted in place.
  private mutating func add(_ occurrences: inout [UInt64], to section: inout OpenSection) throws(Failure) {
    radixSort(&occurrences)
    let thresholds = section.thresholds
    var pairs: [(token: UInt32, count: UInt32)] = []
    var start = 0
    while start < occurrences.count {
      let key = UInt32(occurrences[start] >> 32)
      pairs.removeAll(keepingCapacity: true)
      var end = start
      while end < occurrences.count && UInt32(occurrences[end] >> 32) == key {
        let token = UInt32(truncatingIfNeeded: occurrences[end])
        if pairs.last?.token == token { pairs[pairs.count - 1].count += 1 } else { pairs.append((token, 1)) }
        end += 1
      }
      if end - start >= thresholds.total { pairs.removeAll { $0.count < thresholds.successor } }
      if end - start >= thresholds.total, !pairs.isEmpty {
        pairs.sort { ($1.count, $0.token) < ($0.count, $1.token) }
        if pairs.count > Self.maximumSuccessors { pairs.removeLast(pairs.count - Self.maximumSuccessors) }
        section.contexts.append((key, UInt32(numbers.count - section.begin + 1)))
        try append(pairs.reduce(0) { $0 + $1.count })
        try append(UInt32(pairs.count))
        for pair in pairs {
          try append(pair.token)
          try append(pair.count)
        }
      }
      start = end
    }
  }

  @inline(__always)
  private mutating func append(_ number: UInt32) throws(Failure) {
    numbers.append(number)
    if numbers.count % Self.pieceCount == 0 { try numbers.endPiece() }
  }

  private mutating func end(_ section: OpenSection) throws(Failure) {
    let middle = numbers.count
    for number in Self.slots(for: section.contexts) { try append(number) }
    sections.append(
      Section(kind: section.kind, slots: middle..<numbers.count, pool: section.begin..<middle))
  }

  private static func slots(for contexts: [(key: UInt32, place: UInt32)]) -> [UInt32] {
    var count = 16
    while contexts.count * 3 > count * 2 { count *= 2 }
    while true {
      if let slots = place(contexts, count: count) { return slots }
      count *= 2
    }
  }

  /// Nil where a context would be further from its place than the reader looks.
  private static func place(_ contexts: [(key: UInt32, place: UInt32)], count: Int) -> [UInt32]? {
    var slots = [UInt32](repeating: 0, count: 2 * count)
    for context in contexts {
      var slot = TrainedContexts.Section.home(context.key) & (count - 1)
      var distance = 0
      while slots[2 * slot + 1] != 0 {
        slot = (slot + 1) & (count - 1)
        distance += 1
        if distance >= 64 { return nil }
      }
      slots[2 * slot] = context.key
      slots[2 * slot + 1] = context.place
    }
    return slots
  }

  /// Gives the content of `contexts.bin`, piece by piece.
  mutating func write(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
    func give<Number>(_ numbers: [Number]) throws(Failure) {
      let outcome: Result<Void, Failure> = numbers.withUnsafeBytes { bytes in
        do throws(Failure) { return .success(try body(bytes)) } catch { return .failure(error) }
      }
      try outcome.get()
    }
    try numbers.endPiece()
    try give(header())
    for section in sections {
      for range in [section.slots, section.pool] {
        var start = range.lowerBound
        while start < range.upperBound {
          let end = min(range.upperBound, (start / Self.pieceCount + 1) * Self.pieceCount)
          try give(try numbers[start..<end].map(\.littleEndian))
          start = end
        }
      }
    }
  }

  private func header() -> [UInt8] {
    var result = TrainedContexts.magic
    func append(_ value: UInt32) {
      withUnsafeBytes(of: value.littleEndian) { result.append(contentsOf: $0) }
    }
    func append(wide value: Int) {
      withUnsafeBytes(of: UInt64(value).littleEndian) { result.append(contentsOf: $0) }
    }
    append(UInt32(sections.count))
    append(0)
    var offset = 16 + sections.count * 32
    for section in sections {
      append(UInt32(section.kind))
      append(UInt32((section.slots.count / 2).trailingZeroBitCount))
      append(wide: offset)
      append(wide: offset + section.slots.count * 4)
      append(wide: section.pool.count)
      offset += (section.slots.count + section.pool.count) * 4
    }
    return result
  }

  /// The content of `contexts.bin`.
  mutating func serialized() throws(Failure) -> [UInt8] {
    var result: [UInt8] = []
    try write { (bytes) throws(Failure) in result.append(contentsOf: bytes) }
    return result
  }

  /// What was counted, to be asked.
  mutating func contexts() throws(Failure) -> TrainedContexts {
    if numbers.isInMemory { return try TrainedContexts(bytes: try serialized()) }
    let file = try SpillFile(inDirectory: room.temporaryDirectory)
    try write { (bytes) throws(Failure) in try file.append(bytes) }
    return try TrainedContexts(file)
  }
}

/// Sorts by value: eleven bits at a time, from the lowest.
private func radixSort(_ values: inout [UInt64]) {
  guard values.count > 1 else { return }
  var other = values
  var shift: UInt64 = 0
  let all = values.reduce(0, |)
  while shift < 64 && all >> shift != 0 {
    if (all >> shift) & 0x7FF != 0 {
      var starts = [Int](repeating: 0, count: 2049)
      for value in values { starts[Int(value >> shift & 0x7FF) + 1] += 1 }
      for index in 1...2048 { starts[index] += starts[index - 1] }
      for value in values {
        let digit = Int(value >> shift & 0x7FF)
        other[starts[digit]] = value
        starts[digit] += 1
      }
      swap(&values, &other)
    }
    shift += 11
  }
}
