import JSON
import LanguageModeling
import Platform

/// What the words of a diff are worth in the message about it: fitted to the messages of a history (`DiffFitting`), or what
/// fits any.
///
/// P(w) = (1 − λ) · P of the mixture + λ · P of the diff. λ = σ(gate · features of the place). The diff's distribution is
/// Σ over the places of its words, weight of the place · P_place(w), P_place(w) in proportion to (1 + ln count) · r(w), where
/// r(w) is how often messages have the word where diffs have it. Other forms of the words are one more place, with the sum of
/// (1 + ln count) · r · how often messages have such a form. Beside this sum, whose weight is 1, stand what the message's last
/// words bring forth of the diff's lines (`DiffText`), with the weights `contexts` where they bring forth something. `following`
/// goes to the words that stand behind the last word of the message in the diff.
///
/// Of all this, P₁, and of what earlier messages about diffs like it bring forth (`RecalledMessages`), Q: P = (P₁ + Σ z Q) / (1 + Σ z),
/// z = e^(recall · features of the place).
public struct DiffWeights: Hashable, Sendable {
  /// The file's name in a model directory.
  public static let fileName = "commits.json"
  static let byteLimit = 1 << 26

  /// How often messages had a word, of the diffs that had it.
  struct Copying: Hashable, Sendable {
    var copied: Float
    var seen: Float
  }

  /// Of each place, by its number, and of the other forms of words; the sum is 1.
  var places: [Float]
  /// Of each `DiffText.Context`, beside all places together, which have 1.
  var contexts: [Float]
  /// Of words that stand behind the message's last word in the diff, where there are some.
  var following: Float
  /// As many as there are features (`DiffFeatures.count`).
  var gate: [Float]
  /// Of each `RecalledMessages.Context`, as many as `DiffFeatures.recallCount`.
  var recall: [[Float]]
  /// Of words that are not in `copying`, how often messages have them, by place.
  var rates: [Float]
  var copying: [[UInt8]: Copying] = [:]
  var endings = WordEndings.standard
  /// What `rates` are worth beside counts: as much as so many diffs.
  static let priorCount: Float = 4

  /// Chosen by hand: for projects whose history was not learned from, and what fitting begins with.
  static let standard = DiffWeights(
    places: [0.2, 0.05, 0.1, 0.2, 0.1, 0.05, 0.15, 0.1, 0.05], contexts: [2, 5, 0.7], following: 0.3,
    gate: [-1.5, 0, -0.3, 0.3, 0, 0, 0, 0.5, 1, 1],
    recall: [-3, -2.5, -2.5].map { [$0] + [Float](repeating: 0, count: DiffFeatures.recallCount - 1) },
    rates: [0.2, 0.05, 0.05, 0.03, 0.03, 0.02, 0.06, 0.06])

  init(
    places: [Float], contexts: [Float], following: Float, gate: [Float], recall: [[Float]],
    rates: [Float], copying: [[UInt8]: Copying] = [:]
  ) {
    self.places = places
    self.contexts = contexts
    self.following = following
    self.gate = gate
    self.recall = recall
    self.rates = rates
    self.copying = copying
  }

  /// Takes over what was fitted, and keeps what was counted.
  public mutating func take(_ fitted: DiffWeights) {
    (places, contexts) = (fitted.places, fitted.contexts)
    (following, gate, recall) = (fitted.following, fitted.gate, fitted.recall)
  }

  /// What counts beside 1 of each of `RecalledMessages.Context`, at a position with such features.
  func recallWeight(_ context: Int, _ features: [Float], likeness: Float) -> Float {
    var sum = recall[context][DiffFeatures.count] * likeness
    for (weight, feature) in zip(recall[context], features) { sum += weight * feature }
    return expf(max(-20, min(Self.recallLimit, sum)))
  }

  /// ln of the most that something recalled counts.
  static let recallLimit: Float = 5

