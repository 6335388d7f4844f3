import LanguageModeling
import Platform
import Testing

@testable import NGrams

@Suite struct ARPATests {
  private func read(_ text: String, memoryByteCount: Int = 1 << 30) throws -> ARPAModel {
    let path = temporaryPath("arpa")
    defer { unlink(path) }
    try writeFileAtomically(path, Array(text.utf8))
    return try ARPAReader.read(path, memoryByteCount: memoryByteCount)
  }

  /// Words in no order, tabs and spaces, no backoff where there is none, a byte order of its own.
  static let small = """

    \\data\\
    ngram 1=5
    ngram 2=3
    ngram 3=1

    \\1-grams:
    -1.5\tzebra\t-0.25
    0\t<s>\t-0.5
    -2\t<unk>
    -1 apple -0.125
    -0.75\t</s>

    \\2-grams:
    -0.5\tzebra apple
    -0.25\t<s> zebra\t-0.0625
    -1e-1\tapple </s>

    \\3-grams:
    -0.125\t<s> zebra apple

    \\end\\
    """

  @Test func readsWhatOthersWrite() throws {
    let read = try read(Self.small)
    #expect(read.addedCount == 0 && read.vocabulary.count == 5)
    let model = try openModel(read.table)
    var state = model.sentenceStartState
    func step(_ word: String) -> Double {
      let token = read.vocabulary.id(of: word) ?? .unknown
      return Double(model.logProbability(of: token, after: state, next: &state)) / 2.302_585_093
    }
    for (word, expected) in [("zebra", -0.25), ("apple", -0.125), ("</s>", -0.1), ("pear", -2.0)] {
      #expect(abs(step(word) - expected) < 1e-5)
    }
    state = model.state(after: [try #require(read.vocabulary.id(of: "zebra"))])
    #expect(abs(step("zebra") - -1.75) < 1e-5)
  }

  /// A trigram without its first two words, and one without its last two: nothing changes but the table.
  @Test func missingShorterNGramsAreAdded() throws {
    let text = Self.small
      .replacingOccurrences("ngram 3=1", "ngram 3=2")
      .replacingOccurrences("-0.125\t<s> zebra apple", "-0.125\t<s> zebra apple\n-0.375\tapple apple zebra")
    let read = try read(text)
    #expect(read.addedCount == 2)
    let model = try openModel(read.table)
    func id(_ word: String) throws -> TokenID { try #require(read.vocabulary.id(of: word)) }
    var state = model.state(after: [try id("apple"), try id("apple")])
    let known = model.logProbability(of: try id("zebra"), after: state, next: &state)
    #expect(abs(Double(known) / 2.302_585_093 - -0.375) < 1e-5)
    // apple apple: backoff of apple and apple itself, as before it was added.
    state = model.state(after: [try id("apple")])
    let added = model.logProbability(of: try id("apple"), after: state, next: &state)
    #expect(abs(Double(added) / 2.302_585_093 - -1.125) < 1e-5)
  }

  @Test func fileWithoutUnknown() throws {
    let text = Self.small.replacingOccurrences("-2\t<unk>\n", "").replacingOccurrences(
      "ngram 1=5", "ngram 1=4")
    let model = try openModel(try read(text).table)
    var state = model.emptyState
    let unknown = model.logProbability(of: .unknown, after: state, next: &state)
    #expect(abs(Double(unknown) / 2.302_585_093 - -100) < 1e-3)
  }

  @Test(arguments: [
    ("\\data\\", "\\dato\\", 0, "no line \\data\\"), ("ngram 2=3", "ngram 3=3", 4, "expected ngram 2"),
    ("ngram 2=3", "ngram 2=2", 17, "expected \\3-grams:"), ("ngram 2=3", "ngram 2=4", 18, "words"),
    ("-0.5\tzebra", "-0.5\tpear", 14, "not among the 1-grams"),
    ("-0.5\tzebra", "x\tzebra", 14, "expected a log"),
    ("-0.5\tzebra", "0.5\tzebra", 14, "above 1"), ("-0.5\tzebra", "nan\tzebra", 14, "expected a log"),
    ("zebra apple\n-0.25", "zebra\n-0.25", 14, "1 words, not 2"),
    ("zebra apple\n-0.25", "zebra apple 1 2\n-0.25", 14, "more than 2 words"),
    ("-1 apple", "-1 zebra", 11, "repeats"), ("\\end\\", "", 20, "ends before"),
  ])
  func malformedFiles(_ old: String, _ new: String, _ line: Int, _ reason: String) throws {
    let failure = #expect(throws: Failure.self) { try read(Self.small.replacingOccurrences(old, new)) }
    #expect(failure?.why.contains(reason) == true, "\(String(describing: failure))")
    #expect(failure?.remedy.isEmpty == false)
    if line > 0 { #expect(failure?.what.contains(".arpa:") == true) }
  }

  @Test func noSuchFile() {
    #expect(throws: Failure.self) { try ARPAReader.read("/no/such/file.arpa") }
  }

  /// Out and in again gives the same probabilities, in the linked and in the ranked layout, sorted in runs or not,
  /// and with types that the format cannot hold as they are.
  @Test(arguments: [(1, false), (2, false), (5, false), (3, true)])
  func roundTrips(_ order: Int, _ hasSpaces: Bool) throws {
    let count = 60
    let plain = PlainModel(
      order: order, vocabularyCount: count,
      sentences: PlainModel.sentences(count: 150, vocabularyCount: count, seed: 21))
    let types = (3..<count).map { Array((hasSpaces ? "w \($0)\n\\" : "w\\n\($0)").utf8) }
    let vocabulary = Vocabulary(types: types)
    let original = try openModel(plain.table, options: NGramFileOptions(isQuantized: hasSpaces))
    let path = temporaryPath("arpa")
    defer { unlink(path) }
    try ARPAWriter.write(original, vocabulary, to: path)
    let read = try ARPAReader.read(path, memoryByteCount: order == 5 ? 1 : 1 << 30)
    #expect(read.vocabulary.serialized() == vocabulary.serialized())
    #expect(read.table.levels.map(\.count) == original.counts)
    let again = try openModel(read.table)
    for sentence in PlainModel.sentences(count: 40, vocabularyCount: count, seed: 22) {
      var (first, second) = (original.sentenceStartState, again.sentenceStartState)
      for word in sentence + [0, 2] {
        let token = TokenID(rawValue: word)
        let expected = original.logProbability(of: token, after: first, next: &first)
        let found = again.logProbability(of: token, after: second, next: &second)
        #expect(abs(expected - found) < 3e-5)
      }
    }
    let raw = String(decoding: try readFile(path), as: UTF8.self)
    #expect(raw.hasPrefix("# inkling") == hasSpaces)
  }

  @Test(arguments: [
    ("0", 0), ("-0.5", -0.5), ("1e-3", 0.001), ("-99", -99), ("+2.5E+1", 25),
    ("123456789012345678901", 1.2345678901234568e20),
    (".25", 0.25), ("7.", 7), ("-1.7976931348623157e+308", -1.797_693_134_862_315_7e308),
  ])
  func decimals(_ text: String, _ expected: Double) throws {
    let value = try #require(Decimal.parse(Array(text.utf8)[...]))
    #expect(abs(value - expected) <= abs(expected) * 1e-15)
  }

  @Test(arguments: ["", "-", "e5", "1e", "1e+", "1.2.3", "nan", "0x10", "1 "])
  func notDecimals(_ text: String) { #expect(Decimal.parse(Array(text.utf8)[...]) == nil) }
}

extension String {
  /// Without Foundation.
  fileprivate func replacingOccurrences(_ old: String, _ new: String) -> String {
    split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }
}
