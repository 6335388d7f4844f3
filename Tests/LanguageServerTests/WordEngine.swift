import LanguageServer
import Lexing
import Platform
import Prediction
import Synchronization

/// An engine whose answers a person can work out: it offers the document's other words that begin as typed, in
/// the order of the text, and finds every word with a `q` improbable, and a slip.
struct WordEngine: DocumentEngine {
  var text: [UInt8]
  /// Where questions were expected, with the text as it was then.
  var expectations: Expectations?

  final class Expectations: Sendable {
    let places = Mutex<[(text: String, byteOffset: Int)]>([])
  }

  mutating func expectQuestion(at byteOffset: Int) {
    expectations?.places.withLock { $0.append((String(decoding: text, as: UTF8.self), byteOffset)) }
  }

  var buffer: TextBuffer { TextBuffer(text) }

  mutating func replace(_ byteRange: Range<Int>, with bytes: [UInt8]) {
    text.replaceSubrange(byteRange, with: bytes)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte >= 0x80 || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
  }

  private func words() -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start: Int?
    for (offset, byte) in text.enumerated() {
      if Self.isLetter(byte) {
        start = start ?? offset
      } else if let begin = start {
        words.append(begin..<offset)
        start = nil
      }
    }
    if let start { words.append(start..<text.count) }
    return words
  }

  mutating func suggestions(
    at byteOffset: Int, limit: Int, deadline: ContinuousClock.Instant
  ) -> SuggestionList {
    var start = byteOffset
    while start > 0 && Self.isLetter(text[start - 1]) { start -= 1 }
    let typed = text[start..<byteOffset]
    var items: [Suggestion] = []
    for word in words() where word.lowerBound != start && text[word].starts(with: typed) {
      let text = String(decoding: text[word], as: UTF8.self)
      if items.contains(where: { $0.text == text }) { continue }
      items.append(
        Suggestion(
          text: text, replacedBytes: start..<byteOffset, probability: 0.5 / Double(items.count + 1),
          source: "ngram"))
    }
    return SuggestionList(items: Array(items.prefix(limit)), isIncomplete: items.count > limit)
  }

  /// As often as the text has it, among all its words.
  mutating func rank(
    _ candidates: [String], at byteOffset: Int, deadline: ContinuousClock.Instant
  ) -> CandidateRanking {
    let words = words().map { String(decoding: text[$0], as: UTF8.self) }
    let probabilities = candidates.map { candidate in
      Double(words.count { $0 == candidate }) / Double(max(words.count, 1))
    }
    return CandidateRanking(
      probabilities: probabilities, remainder: 0, isIncomplete: false, usesNetwork: false)
  }

  mutating func surprisals(in byteRange: Range<Int>) -> [Surprisal] {
    words().filter { $0.overlaps(byteRange) }.map { word in
      let isOdd = text[word].contains(UInt8(ascii: "q"))
      return Surprisal(
        byteRange: word, bits: isOdd ? 20 : 3, expected: [.init(text: "usual", probability: 0.25)])
    }
  }

  mutating func slips(in byteRange: Range<Int>) -> [DetectedSlip] {
    words().filter { $0.lowerBound <= byteRange.upperBound && $0.upperBound >= byteRange.lowerBound }
      .filter { text[$0].contains(UInt8(ascii: "q")) }.map { word in
        DetectedSlip(
          byteRange: word, kind: .newWord, corrections: [.init(text: "usual", gainBits: 20)], logOdds: 3,
          falseMarksPerThousandTokens: 0.1 + 0.01 * Double(word.count))
      }
  }

  mutating func continuation(
    at byteOffset: Int, isBehindWord: Bool, minimumProbability: Double, deadline: ContinuousClock.Instant
  ) -> Prediction.Continuation? {
    let before = String(decoding: text[..<byteOffset].suffix(4), as: UTF8.self)
    return minimumProbability > 0.5
      ? nil : Prediction.Continuation(text: " after \(before)", probabilities: [0.4])
  }

  mutating func prepare(while mayGoOn: () -> Bool) -> Bool { false }

  mutating func context(at byteOffset: Int) -> TokenContext {
    let line =
      text[..<byteOffset].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).last ?? []
    return line.contains(UInt8(ascii: "#")) ? .comment : .code
  }
}

final class WordEngines: EngineProvider {
  let closed = Mutex<[String]>([])
  let expectations = WordEngine.Expectations()

  func engine(for document: DocumentIdentity, text: [UInt8], modelPath: String?) -> any DocumentEngine {
    WordEngine(text: text, expectations: expectations)
  }

  func didClose(_ document: DocumentIdentity) { closed.withLock { $0.append(document.uri) } }

  /// Set to make every document's model another one, once.
  let hasNewModels = Mutex(false)

  func isOutdated(_ document: DocumentIdentity, modelPath: String?) -> Bool { hasNewModels.withLock { $0 } }

  func takeProblems() -> [Failure] { [] }

  /// What went on whenever memory was looked at.
  let activities = Mutex<[Activity]>([])

  func releasePages(during activity: Activity) { activities.withLock { $0.append(activity) } }

  func status() -> [ModelStatus] { [] }
}