  /// How often messages have a word of a diff where it stands in a place.
  func rate(of word: [UInt8], at place: DiffWords.Place) -> Float {
    let known = copying[word] ?? Copying(copied: 0, seen: 0)
    return (known.copied + Self.priorCount * rates[place.rawValue]) / (known.seen + Self.priorCount)
  }

  /// What a word is worth where it stands so often in a place.
  func worth(of word: [UInt8], count: Int, at place: DiffWords.Place) -> Float {
    (1 + logf(Float(count))) * rate(of: word, at: place)
  }

  // MARK: The file

  /// Takes a mapped file of a model directory. Nil for one of before there were forms of words and contexts: what fits any message
  /// is used in its place.
  public init?(file: MappedFile) throws(Failure) {
    guard file.count <= Self.byteLimit else {
      throw Failure(file.path, why: "has the wrong size", remedy: "train the model again")
    }
    do throws(JSONError) {
      let json = JSONDecoding(try JSON.parse(Array(file.bytes)), name: Self.fileName)
      let object = try json.object()
      if object["endings"] == nil || object["contexts"] == nil { return nil }
      try self.init(json)
    } catch { throw Failure(file.path, why: "\(error)", remedy: "train the model again") }
  }

  private init(_ json: JSONDecoding) throws(JSONError) {
    func numbers(_ key: String, _ count: Int, _ range: ClosedRange<Double>) throws(JSONError) -> [Float] {
      try Self.numbers(json[key], count, range)
    }
    let count = DiffWords.Place.allCases.count
    let given = try numbers("places", DiffDistribution.placeCount, 0...1)
    let sum = given.reduce(0, +)
    guard sum > 0 else { throw json["places"].mismatch(expected: "a number above 0") }
    places = given.map { $0 / sum }
    contexts = try numbers("contexts", DiffText.Context.allCases.count, 0...1e3)
    following = Float(try json["following"].double(in: 0...0.999))
    gate = try numbers("gate", DiffFeatures.count, -1e3...1e3)
    recall = Self.standard.recall
    // Files of before messages were recalled have none.
    if try json.object()["recall"] != nil {
      let elements = try json["recall"].elements()
      guard elements.count == recall.count else {
        throw json["recall"].mismatch(expected: "\(recall.count) lists")
      }
      for (context, weights) in elements.enumerated() {
        recall[context] = try Self.numbers(weights, DiffFeatures.recallCount, -1e3...1e3)
      }
    }
    rates = try numbers("rates", count, 1e-6...1)
    endings = try WordEndings(json["endings"])
    for word in try json["words"].object().keys {
      let pair = try json["words"][word].elements()
      guard pair.count == 2 else { throw json["words"][word].mismatch(expected: "two counts") }
      let seen = try pair[1].double(in: 0...1e9)
      copying[Array(word.utf8)] = Copying(
        copied: Float(try pair[0].double(in: 0...seen)), seen: Float(seen))
    }
  }

  private static func numbers(
    _ json: JSONDecoding, _ count: Int, _ range: ClosedRange<Double>
  ) throws(JSONError) -> [Float] {
    var values: [Float] = []
    for element in try json.elements() { values.append(Float(try element.double(in: range))) }
    guard values.count == count else { throw json.mismatch(expected: "\(count) numbers") }
    return values
  }

  /// What `init` reads; words that are no UTF-8 are left out.
  public func serialized() -> [UInt8] {
    var words = JSONObject()
    for (word, value) in copying.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      guard let text = String(validating: word, as: UTF8.self) else { continue }
      words[text] = [JSON(Int(value.copied)), JSON(Int(value.seen))]
    }
    func array(_ values: [Float]) -> JSON { .array(values.map { JSON(Double($0)) }) }
    let json: JSON = [
      "places": array(places), "contexts": array(contexts), "following": JSON(Double(following)),
      "gate": array(gate), "recall": .array(recall.map(array)),
      "rates": array(rates), "endings": endings.json,
      "words": .object(words),
    ]
    return json.serialized() + [0x0A]
  }
}
