import Platform

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
public struct TrainedContextsBuilder {
  /// How many successors of a context are kept, the most frequent ones.
  static let maximumSuccessors = 256

  private struct Section {
    var kind: Int
    var slots: [UInt32]
    var pool: [UInt32]
  }

  private var sections: [Section] = []
  private let thresholds: ContextThresholds

  init(_ thresholds: ContextThresholds = .standard) { self.thresholds = thresholds }

  /// Counts one kind of context over documents.
  mutating func count(_ kind: ContextKind, in documents: [TokenSequence]) {
    var occurrences: [UInt64] = []
    occurrences.reserveCapacity(documents.reduce(0) { $0 + $1.count })
    for document in documents {
      document.ids.withUnsafeBufferPointer { ids in
        document.classes.withUnsafeBufferPointer { classes in
          for index in TokenSequence.reach..<ids.count {
            let keys = ContextKeys(ids: ids.baseAddress! + index, classes: classes.baseAddress! + index)
            occurrences.append(UInt64(keys[kind]) << 32 | UInt64(ids[index]))
          }
        }
      }
    }
    add(kind: kind.rawValue, occurrences: &occurrences, thresholds)
  }

  /// Counts the bytes of words after the bytes before them.
  mutating func countSpelling(of words: some Sequence<[UInt8]>) {
    let list = Array(words)
    for order in 0..<SpellingModel.orderCount {
      var occurrences: [UInt64] = []
      for word in list {
        var history = SpellingModel.History()
        for byte in word {
          occurrences.append(UInt64(history.key(order: order)) << 32 | UInt64(byte))
          history.append(byte)
        }
        occurrences.append(UInt64(history.key(order: order)) << 32 | UInt64(SpellingModel.end))
      }
      add(
        kind: TrainedContexts.spellingKind + order, occurrences: &occurrences,
        ContextThresholds(total: 1, successor: 1))
    }
  }

  /// - Parameter occurrences: the context's key in the high half, the token in the low half; sorted in place.
  private mutating func add(kind: Int, occurrences: inout [UInt64], _ thresholds: ContextThresholds) {
    radixSort(&occurrences)
    var pool: [UInt32] = []
    var contexts: [(key: UInt32, place: UInt32)] = []
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
        contexts.append((key, UInt32(pool.count + 1)))
        pool.append(pairs.reduce(0) { $0 + $1.count })
        pool.append(UInt32(pairs.count))
        for pair in pairs {
          pool.append(pair.token)
          pool.append(pair.count)
        }
      }
      start = end
    }
    sections.append(Section(kind: kind, slots: Self.slots(for: contexts), pool: pool))
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

  /// The content of `contexts.bin`.
  func serialized() -> [UInt8] {
    var result = TrainedContexts.magic
    func append(_ value: UInt32, to bytes: inout [UInt8]) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    func append(wide value: Int, to bytes: inout [UInt8]) {
      withUnsafeBytes(of: UInt64(value).littleEndian) { bytes.append(contentsOf: $0) }
    }
    append(UInt32(sections.count), to: &result)
    append(0, to: &result)
    var offset = 16 + sections.count * 32
    for section in sections {
      append(UInt32(section.kind), to: &result)
      append(UInt32((section.slots.count / 2).trailingZeroBitCount), to: &result)
      append(wide: offset, to: &result)
      append(wide: offset + section.slots.count * 4, to: &result)
      append(wide: section.pool.count, to: &result)
      offset += (section.slots.count + section.pool.count) * 4
    }
    result.reserveCapacity(offset)
    for section in sections {
      section.slots.withUnsafeBytes { result.append(contentsOf: $0) }
      section.pool.withUnsafeBytes { result.append(contentsOf: $0) }
    }
    return result
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
