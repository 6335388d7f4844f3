import Corpora
import JSON
import LanguageModeling
import Platform

/// What decides what is counted of a text: runs that were counted differently have nothing to do with each other.
struct RunOptions: Hashable, Sendable {
  /// N.
  var order: Int
  var form: ModelBuildingOptions.TextForm
  /// Sorted.
  var languageIDs: [String]
  var keepsSecretTokens: Bool
  /// Says which words and files were left out because they were forgotten on request, and nothing else about them.
  var forgotten: String
  /// Of all grammars.
  var grammars: String
  /// The version of the program.
  var inkling: String

  private static let forms: [(form: ModelBuildingOptions.TextForm, name: String)] = [
    (.words, "words"), (.characters, "characters"), (.tokenLines, "tokenLines"),
    (.tokenDocuments, "tokenDocuments"),
  ]

  var json: JSONObject {
    [
      "order": JSON(order), "form": JSON(Self.forms.first { $0.form == form }?.name ?? ""),
      "languages": .array(languageIDs.map { JSON($0) }), "keepsSecrets": JSON(keepsSecretTokens),
      "forgotten": JSON(forgotten), "grammars": JSON(grammars), "inkling": JSON(inkling),
    ]
  }

  /// All of them, for a hash.
  var text: String { JSON.object(json).serializedString() }

  init(
    order: Int, form: ModelBuildingOptions.TextForm, languageIDs: [String], keepsSecretTokens: Bool,
    forgotten: String, grammars: String
  ) {
    self.order = order
    self.form = form
    self.languageIDs = languageIDs.sorted()
    self.keepsSecretTokens = keepsSecretTokens
    self.forgotten = forgotten
    self.grammars = grammars
    inkling = inklingVersion
  }

  init(_ json: JSONDecoding) throws(JSONError) {
    order = try json["order"].integer(in: 1...RunFormat.largestOrder)
    let name = try json["form"].string()
    guard let form = Self.forms.first(where: { $0.name == name })?.form else {
      throw json["form"].mismatch(expected: "a form of text")
    }
    self.form = form
    languageIDs = try json["languages"].strings()
    keepsSecretTokens = try json["keepsSecrets"].bool()
    forgotten = try json["forgotten"].string()
    grammars = try json["grammars"].string()
    inkling = try json["inkling"].string()
  }

  /// In which option another run differs, as a person would say it; nil if in none.
  func difference(from other: RunOptions) -> String? {
    if inkling != other.inkling { return "inkling \(inkling) has counted it, and the other \(other.inkling)" }
    if order != other.order { return "its order is \(order), the other's \(other.order)" }
    if form != other.form || keepsSecretTokens != other.keepsSecretTokens {
      return "its text was split into tokens in another way"
    }
    if languageIDs != other.languageIDs { return "it was counted of other languages" }
    if grammars != other.grammars { return "it was counted with other grammars" }
    if forgotten != other.forgotten { return "other words or files were forgotten when it was counted" }
    return nil
  }
}

/// What a run says of itself.
struct RunDescription: Sendable {
  static let formatName = "inkling-run"

  var options: RunOptions
  /// What was counted, each piece by a name that no other has; sorted. Empty where no document was.
  var shards: [String]
  /// Into how many ranges the n-grams were cut, and which of them are here, from 0; sorted.
  var rangeCount = 1
  var ranges = [0]
  var typeCount = 0
  var documentCount = 0
  var ngramCount = 0
  /// Tokens and sequences of the documents here.
  var tokenCount = 0
  var sequenceCount = 0
  /// By language: files that were left out, and their bytes.
  var leftOut: [String: [LeftOutReason: Amount]] = [:]
  /// Where the sections are; known of a run that was read.
  var sections: [RunSection: Range<Int>] = [:]

  struct Amount: Hashable, Sendable {
    var fileCount: Int
    var byteCount: Int
  }

  init(options: RunOptions, shards: [String]) {
    self.options = options
    self.shards = shards
  }

  /// Whether all n-grams of the shards are here.
  var isWhole: Bool { ranges.count == rangeCount }

