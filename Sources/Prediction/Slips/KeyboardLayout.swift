/// Which keys are beside each other, on the layouts that most people have.
public enum KeyboardLayout: String, Hashable, Sendable, CaseIterable {
  case qwerty
  case qwertz
  case azerty
  /// ЙЦУКЕН.
  case jcuken

  private var rows: [String] {
    switch self {
    case .qwerty: ["qwertyuiop", "asdfghjkl", "zxcvbnm"]
    case .qwertz: ["qwertzuiopü", "asdfghjklöä", "yxcvbnm"]
    case .azerty: ["azertyuiop", "qsdfghjklm", "wxcvbn"]
    case .jcuken: ["йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"]
    }
  }

  /// The letters beside each letter, in no case but the lower one.
  private func makeNeighbours() -> [UInt32: Set<UInt32>] {
    let keys = rows.map { $0.unicodeScalars.map(\.value) }
    var result: [UInt32: Set<UInt32>] = [:]
    func add(_ a: UInt32, _ b: UInt32) {
      result[a, default: []].insert(b)
      result[b, default: []].insert(a)
    }
    for (row, letters) in keys.enumerated() {
      for (place, letter) in letters.enumerated() {
        if place + 1 < letters.count { add(letter, letters[place + 1]) }
        guard row + 1 < keys.count else { continue }
        // The row below is shifted by half a key to the right.
        for below in [place - 1, place] where keys[row + 1].indices.contains(below) {
          add(letter, keys[row + 1][below])
        }
      }
    }
    return result
  }

  private static let neighbours: [Self: [UInt32: Set<UInt32>]] = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0, $0.makeNeighbours()) })

  /// The letters beside a small letter, in the order of their scalars; none where the layout lacks it.
  package func neighbours(of letter: UInt32) -> [UInt32] { Self.neighbours[self]?[letter]?.sorted() ?? [] }

  private static let pairs: Set<UInt64> = {
    var pairs: Set<UInt64> = []
    for letters in neighbours.values {
      for (letter, others) in letters { for other in others { pairs.insert(pair(letter, other)) } }
    }
    return pairs
  }()

  private static func pair(_ a: UInt32, _ b: UInt32) -> UInt64 { UInt64(a) << 32 | UInt64(b) }

  /// Whether two letters are beside each other on any of them.
  static func areNeighbours(_ a: UInt32, _ b: UInt32) -> Bool { pairs.contains(pair(lower(a), lower(b))) }

  private static func lower(_ value: UInt32) -> UInt32 {
    value >= 0x41 && value <= 0x5A ? value + 0x20 : value
  }
}
