import JSON
import LanguageModeling
import Neural
import Platform
import Privacy
import Testing

@testable import Classification

/// What a bag is made of, and what is computed from it.
@Suite struct BagTests {
  static func words(_ text: String) -> ClassifierWords { ClassifierWords(Array(text.utf8)) }

  static func keys(_ text: String, _ features: BagFeatures) -> [UInt32] {
    var keys: [UInt32] = []
    features.forEach(words(text)) { key, _ in keys.append(key) }
    return keys
  }

  @Test func wordsAreInLowerCaseAndKnowTheirPlaces() {
    let text = "Ärger? NO\n\n  Straße"
    let words = Self.words(text)
    #expect(
      (0..<words.count).map { String(decoding: words[$0], as: UTF8.self) } == ["ärger", "?", "no", "straße"])
    let bytes = Array(text.utf8)
    #expect(
      words.places.map { String(decoding: bytes[$0], as: UTF8.self) } == ["Ärger", "?", "NO", "Straße"])
    #expect(words.text(limit: 2) == "ärger ? …")
  }

  @Test func secretsAreNoFeatures() {
    let secret = "password=hunter2-Zx81qP"
    let words = Self.words("see \(secret) now")
    #expect(!words.text().contains("hunter2"))
    #expect((0..<words.count).contains { words.isWithheld($0) })
    let open = Set(Self.keys("see hunter2 now", BagFeatures(order: 1)))
    let hidden = Set(Self.keys("see \(secret) now", BagFeatures(order: 3)))
    #expect(hidden.isDisjoint(with: open.subtracting(Self.keys("see now", BagFeatures(order: 1)))))
  }

  @Test func charactersAcrossWordsKnowWhereTheyStand() {
    let features = BagFeatures(order: 1, characters: 3...3, crossesWords: true)
    var found: [(words: Range<Int>, bytes: Range<Int>)] = []
    features.forEach(Self.words("to be")) { _, place in
      if let bytes = place.bytes { found.append((place.words, bytes)) }
    }
    // ␣␣t ␣to to␣ o␣b ␣be be␣
    #expect(found.map(\.words) == [0..<1, 0..<1, 0..<1, 0..<2, 1..<2, 1..<2])
    #expect(found.map(\.bytes) == [0..<1, 0..<2, 0..<2, 1..<3, 2..<4, 2..<4])
    func shared(_ a: String, _ b: String) -> Int {
      Set(Self.keys(a, features)).intersection(Self.keys(b, features)).count
    }
    // Where a text begins is told from where a word does: a word, ␣ab and ab␣.
    #expect(shared("ab", "ab") == 4 && shared("ab", "x ab") == 3)
    // None goes over a secret.
    let hidden = Self.keys("a password=hunter2-Zx81qP b", features)
    #expect(Set(hidden).isDisjoint(with: Self.keys("hunter2 Zx81qP", features)))
  }

  @Test func nGramsAreCounted() {
    // a, b; and ⟨a, ab, b⟩ with the text's ends.
    #expect(Self.keys("a b", BagFeatures(order: 2)).count == 5)
    #expect(Self.keys("a b", BagFeatures(order: 1)).count == 2)
    // Those of three words: ⟨ab, ab⟩.
    #expect(Self.keys("a b", BagFeatures(order: 3)).count == 7)
    // ⟨a, ab, b⟩, ⟨ab, ab⟩ of characters.
    #expect(Self.keys("ab", BagFeatures(order: 1, characters: 2...3)).count == 1 + 5)
    // A character of several bytes is one.
    #expect(Self.keys("äß", BagFeatures(order: 1, characters: 2...3)).count == 1 + 5)
    #expect(Self.keys("ab", BagFeatures(order: 1, characters: 1...1)).count == 1 + 2)
    #expect(Self.keys("", BagFeatures(order: 3, characters: 1...8)).isEmpty)
    // ␣␣a␣b␣ has four of three characters and three of four.
    let across = BagFeatures(order: 1, characters: 3...4, crossesWords: true)
    #expect(Self.keys("a b", across).count == 2 + 7)
    #expect(Self.keys("ä ß", across).count == 2 + 7)
    #expect(Self.keys("", across).isEmpty)
    let all = Self.keys("the cat saw the dog", BagFeatures(order: 2))
    // Of 5 words and 6 pairs one word is there twice.
    #expect(all.count == 11 && Set(all).count == 10)
    #expect(
      Set(Self.keys("ab ba", BagFeatures(order: 2))).intersection(Self.keys("ba ab", BagFeatures(order: 2)))
        .count == 2)
  }

  /// label 1 by "good", label 0 by "bad".
  static func model() -> BagModel {
    let features = BagFeatures(order: 1)
    let pairs = [(keys("good", features)[0], Float(2)), (keys("bad", features)[0], Float(-3))].sorted {
      $0.0 < $1.0
    }
    return BagModel(features: features, keys: pairs.map(\.0), weights: pairs.map(\.1), bias: [0.5])
  }

  @Test func logitsAreSumsOverTheRootOfTheFeatures() {
    let model = Self.model()
    #expect(model.logits(Self.words("good")) == [0, 2.5])
    #expect(model.logits(Self.words("good good film")) == [0, 2.5])
    let both = model.logits(Self.words("GOOD or bad"))[1]
    #expect(abs(both - (0.5 - 1 / Float(2).squareRoot())) < 1e-6)
    #expect(model.logits(Self.words("")) == [0, 0.5])
  }

  @Test func explanationsAddUpToTheLogit() throws {
    let model = Self.model()
    let classifier = TextClassifier(labels: ["down", "up"], bag: model, network: nil)
    let text = Array("A good film with a bad end".utf8)
    let evidence = try classifier.explain(text, label: 0, limit: 9)
    let parts = evidence.map { String(decoding: text[$0.place], as: UTF8.self) }
    #expect(parts == ["bad", "good"])
    #expect(evidence[0].weight > 0 && evidence[1].weight < 0)
    // Of label 0 against label 1, whose bias is 0.5.
    let logit = model.logits(Self.words("A good film with a bad end"))[1]
    #expect(abs(evidence.reduce(0) { $0 + $1.weight } - 0.5 + logit) < 1e-5)
    let result = try classifier.classify(text)
    #expect(abs(result.probabilities.reduce(0, +) - 1) < 1e-6)
    #expect(result.ranked(5).map(\.label) == ["down", "up"])
  }

  @Test func fewAndManyKeysAreFound() {
    var random = SplitMix64(seed: 4)
    for count in [0, 1, 2, 3, 50, 5_000] {
      let keys = Set((0..<count).map { _ in UInt32(truncatingIfNeeded: random.next()) }).union(
        count > 3 ? [0, .max] : [])
      let table = HashedKeys(keys.sorted())
      #expect(keys.sorted().enumerated().allSatisfy { table.row(of: $1) == Int32($0) })
      for _ in 0..<200 {
        let key = UInt32(truncatingIfNeeded: random.next())
        #expect((table.row(of: key) != nil) == keys.contains(key))
      }
    }
  }

  @Test func theFileIsReadAsItWasWrittenAndDamageIsRefused() throws {
    let path = "/tmp/inkling-bag-\(getpid()).safetensors"
    defer { unlink(path) }
    func read(_ bytes: [UInt8], labels: Int = 2) throws -> BagModel {
      try writeFileAtomically(path, bytes)
      return try BagModel(features: BagFeatures(order: 1), file: MappedFile(path), labelCount: labels)
    }
    let model = Self.model()
    let bytes = model.serialized()
    #expect(try read(bytes).logits(Self.words("so good")) == model.logits(Self.words("so good")))
    #expect(throws: Failure.self) { try read(bytes, labels: 3) }
    func file(_ keys: [Int32], _ weights: [Float], _ bias: [Float]) -> [UInt8] {
      var file = SafetensorsWriter()
      file.add("keys", shape: [keys.count], keys)
      file.add("weight", shape: [weights.count, 1], weights)
      file.add("bias", shape: [bias.count], bias)
      return file.serialized()
    }
    #expect(throws: Failure.self) { try read(file([7, 5], [1, 2], [0])) }
    #expect(throws: Failure.self) { try read(file([5, 5], [1, 2], [0])) }
    #expect(throws: Failure.self) { try read(file([5, 7], [1], [0])) }
    #expect(throws: Failure.self) { try read(file([5, 7], [1, .nan], [0])) }
    #expect(throws: Failure.self) { try read(file([5, 7], [1, 2], [.infinity])) }
    // Keys are ordered as numbers without a sign.
    #expect(try read(file([5, -7], [1, 2], [0])).featureCount == 2)
    var random = SplitMix64(seed: 8)
    for _ in 0..<200 {
      var damaged = bytes
      damaged[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 << random.next() % 8)
      if random.next() % 4 == 0 { damaged.removeLast(Int(random.next() % UInt64(bytes.count))) }
      if let model = try? read(damaged) { _ = model.logits(Self.words("good and bad")) }
    }
  }

  @Test func featuresAreReadAsTheyWereWritten() throws {
    for features in [
      BagFeatures(order: 3), BagFeatures(order: 1, characters: 2...5),
      BagFeatures(order: 2, characters: 3...6, crossesWords: true),
    ] {
      #expect(try BagFeatures(JSONDecoding(features.json)) == features)
    }
    for json: JSON in [
      ["order": 0], ["order": 9], [:], ["order": 1, "characters": [5, 2]],
      ["order": 1, "characters": [1, 99]],
    ] {
      #expect(throws: JSONError.self) { try BagFeatures(JSONDecoding(json)) }
    }
  }
}
