import Platform
import Prediction
import Privacy
import Testing

@testable import ModelBuilding

@Suite struct SlipPairsTests {
  private func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }

  private func text(_ scalars: [UInt32]) -> String {
    String(String.UnicodeScalarView(scalars.compactMap(Unicode.Scalar.init)))
  }

  /// What many draws of one kind make of a word.
  private func slips(
    _ word: String, _ kind: SlipMaker.Kind, _ layouts: [KeyboardLayout] = [.qwerty]
  ) -> Set<String> {
    var random = SplitMix64(seed: 3)
    let maker = SlipMaker(layouts: layouts)
    return Set(
      (0..<2_000).compactMap { _ in maker.slip(in: scalars(word), kind, using: &random).map(text) })
  }

  @Test func everyKindOfSlipIsWhatItSays() {
    #expect(slips("bat", .doubled) == ["bbat", "baat", "batt"])
    #expect(slips("bat", .dropped) == ["at", "bt", "ba"])
    #expect(slips("bat", .swapped) == ["abt", "bta"])
    #expect(slips("all", .swapped) == ["lal"])
    #expect(
      slips("at", .neighbour) == ["qt", "wt", "st", "zt", "ar", "af", "ag", "ay"],
      "the keys beside a and t")
    #expect(slips("at", .inserted).isSuperset(of: ["qat", "aqt", "art", "atr"]))
    #expect(slips("at", .inserted).allSatisfy { $0.count == 3 })
    let confused = slips("phase", .confused)
    #expect(confused.isSuperset(of: ["fase", "phasse", "phaze"]) && !confused.contains("phase"))
    #expect(slips("their", .confused).contains("thier"))
    #expect(slips("letter", .confused).contains("leter"))
    #expect(slips("Straße", .confused).contains("Strasse"))
    #expect(slips("École", .confused).contains("Ecole"))
    #expect(slips("1", .confused).isEmpty && slips("aa", .swapped).isEmpty && slips("1", .neighbour).isEmpty)
  }

  @Test func keyboardsAreThoseOfTheLetters() {
    #expect(slips("z", .neighbour, [.qwertz]) == ["t", "u", "g", "h"])
    #expect(slips("Q", .neighbour, [.azerty]) == ["A", "Z", "S", "W"])
    #expect(slips("ф", .neighbour, KeyboardLayout.allCases) == ["й", "ц", "ы", "я"])
    #expect(slips("z", .neighbour, [.jcuken]).isEmpty)
  }

  private let types: [(bytes: [UInt8], count: Int)] = [
    ("garden", 400), ("letters", 25), ("Berlin", 3), ("hat", 9), ("hats", 9), ("it's", 2), ("x2", 50),
    ("the", 100),
    ("camelCase", 7), ("NATO", 9), ("<redacted>", 90), ("\n", 80), ("-", 3), ("été", 4),
  ].map { (Array($0.0.utf8), $0.1) }

  private func pairs(_ types: [(bytes: [UInt8], count: Int)], seed: UInt64 = 1) -> [(
    slip: String, meant: String
  )] {
    SlipPairs(types: types, layouts: KeyboardLayout.allCases, seed: seed).pairs().map {
      (
        String(decoding: $0.source.joined(), as: UTF8.self),
        String(decoding: $0.target.joined(), as: UTF8.self)
      )
    }
  }

  @Test func pairsAreOfWordsAloneAndNoSlipIsAWord() {
    let made = pairs(types)
    let words: Set = ["garden", "letters", "Berlin", "hat", "hats", "it's", "the", "été"]
    let lower = Set(words.map { $0.lowercased() })
    #expect(Set(made.map { $0.meant.lowercased() }) == lower)
    #expect(made.allSatisfy { $0.slip == $0.meant || !lower.contains($0.slip.lowercased()) })
    for word in words { #expect(made.contains { $0 == (word, word) }, "\(word) stays what it is") }
    // By the square root of their counts.
    let counts = Dictionary(grouping: made) { $0.meant.lowercased() }.mapValues(\.count)
    #expect((3.0...5.0).contains(Double(counts["garden"]!) / Double(counts["letters"]!)))
    #expect(made.contains { $0.meant == "Garden" && $0.slip != "Garden" })
  }

  @Test func theyFollowFromCountsAndSeedAlone() {
    let made = pairs(types)
    #expect(pairs(types.reversed()).elementsEqual(made, by: ==))
    #expect(!pairs(types, seed: 2).elementsEqual(made, by: ==))
    #expect(pairs([]).isEmpty)
  }

  @Test func secretsAndForgottenWordsAreNotAmongThem() throws {
    let folder = TemporaryFolder()
    let secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    try folder.write("texts/a.txt", "the walnut fell from the tree\ntoken \(secret)\n")
    try folder.write("texts/private.txt", "nobody reads marmalade\n")
    var forgotten = ForgottenList(salt: [5])
    forgotten.forget(word: "walnut")
    var options = TransducerBuildingOptions()
    options.slipPaths = [folder.path + "/texts"]
    let made = try SlipTexts(options: options, forgotten: forgotten, reporter: BuildReporter { _ in }).pairs()
      .pairs()
    let words = Set(made.map { String(decoding: $0.target.joined(), as: UTF8.self).lowercased() })
    #expect(words.isSuperset(of: ["fell", "tree", "marmalade"]))
    #expect(!words.contains("walnut") && !words.contains { $0.hasPrefix("ghp") })
  }
}