  func serialized(sections: [RunSection: Range<Int>]) -> [UInt8] {
    var places = JSONObject()
    for section in RunSection.allCases {
      if let range = sections[section] {
        places[section.name] = [JSON(range.lowerBound), JSON(range.upperBound)]
      }
    }
    var reasons = JSONObject()
    for (language, byReason) in leftOut.sorted(by: { $0.key < $1.key }) {
      var members = JSONObject()
      for (reason, amount) in byReason.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        members[reason.rawValue] = [JSON(amount.fileCount), JSON(amount.byteCount)]
      }
      reasons[language] = .object(members)
    }
    return JSON.object([
      "format": JSON(Self.formatName), "version": JSON(RunFormat.version), "options": .object(options.json),
      "shards": .array(shards.map { JSON($0) }), "rangeCount": JSON(rangeCount),
      "ranges": .array(ranges.map { JSON($0) }), "types": JSON(typeCount), "documents": JSON(documentCount),
      "ngrams": JSON(ngramCount), "tokens": JSON(tokenCount), "sequences": JSON(sequenceCount),
      "leftOut": .object(reasons), "sections": .object(places),
    ]).serialized()
  }

  private static let limits = JSONLimits(byteCount: 1 << 28, valueCount: 4_000_000)
  private static let largestRangeCount = 1 << 20

  /// - Parameters:
  ///   - path: of the run, for messages.
  ///   - end: the byte offset behind the sections.
  init(_ bytes: [UInt8], path: String, end: Int) throws(Failure) {
    do throws(JSONError) {
      let json = JSONDecoding(try JSON.parse(bytes, limits: Self.limits))
      guard json["format"].stringIfAny == Self.formatName else {
        throw json["format"].mismatch(expected: "a run of inkling-train")
      }
      let version = try json["version"].integer(in: 1...Int.max)
      guard version == RunFormat.version else {
        throw json["version"].mismatch(expected: "version \(RunFormat.version) of the format")
      }
      options = try RunOptions(json["options"])
      shards = try json["shards"].strings()
      rangeCount = try json["rangeCount"].integer(in: 1...Self.largestRangeCount)
      ranges = []
      for range in try json["ranges"].elements() { ranges.append(try range.integer(in: 0...rangeCount - 1)) }
      let counts = 0...Int(Int32.max) << 16
      typeCount = try json["types"].integer(in: 0...Vocabulary.maximumCount)
      documentCount = try json["documents"].integer(in: counts)
      ngramCount = try json["ngrams"].integer(in: counts)
      tokenCount = try json["tokens"].integer(in: counts)
      sequenceCount = try json["sequences"].integer(in: counts)
      try readLeftOut(json["leftOut"])
      try readSections(json["sections"], end: end)
      guard zip(shards, shards.dropFirst()).allSatisfy(<) else {
        throw json["shards"].mismatch(expected: "different names, sorted")
      }
      guard zip(ranges, ranges.dropFirst()).allSatisfy(<), !ranges.isEmpty else {
        throw json["ranges"].mismatch(expected: "different numbers, sorted")
      }
    } catch {
      throw Failure(path, why: "is no run that this inkling-train reads: \(error)", remedy: "count it again")
    }
  }

  private mutating func readLeftOut(_ json: JSONDecoding) throws(JSONError) {
    leftOut = [:]
    for (language, _) in try json.object() {
      for (name, _) in try json[language].object() {
        guard let reason = LeftOutReason(rawValue: name) else { continue }
        let amount = json[language][name]
        leftOut[language, default: [:]][reason] = Amount(
          fileCount: try amount[0].integer(in: 0...Int(Int32.max)),
          byteCount: try amount[1].integer(in: 0...Int.max >> 16))
      }
    }
  }

  private mutating func readSections(_ json: JSONDecoding, end: Int) throws(JSONError) {
    var start = RunFormat.magic.count
    for section in RunSection.allCases where section != .description {
      let place = json[section.name]
      let upper = try place[1].integer(in: start...max(start, end))
      guard try place[0].integer() == start else {
        throw place.mismatch(expected: "a section behind the other")
      }
      sections[section] = start..<upper
      start = upper
    }
    guard start == end else { throw json.mismatch(expected: "sections up to the description") }
  }
}
