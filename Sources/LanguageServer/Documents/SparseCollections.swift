// Dictionaries and sets keep the room of the most elements that they ever held. What is kept of each open document would
// keep that of thousands of them for the rest of the session.

/// Tables with room for so many elements are left as they are.
private let keptCapacity = 1 << 8

/// Whether a table is nearly empty. One that was made anew holds half of its room, so that each element is moved a few
/// times at most.
private func isSparse(count: Int, capacity: Int) -> Bool { capacity > keptCapacity && count < capacity / 8 }

extension Dictionary {
  /// Gives room back once nearly all elements are gone.
  mutating func giveBackRoom() {
    guard isSparse(count: count, capacity: capacity) else { return }
    var smaller = Dictionary(minimumCapacity: 2 * count)
    for (key, value) in self { smaller[key] = value }
    self = smaller
  }
}

extension Set {
  /// Gives room back once nearly all elements are gone.
  mutating func giveBackRoom() {
    guard isSparse(count: count, capacity: capacity) else { return }
    var smaller = Set(minimumCapacity: 2 * count)
    smaller.formUnion(self)
    self = smaller
  }
}
