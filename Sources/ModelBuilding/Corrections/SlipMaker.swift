import Platform
import Prediction

/// Makes of a word what hands and ears make of it. Words are Unicode scalars.
struct SlipMaker {
  enum Kind: CaseIterable {
    /// A key beside the right one.
    case neighbour
    case doubled
    /// Two letters that stand beside each other have changed places.
    case swapped
    case dropped
    /// A key beside the right one, hit together with it.
    case inserted
    /// Written as it sounds: `SoundConfusions`, and one consonant for two or two for one.
    case confused

    /// How often, of all, in tenths and halves of them: after Damerau 1964 and Kukich 1992 four slips in five are one letter too
    /// many, too few, wrong, or two in each other's place; how they share is chosen.
    var weight: Int {
      switch self {
      case .neighbour, .dropped, .confused: 4
      case .doubled, .swapped: 3
      case .inserted: 2
      }
    }
  }

  /// The keyboards that fingers may be on.
  let layouts: [KeyboardLayout]

  private static let drawn = Kind.allCases.flatMap { [Kind](repeating: $0, count: $0.weight) }
  /// Of words with so many letters, one in so many has two slips.
  private static let twiceCount = 7
  private static let twiceStride = 8
  private static let vowels = Set("aeiouyäöüáéíóúàèâêîôûаеёиоуыэюя".unicodeScalars.map(\.value))

  /// A slip of some kind in a word; nil where the kind that was drawn finds no place in it.
  func slip(in word: [UInt32], using random: inout SplitMix64) -> [UInt32]? {
    guard let once = slip(in: word, Self.drawn.randomElement(using: &random)!, using: &random) else {
      return nil
    }
    guard word.count >= Self.twiceCount, Int.random(in: 0..<Self.twiceStride, using: &random) == 0 else {
      return once
    }
    return slip(in: once, Self.drawn.randomElement(using: &random)!, using: &random) ?? once
  }

  /// A slip of one kind at some place of a word; nil where it has no place for it.
  func slip(in word: [UInt32], _ kind: Kind, using random: inout SplitMix64) -> [UInt32]? {
    let places = word.indices
    switch kind {
    case .neighbour:
      return oneKey(in: word, using: &random) { place, key in
        word[..<place] + [key] + word[(place + 1)...]
      }
    case .inserted:
      let isBefore = Bool.random(using: &random)
      return oneKey(in: word, using: &random) { place, key in
        let end = isBefore ? place : place + 1
        return word[..<end] + [key] + word[end...]
      }
    case .doubled:
      guard let place = places.randomElement(using: &random) else { return nil }
      return Array(word[...place] + [Self.lowercased(word[place])] + word[(place + 1)...])
    case .dropped:
      guard word.count > 2, let place = places.randomElement(using: &random) else { return nil }
      return Array(word[..<place] + word[(place + 1)...])
    case .swapped:
      let found = places.dropLast().filter { word[$0] != word[$0 + 1] }
      guard let place = found.randomElement(using: &random) else { return nil }
      var result = word
      result.swapAt(place, place + 1)
      return result
    case .confused:
      guard let (range, other) = confusions(in: word).randomElement(using: &random) else { return nil }
      return Array(word[..<range.lowerBound] + other + word[range.upperBound...])
    }
  }

  /// What `body` makes of a place and of a key beside that of its letter, in its case.
  private func oneKey(
    in word: [UInt32], using random: inout SplitMix64, _ body: (Int, UInt32) -> ArraySlice<UInt32>
  ) -> [UInt32]? {
    guard let place = word.indices.randomElement(using: &random) else { return nil }
    let lower = Self.lowercased(word[place])
    let keys = layouts.map { $0.neighbours(of: lower) }.filter { !$0.isEmpty }
    guard let key = keys.randomElement(using: &random)?.randomElement(using: &random) else { return nil }
    return Array(body(place, lower == word[place] ? key : Self.uppercased(key)))
  }

  /// Every part of a word that may be written otherwise, and how.
  private func confusions(in word: [UInt32]) -> [(Range<Int>, [UInt32])] {
    let lower = word.map(Self.lowercased)
    var result: [(Range<Int>, [UInt32])] = []
    func add(_ place: Int, _ written: [UInt32], _ other: [UInt32]) {
      let end = place + written.count
      guard end <= lower.count, lower[place..<end].elementsEqual(written) else { return }
      let isUpper = lower[place] != word[place]
      result.append((place..<end, isUpper ? [Self.uppercased(other[0])] + other.dropFirst() : other))
    }
    for place in lower.indices {
      for (first, second) in SoundConfusions.pairs {
        add(place, first, second)
        add(place, second, first)
      }
      guard place > 0, !Self.vowels.contains(lower[place]) else { continue }
      if lower[place] == lower[place - 1] {
        add(place - 1, [lower[place], lower[place]], [lower[place]])
      } else if place + 1 < lower.count, Self.vowels.contains(lower[place - 1]),
        Self.vowels.contains(lower[place + 1])
      {
        add(place, [lower[place]], [lower[place], lower[place]])
      }
    }
    return result
  }

  static func lowercased(_ value: UInt32) -> UInt32 { mapped(value, \.lowercaseMapping) }
  static func uppercased(_ value: UInt32) -> UInt32 { mapped(value, \.uppercaseMapping) }

  private static func mapped(
    _ value: UInt32, _ mapping: KeyPath<Unicode.Scalar.Properties, String>
  ) -> UInt32 {
    guard let scalar = Unicode.Scalar(value) else { return value }
    let mapped = scalar.properties[keyPath: mapping].unicodeScalars
    return mapped.count == 1 ? mapped.first!.value : value
  }
}
