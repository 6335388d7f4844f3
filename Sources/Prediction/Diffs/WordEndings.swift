import JSON
import Platform

/// How words end otherwise: what turns `layer` into `layer's` and `measure` into `measuring`, with how often a message has
/// the one where its diff has the other.
///
/// Counted in a history, whatever its language; what English does is where counting begins.
struct WordEndings: Hashable, Sendable {
  /// A word's last bytes, and what stands in their place in another form of it.
  struct Change: Hashable, Sendable, Comparable {
    var dropped: [UInt8]
    var added: [UInt8]

    init(_ dropped: some Sequence<UInt8>, _ added: some Sequence<UInt8>) {
      self.dropped = Array(dropped)
      self.added = Array(added)
    }

    static func < (one: Change, other: Change) -> Bool {
      one.dropped == other.dropped
        ? one.added.lexicographicallyPrecedes(other.added)
        : one.dropped.lexicographicallyPrecedes(other.dropped)
    }
  }

  struct Ending: Hashable, Sendable {
    var change: Change
    /// How often messages have the form, of the words in their diffs that end as it says.
    var rate: Float
  }

  /// In the order of their changes.
  let endings: [Ending]

  /// Longer endings are words of their own.
  fileprivate static let byteLimit = 3
  fileprivate static let stemByteCount = 3
  private static let wordByteLimit = 24
  private static let listLimit = 64
  /// Changes that are kept, those that were seen most.
  fileprivate static let changeLimit = 24
  /// As if so many words had been seen with the rates of English.
  fileprivate static let priorCount: Float = 300

  init(_ rates: [Change: Float]) {
    endings = rates.map { Ending(change: $0.key, rate: $0.value) }.sorted { $0.change < $1.change }
  }

  /// Chosen by hand.
  static let standard = WordEndings(standardRates)
  fileprivate static let standardRates: [Change: Float] = [
    Change("".utf8, "s".utf8): 0.006, Change("".utf8, "'s".utf8): 0.002, Change("s".utf8, "".utf8): 0.006,
    Change("".utf8, "ed".utf8): 0.001, Change("e".utf8, "ed".utf8): 0.002, Change("ed".utf8, "".utf8): 0.002,
    Change("".utf8, "ing".utf8): 0.001, Change("e".utf8, "ing".utf8): 0.002,
    Change("ing".utf8, "".utf8): 0.001,
    Change("y".utf8, "ies".utf8): 0.003,
  ]

  /// The other forms of a word.
  ///
  /// - Parameter body: is given each with its rate.
  func forEachForm(of word: [UInt8], _ body: (_ form: [UInt8], _ rate: Float) -> Void) {
    guard Self.mayChange(word) else { return }
    for ending in endings {
      let stemCount = word.count - ending.change.dropped.count
      guard stemCount >= Self.stemByteCount, word[stemCount...].elementsEqual(ending.change.dropped) else {
        continue
      }
      let form = word[..<stemCount] + ending.change.added
      if form.count <= Self.wordByteLimit { body(Array(form), ending.rate) }
    }
  }

  /// Whether a word has other forms: it is made of letters, with an apostrophe at the most.
  fileprivate static func mayChange(_ word: [UInt8]) -> Bool {
    stemByteCount...wordByteLimit ~= word.count
      && word.allSatisfy {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) || $0 == UInt8(ascii: "'") || $0 >= 0x80
      }
  }

  // MARK: The file

  init(_ json: JSONDecoding) throws(JSONError) {
    var rates: [Change: Float] = [:]
    let elements = try json.elements()
    guard elements.count <= Self.listLimit else {
      throw json.mismatch(expected: "\(Self.listLimit) endings at most")
    }
    for element in elements {
      let ending = (try element[0].string(), try element[1].string())
      guard ending.0.utf8.count <= Self.byteLimit, ending.1.utf8.count <= Self.byteLimit else {
        throw element.mismatch(expected: "two endings of \(Self.byteLimit) bytes at most")
      }
      rates[Change(ending.0.utf8, ending.1.utf8)] = Float(try element[2].double(in: 0...1))
    }
    self.init(rates)
  }

  var json: JSON {
    .array(
      endings.map {
        [
          JSON(String(decoding: $0.change.dropped, as: UTF8.self)),
          JSON(String(decoding: $0.change.added, as: UTF8.self)), JSON(Double($0.rate)),
        ]
      })
  }
}

/// Counts which endings a history's messages have where their diffs have others.
struct WordEndingCounts {
  private var used: [WordEndings.Change: Int] = [:]
  private var seen: [[UInt8]: Int] = [:]

  /// - Parameters:
  ///   - message: its words.
  ///   - diff: its words.
  mutating func add(message: Set<[UInt8]>, diff: Set<[UInt8]>) {
    // Words of the message by what they begin with: all but their last bytes.
    var forms: [ArraySlice<UInt8>: [[UInt8]]] = [:]
    for word in message where !diff.contains(word) {
      Self.forEachStem(of: word) { forms[word[..<$0], default: []].append(word) }
    }
    var nearest: [[UInt8]: WordEndings.Change] = [:]
    for word in diff {
      Self.forEachStem(of: word) { count in
        seen[Array(word[count...]), default: 0] += 1
        for form in forms[word[..<count]] ?? [] {
          let change = WordEndings.Change(word[count...], form[count...])
          if let other = nearest[form], Self.size(other) <= Self.size(change) { continue }
          nearest[form] = change
        }
      }
    }
    for change in nearest.values { used[change, default: 0] += 1 }
  }

  /// Of two changes that are as long, that which drops less is taken: so it does not matter in which order they come.
  private static func size(_ change: WordEndings.Change) -> (Int, Int) {
    (change.dropped.count + change.added.count, change.dropped.count)
  }

  /// - Parameter body: is given how many bytes are left without each ending, whole characters.
  private static func forEachStem(of word: [UInt8], _ body: (Int) -> Void) {
    guard WordEndings.mayChange(word) else { return }
    for count in max(WordEndings.stemByteCount, word.count - WordEndings.byteLimit)...word.count
    where count == word.count || word[count] & 0xC0 != 0x80 { body(count) }
  }

  /// What was counted, beside what English does.
  var endings: WordEndings {
    let changes = used.filter { $0.value > 1 }.sorted {
      $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value
    }.prefix(WordEndings.changeLimit).map(\.key)
    var rates: [WordEndings.Change: Float] = [:]
    for change in Set(changes).union(WordEndings.standardRates.keys) {
      let standard = WordEndings.standardRates[change] ?? 0
      rates[change] =
        (Float(used[change] ?? 0) + WordEndings.priorCount * standard)
        / (Float(seen[change.dropped] ?? 0) + WordEndings.priorCount)
    }
    return WordEndings(rates)
  }
}
