/// What was used of a corpus, and what was left out and why, language by language.
public struct CorpusReport: Hashable, Sendable {
  /// Files and their bytes.
  public struct Amount: Hashable, Sendable {
    public var fileCount = 0
    public var byteCount = 0
    public var tokenCount = 0

    public init() {}
  }

  /// Things left out for one reason.
  public struct LeftOut: Hashable, Sendable {
    public var count = 0
    public var byteCount = 0
    /// A few of them, by path.
    public var examples: [String] = []

    public init() {}
  }

  public struct Language: Hashable, Sendable {
    public var training = Amount()
    public var heldOut = Amount()
    public var leftOut: [LeftOutReason: LeftOut] = [:]

    public init() {}
  }

  /// By language; the empty string stands for what has none, as folders.
  public private(set) var languages: [String: Language] = [:]

  static let exampleLimit = 3

  public init() {}

  /// Of all languages together.
  public var training: Amount { total(\.training) }
  public var heldOut: Amount { total(\.heldOut) }

  /// Of all languages together, the most frequent reason first.
  public var leftOut: [(reason: LeftOutReason, what: LeftOut)] {
    var sums: [LeftOutReason: LeftOut] = [:]
    for (_, language) in languages.sorted(by: { $0.key < $1.key }) {
      for (reason, what) in language.leftOut {
        sums[reason, default: LeftOut()].count += what.count
        sums[reason, default: LeftOut()].byteCount += what.byteCount
        let room = Self.exampleLimit - (sums[reason]?.examples.count ?? 0)
        sums[reason, default: LeftOut()].examples += what.examples.prefix(max(0, room))
      }
    }
    return sums.map { (reason: $0.key, what: $0.value) }
      .sorted { ($1.what.count, $0.reason.rawValue) < ($0.what.count, $1.reason.rawValue) }
  }

  private func total(_ part: KeyPath<Language, Amount>) -> Amount {
    languages.values.reduce(into: Amount()) { sum, language in
      sum.fileCount += language[keyPath: part].fileCount
      sum.byteCount += language[keyPath: part].byteCount
      sum.tokenCount += language[keyPath: part].tokenCount
    }
  }

  // MARK: Filling

  mutating func add(_ file: CorpusFile, _ part: CorpusPart, byteCount: Int) {
    addFile(languageID: file.languageID, part: part, byteCount: byteCount)
  }

  /// Adds a file that was used.
  package mutating func addFile(languageID: String, part: CorpusPart, byteCount: Int) {
    let path = Self.amount(part)
    languages[languageID, default: Language()][keyPath: path].fileCount += 1
    languages[languageID, default: Language()][keyPath: path].byteCount += byteCount
  }

  /// Adds files that another report says were left out for a reason.
  package mutating func addLeftOut(
    _ reason: LeftOutReason, languageID: String, fileCount: Int, byteCount: Int
  ) {
    languages[languageID, default: Language()].leftOut[reason, default: LeftOut()].count += fileCount
    languages[languageID, default: Language()].leftOut[reason, default: LeftOut()].byteCount += byteCount
  }

  /// Adds tokens that a user of the corpus counted in a language.
  public mutating func addTokens(_ count: Int, languageID: String, part: CorpusPart) {
    languages[languageID, default: Language()][keyPath: Self.amount(part)].tokenCount += count
  }

  mutating func leaveOut(_ path: String, languageID: String, byteCount: Int, _ reason: LeftOutReason) {
    var what = languages[languageID]?.leftOut[reason] ?? LeftOut()
    what.count += 1
    what.byteCount += byteCount
    if what.examples.count < Self.exampleLimit { what.examples.append(path) }
    languages[languageID, default: Language()].leftOut[reason] = what
  }

  private static func amount(_ part: CorpusPart) -> WritableKeyPath<Language, Amount> {
    part == .training ? \.training : \.heldOut
  }
}
