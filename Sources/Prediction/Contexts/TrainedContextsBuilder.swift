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
  private static let pieceCount = 1 << 14

  private struct Section {
    var kind: Int
    /// Where its slots and its pool are in `numbers`.
    var slots: Range<Int>
    var pool: Range<Int>
  }

  private var sections: [Section] = []
  private let thresholds: ContextThresholds
  private let room: FittingRoom
  /// Of all sections: the pool, then the slots.
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
  ///   - document: gives one.
  mutating func count(
    _ kind: ContextKind, _ indices: some Sequence<Int>, tokenCount: Int,
    document: (Int) throws(Failure) -> TokenSequence
  ) throws(Failure) {
    var occurrences = OccurrenceSorter(expectedCount: tokenCount, room: sortingRoom)
    for index in indices {
      let document = try document(index)
      try document.ids.withUnsafeBufferPointer { (ids) throws(Failure) in
        try document.classes.withUnsafeBufferPointer { (classes) throws(Failure) in
          guard ids.count > TokenSequence.reach else { return }
          let (ids, classes, end) = (
            ids.baseAddress! + TokenSequence.reach, classes.baseAddress! + TokenSequence.reach,
            ids.count - TokenSequence.reach
          )
          var calls = EnclosingCalls(ids, classes)
          for place in 0..<end {
            let call = kind == .call ? calls.next() : EnclosingCall()
            let key = ContextKeys.key(kind, ids: ids + place, classes: classes + place, call: call)
            try occurrences.append(UInt64(key) << 32 | UInt64(ids[place]))
          }
        }
      }
    }
    try add(kind: kind.rawValue, &occurrences, thresholds)
  }

  /// Counts the bytes of words after the bytes before them.
  mutating func countSpelling(of words: some Sequence<[UInt8]>) throws(Failure) {
    for order in 0..<SpellingModel.orderCount {
      var occurrences = OccurrenceSorter(expectedCount: 0, room: sortingRoom)
      for word in words {
        var history = SpellingModel.History()
        for byte in word {
          try occurrences.append(UInt64(history.key(order: order)) << 32 | UInt64(byte))
          history.append(byte)
        }
        try occurrences.append(UInt64(history.key(order: order)) << 32 | UInt64(SpellingModel.end))
      }
      try add(
        kind: TrainedContexts.spellingKind + order, &occurrences,
        ContextThresholds(total: 1, successor: 1))
    }
  }

  /// Half, as the values are sorted from one array into another.
  private var sortingRoom: FittingRoom {
    FittingRoom(byteCount: room.byteCount / 2, temporaryDirectory: room.temporaryDirectory)
  }

  /// - Parameter occurrences: the context's key in the high half, the token in the low half.
  private mutating func add(
    kind: Int, _ occurrences: inout OccurrenceSorter, _ thresholds: ContextThresholds
  ) throws(Failure) {
    let begin = numbers.count
    var contexts: [(key: UInt32, place: UInt32)] = []
    var pairs: [(token: UInt32, count: UInt32)] = []
    var key: UInt32 = 0
    /// Of the key, with those that are left out.
    var total = 0
    // What goes to `numbers` with others.
    var block: [UInt32] = []
    func endContext() throws(Failure) {
      if total >= thresholds.total { pairs.removeAll { $0.count < thresholds.successor } }
      guard total >= thresholds.total, !pairs.isEmpty else { return }
      pairs.sort { ($1.count, $0.token) < ($0.count, $1.token) }
      if pairs.count > Self.maximumSuccessors { pairs.removeLast(pairs.count - Self.maximumSuccessors) }
      contexts.append((key, UInt32(numbers.count + block.count - begin + 1)))
      block.append(pairs.reduce(0) { $0 + $1.count })
      block.append(UInt32(pairs.count))
      for pair in pairs {
        block.append(pair.token)
        block.append(pair.count)
      }
      guard block.count >= Self.pieceCount else { return }
      try numbers.append(block)
      block.removeAll(keepingCapacity: true)
    }
    try occurrences.finish { (occurrence, count) throws(Failure) in
      if UInt32(occurrence >> 32) != key {
        try endContext()
        key = UInt32(occurrence >> 32)
        total = 0
        pairs.removeAll(keepingCapacity: true)
      }
      total += count
      pairs.append((UInt32(truncatingIfNeeded: occurrence), UInt32(count)))
    }
    try endContext()
    try numbers.append(block)
    let middle = numbers.count
    try numbers.append(Self.slots(for: contexts))
    sections.append(Section(kind: kind, slots: middle..<numbers.count, pool: begin..<middle))
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
  func write(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
    func give<Number>(_ numbers: [Number]) throws(Failure) {
      let outcome: Result<Void, Failure> = numbers.withUnsafeBytes { bytes in
        do throws(Failure) { return .success(try body(bytes)) } catch { return .failure(error) }
      }
      try outcome.get()
    }
    try give(header())
    for section in sections {
      for range in [section.slots, section.pool] {
        var start = range.lowerBound
        while start < range.upperBound {
          let end = min(range.upperBound, start + Self.pieceCount)
          var piece = try numbers[start..<end]
          if UInt32(1).littleEndian != 1 {
            for index in piece.indices { piece[index] = piece[index].littleEndian }
          }
          try give(piece)
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
  func serialized() throws(Failure) -> [UInt8] {
    var result: [UInt8] = []
    try write { (bytes) throws(Failure) in result.append(contentsOf: bytes) }
    return result
  }

  /// What was counted, to be asked.
  func contexts() throws(Failure) -> TrainedContexts {
    if numbers.isInMemory { return try TrainedContexts(bytes: try serialized()) }
    let file = try SpillFile(inDirectory: room.temporaryDirectory)
    try write { (bytes) throws(Failure) in try file.append(bytes) }
    return try TrainedContexts(file)
  }
}
