/// The members of a JSON object in the order in which they were first set.
///
/// Equality and hashing disregard the order, as JSON does.
package struct JSONObject: Sendable {
  package private(set) var keys: [String] = []
  package private(set) var values: [JSON] = []
  /// Where each key is; kept only for objects with more members than a scan finds faster.
  private var positions: [String: Int]?

  private static let scanLimit = 12

  package init() {}

  /// The later of two members with the same key wins, in the place of the earlier one.
  package init(_ members: some Sequence<(String, JSON)>) {
    for (key, value) in members { self[key] = value }
  }

  /// As many values under the keys of another object.
  init(withKeysOf other: JSONObject, values: [JSON]) {
    keys = other.keys
    positions = other.positions
    self.values = values
  }

  /// Values under the first keys of another object, and room for more.
  init(withKeysOf other: JSONObject, firstValues values: [JSON], capacity: Int) {
    reserveCapacity(capacity)
    for (key, value) in zip(other.keys, values) { append(key, value) }
  }

  package var count: Int { keys.count }
  package var isEmpty: Bool { keys.isEmpty }

  package mutating func reserveCapacity(_ count: Int) {
    keys.reserveCapacity(count)
    values.reserveCapacity(count)
  }

  /// The member's value; nil where there is none. Setting nil removes the member.
  package subscript(key: String) -> JSON? {
    get { position(of: key).map { values[$0] } }
    set {
      if let newValue {
        _ = insert(newValue, for: key)
      } else if let position = position(of: key) {
        remove(at: position)
      }
    }
  }

  /// Sets a member, in the place of one with the same key.
  ///
  /// - Returns: whether there was none.
  mutating func insert(_ value: JSON, for key: String) -> Bool {
    if let position = position(of: key) {
      values[position] = value
      return false
    }
    append(key, value)
    return true
  }

  private func position(of key: String) -> Int? {
    positions.map { $0[key] } ?? keys.firstIndex(of: key)
  }

  private mutating func append(_ key: String, _ value: JSON) {
    positions?[key] = keys.count
    keys.append(key)
    values.append(value)
    if positions == nil && keys.count > Self.scanLimit { indexKeys() }
  }

  private mutating func remove(at position: Int) {
    keys.remove(at: position)
    values.remove(at: position)
    if positions != nil { indexKeys() }
  }

  private mutating func indexKeys() {
    positions = Dictionary(uniqueKeysWithValues: zip(keys, 0...))
  }
}

extension JSONObject: Sequence {
  package func makeIterator() -> Zip2Sequence<[String], [JSON]>.Iterator {
    zip(keys, values).makeIterator()
  }
}

extension JSONObject: Hashable {
  package static func == (a: JSONObject, b: JSONObject) -> Bool {
    a.count == b.count && a.allSatisfy { b[$0] == $1 }
  }

  package func hash(into hasher: inout Hasher) {
    var sum = 0
    for (key, value) in self {
      var member = Hasher()
      member.combine(key)
      member.combine(value)
      sum ^= member.finalize()
    }
    hasher.combine(sum)
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}
