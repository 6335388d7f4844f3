import Platform

/// The words of a diff in the order of its lines, and what they make of the next word of a message: what follows the message's last
/// words there, and what stands in the lines that have them.
struct DiffText: Sendable {
  /// What a message's last words bring forth of a diff.
  enum Context: Int, CaseIterable, Sendable {
    /// Words behind the last two.
    case twoWords
    /// Words behind the last three.
    case threeWords
    /// Words of the lines that have the last ones, and of those beside them.
    case near
  }

  typealias Words = [(index: Int32, probability: Float)]

  /// Of each word of the text: its index among the diff's words, and that of the first word that is the same but for capitals.
  private var words: [Int32] = []
  private var folded: [Int32] = []
  /// Of each word of the text its line, and of each line where it begins.
  private var lines: [Int32] = []
  private var lineStarts: [Int32] = []
  /// The folded index of each of the diff's words, and of each folded index where it stands: `places[placeStarts[i] ..< placeStarts[i + 1]]`.
  private let folds: [Int32]
  private var places: [Int32] = []
  private var placeStarts: [Int32] = []

  /// So many words of the message are looked at.
  static let nearWordCount = 8
  /// A word counts for so much of the one behind it.
  private static let decay: Float = 0.85
  /// A line beside one that has the word counts for so much.
  private static let besideShare: Float = 0.4
  /// Lines that are read, those that have most of the words.
  private static let nearLineLimit = 40
  /// Places of a word that are looked at.
  private static let placeLimit = 2_000

  /// - Parameters:
  ///   - given: each line's words, as indices.
  ///   - folds: of each word the index of the first that is the same but for capitals.
  init(_ given: [[Int32]], folds: [Int32]) {
    self.folds = folds
    for line in given {
      lineStarts.append(Int32(words.count))
      for word in line {
        words.append(word)
        folded.append(folds[Int(word)])
        lines.append(Int32(lineStarts.count - 1))
      }
    }
    lineStarts.append(Int32(words.count))
    placeStarts = [Int32](repeating: 0, count: folds.count + 1)
    for fold in folded { placeStarts[Int(fold) + 1] += 1 }
    for index in folds.indices { placeStarts[index + 1] += placeStarts[index] }
    var next = placeStarts
    places = [Int32](repeating: 0, count: folded.count)
    for (place, fold) in folded.enumerated() {
      places[Int(next[Int(fold)])] = Int32(place)
      next[Int(fold)] += 1
    }
  }

  private var lineCount: Int { lineStarts.count - 1 }

  private func places(of fold: Int32) -> ArraySlice<Int32> {
    places[Int(placeStarts[Int(fold)])..<Int(placeStarts[Int(fold) + 1])]
  }

  /// What stands behind words in the diff's lines.
  ///
  /// - Parameter last: indices of the message's last words, the last one first; no more than are the diff's without a gap.
  /// - Returns: what stands behind two of them and what behind three, with P; each empty where nothing does.
  func following(_ last: [Int32]) -> (two: Words, three: Words) {
    guard last.count >= 2 else { return ([], []) }
    let wanted = last.prefix(3).map { folds[Int($0)] }
    var (two, three): ([Int32: Int], [Int32: Int]) = ([:], [:])
    for place in places(of: wanted[0]).prefix(Self.placeLimit) {
      let place = Int(place)
      let start = Int(lineStarts[Int(lines[place])])
      let end = Int(lineStarts[Int(lines[place]) + 1])
      guard place + 1 < end, place - 1 >= start, folded[place - 1] == wanted[1] else { continue }
      two[words[place + 1], default: 0] += 1
      if wanted.count > 2, place - 2 >= start, folded[place - 2] == wanted[2] {
        three[words[place + 1], default: 0] += 1
      }
    }
    return (Self.distribution(two.mapValues(Float.init)), Self.distribution(three.mapValues(Float.init)))
  }

  /// Words of the lines that have the message's last words, but for these.
  ///
  /// - Parameters:
  ///   - last: indices of the message's last words, the last one first; nil for one that the diff does not have.
  ///   - worths: of each word of the diff, how often messages have it.
  func near(_ last: [Int32?], worths: [Float]) -> Words {
    var weights: [Int32: Float] = [:]
    var seen: Set<Int32> = []
    var recency: Float = 1
    for word in last.prefix(Self.nearWordCount) {
      defer { recency *= Self.decay }
      guard let fold = word.map({ folds[Int($0)] }) else { continue }
      seen.insert(fold)
      let places = places(of: fold)
      // What stands in every fifth line says nothing about any.
      guard !places.isEmpty, places.count <= max(3, lineCount / 5) else { continue }
      let rarity = logf(Float(lineCount) / Float(places.count) + 1) / Float(places.count).squareRoot()
      for place in places.prefix(Self.placeLimit) {
        let line = lines[Int(place)]
        weights[line, default: 0] += recency * rarity
        if line > 0 { weights[line - 1, default: 0] += Self.besideShare * recency * rarity }
        if Int(line) + 1 < lineCount { weights[line + 1, default: 0] += Self.besideShare * recency * rarity }
      }
    }
    let best = weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.nearLineLimit)
    var values: [Int32: Float] = [:]
    for (line, weight) in best {
      let range = Int(lineStarts[Int(line)])..<Int(lineStarts[Int(line) + 1])
      for word in Set(words[range]) where !seen.contains(folds[Int(word)]) {
        values[word, default: 0] += weight * worths[Int(word)]
      }
    }
    return Self.distribution(values)
  }

  /// In the order of the words, so that sums are the same whatever came first.
  private static func distribution(_ values: [Int32: Float]) -> Words {
    let ordered = values.sorted { $0.key < $1.key }
    let sum = ordered.reduce(0) { $0 + $1.value }
    guard sum > 0 else { return [] }
    return ordered.map { ($0.key, $0.value / sum) }
  }
}
