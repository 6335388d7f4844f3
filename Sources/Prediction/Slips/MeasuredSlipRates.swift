import JSON
import Lexing
import Platform

/// How often text of a model's own kind is marked, as a file of the model: what `SlipRates` says of any text is corrected by
/// it, the more the more was measured.
///
/// By language and context: tokens, and marks at each of the log-odds that `SlipRates` has for its rates. Where little was
/// measured of a language the others of the model stand for it, and where little was measured at all `SlipRates`.
package struct MeasuredSlipRates: Hashable, Sendable {
  package static let fileName = "slips.json"

  struct Counts: Hashable, Sendable {
    var tokens = 0
    /// Marks at the log-odds of each rate or above.
    var marks = [Int](repeating: 0, count: SlipRates.rates.count)
  }

  /// By language, then by context.
  private(set) var languages: [String: [TokenContext: Counts]] = [:]
  /// Which of the languages are prose.
  private(set) var prose: Set<String> = []

  /// As many marks as that which were expected count for what was expected.
  private static let priorMarks = 2.0
  private static let priorMarksOfLanguage = 4.0
  /// Of the marks of prose that was learned, each occurrence taken out, that share is left in prose which was not, at each of the
  /// rates: the geometric mean of eleven texts (docs/highlighting.md). Of what is marked most surely some are real slips.
  private static let sharesLeftInProse = [0.3, 0.35, 0.5, 0.71, 0.82, 0.95, 1, 1]
  /// What is written next is never quite of the kind of what was learned.
  private static let changes = 0.25...8.0

  package init() {}

  package var isEmpty: Bool { languages.isEmpty }

  // MARK: Measuring

  /// Takes in what a text, free of slips but for few, is marked for.
  ///
  /// - Parameters:
  ///   - tokens: how many there are of each context.
  ///   - slips: all that were found, with the contexts that they stand in.
  mutating func add(
    _ grammar: Grammar, tokens: [TokenContext: Int],
    slips: [(logOdds: Double, context: TokenContext, hasWordList: Bool)]
  ) {
    let name = grammar.languageID
    if grammar.isProse { prose.insert(name) }
    var counts = languages[name] ?? [:]
    for (context, count) in tokens { counts[context, default: Counts()].tokens += count }
    for slip in slips {
      let odds = SlipRates.logOddsOfRates(
        isProse: grammar.isProse, slip.context, hasWordList: slip.hasWordList)
      for place in odds.indices where slip.logOdds >= odds[place] {
        counts[slip.context, default: Counts()].marks[place] += 1
      }
    }
    languages[name] = counts
  }

  /// Takes in what was measured of other documents.
  package mutating func add(_ other: MeasuredSlipRates) {
    prose.formUnion(other.prose)
    for (name, contexts) in other.languages {
      for (context, counts) in contexts {
        var sum = languages[name, default: [:]][context] ?? Counts()
        sum.tokens += counts.tokens
        for place in sum.marks.indices { sum.marks[place] += counts.marks[place] }
        languages[name, default: [:]][context] = sum
      }
    }
  }

  // MARK: Answering

  /// By what the rates of a language's context are to be multiplied.
  func changes(_ grammar: Grammar, _ context: TokenContext) -> [Double] {
    let isProse = grammar.isProse
    var all = Counts()
    for (name, contexts) in languages where prose.contains(name) == isProse {
      guard let counts = contexts[context] else { continue }
      all.tokens += counts.tokens
      for place in all.marks.indices { all.marks[place] += counts.marks[place] }
    }
    let own = languages[grammar.languageID]?[context] ?? Counts()
    return SlipRates.rates.indices.map { place in
      let expected = SlipRates.rates[place] / 1000
      let left = isProse ? Self.sharesLeftInProse[place] : 1
      let shared =
        (left * Double(all.marks[place]) + Self.priorMarks)
        / (expected * Double(all.tokens) + Self.priorMarks)
      let change =
        (left * Double(own.marks[place]) + Self.priorMarksOfLanguage * shared)
        / (expected * Double(own.tokens) + Self.priorMarksOfLanguage)
      return min(max(change, Self.changes.lowerBound), Self.changes.upperBound)
    }
  }

  // MARK: The file

  package func serialized() -> [UInt8] {
    var object = JSONObject()
    for (name, contexts) in languages.sorted(by: { $0.key < $1.key }) {
      var members: JSONObject = ["isProse": .bool(prose.contains(name))]
      for context in TokenContext.allCases {
        guard let counts = contexts[context] else { continue }
        members["\(context)"] = [
          "tokens": JSON(counts.tokens), "marks": .array(counts.marks.map { JSON($0) }),
        ]
      }
      object[name] = .object(members)
    }
    return JSON.object([
      "logOddsOfRates": .array(SlipRates.rates.map { JSON($0) }), "fit": JSON(SlipRates.fit),
      "languages": .object(object),
    ]).serialized() + [10]
  }

  init(_ file: MappedFile) throws(Failure) {
    do throws(JSONError) {
      let root = JSONDecoding(try JSON.parse(Array(file.bytes)), name: Self.fileName)
      var rates: [Double] = []
      for rate in try root["logOddsOfRates"].elements() { rates.append(try rate.double()) }
      // Of other rates nothing can be said: as if nothing had been measured.
      guard rates == SlipRates.rates else { return }
      // Prose had other weights: what was marked by them says nothing of what will be.
      let fit = try root["fit"].optional?.integer()
      for name in try root["languages"].object().keys {
        let language = root["languages"][name]
        if fit != SlipRates.fit, try language["isProse"].bool() { continue }
        try take(language, of: name)
      }
    } catch {
      throw Failure(file.path, why: "\(error)", remedy: "train the model again")
    }
  }

  private mutating func take(_ members: JSONDecoding, of name: String) throws(JSONError) {
    if try members["isProse"].bool() { prose.insert(name) }
    for context in TokenContext.allCases {
      guard let entry = members["\(context)"].optional else { continue }
      var counts = Counts(tokens: try entry["tokens"].integer(in: Self.countRange))
      let marks = try entry["marks"].elements()
      guard marks.count == counts.marks.count else {
        throw entry["marks"].mismatch(expected: "\(counts.marks.count) counts")
      }
      for (place, count) in marks.enumerated() {
        counts.marks[place] = try count.integer(in: Self.countRange)
      }
      languages[name, default: [:]][context] = counts
    }
  }

  private static let countRange = 0...(1 << 40)
}
