import LanguageModeling
import Lexing
import Platform
import Privacy
import Testing

@testable import Prediction

@Suite struct DocumentTests {
  @Test func countsEqualThoseOfADictionaryAfterAnyChanges() {
    var random = SplitMix64(seed: 2)
    let table = ContextCounts()
    var expected: [UInt32: [UInt32: UInt32]] = [:]
    var added: [(UInt32, UInt32)] = []
    for _ in 0..<6000 {
      if random.next() % 5 < 3 || added.isEmpty {
        let pair = (UInt32(random.next() % 40), UInt32(random.next() % 25))
        added.append(pair)
        table.add(pair.0, pair.1)
        expected[pair.0, default: [:]][pair.1, default: 0] += 1
      } else {
        let pair = added.remove(at: Int(random.next() % UInt64(added.count)))
        table.subtract(pair.0, pair.1)
        expected[pair.0]?[pair.1]? -= 1
      }
    }
    for key in UInt32(0)..<40 {
      let successors = table.successors(of: key)
      let counts = (expected[key] ?? [:]).filter { $0.value > 0 }
      #expect(successors.total == counts.values.reduce(0, +) && Int(successors.distinct) == counts.count)
      #expect(counts.allSatisfy { successors.count(of: $0.key) == $0.value })
      #expect(successors.maximum == counts.values.max() ?? 0)
    }
    for pair in added { table.subtract(pair.0, pair.1) }
    #expect(table.contextCount == 0)
  }

  /// Contexts that hundreds of different tokens follow, as in a table of numbers.
  @Test func countsOfManySuccessorsEqualThoseOfADictionary() {
    var random = SplitMix64(seed: 12)
    let table = ContextCounts()
    var expected: [[UInt32: UInt32]] = [[:], [:]]
    var added: [(key: UInt32, token: UInt32)] = []
    for round in 0..<20_000 {
      // Grows, then shrinks.
      if added.isEmpty || random.next() % 10 < (round < 12_000 ? 7 : 3) {
        let pair = (key: UInt32(random.next() % 2), token: UInt32(random.next() % 1500))
        added.append(pair)
        table.add(pair.key, pair.token)
        expected[Int(pair.key)][pair.token, default: 0] += 1
      } else {
        let pair = added.remove(at: Int(random.next() % UInt64(added.count)))
        table.subtract(pair.key, pair.token)
        expected[Int(pair.key)][pair.token]? -= 1
      }
      guard round % 500 == 0 else { continue }
      for key in 0...1 {
        let successors = table.successors(of: UInt32(key))
        let counts = expected[key].filter { $0.value > 0 }
        #expect(Int(successors.distinct) == counts.count && successors.total == counts.values.reduce(0, +))
        #expect((0..<1500).allSatisfy { successors.count(of: $0) == counts[$0] ?? 0 })
        #expect(successors.maximum == counts.values.max() ?? 0)
      }
    }
    for pair in added { table.subtract(pair.key, pair.token) }
    #expect(table.contextCount == 0)
  }

  /// Of a long document only the beginning is counted, and always as much of it as if it had been opened so.
  @Test func aLongDocumentIsCountedUpToALimit() {
    var random = SplitMix64(seed: 13)
    let neighbours = NeighbourCache(model: nil)
    func open(_ text: [UInt8], _ neighbours: NeighbourCache) -> DocumentState {
      var state = DocumentState(
        text: text, grammar: .plainText, model: nil, neighbours: neighbours, countedLimit: 50)
      while !state.index(maximumTokenCount: 7) {}
      return state
    }
    var text = Array((0..<60).map { "w\($0 % 9)" }.joined(separator: " ").utf8)
    var edited = open(text, neighbours)
    for _ in 0..<300 {
      let lower = Int(random.next() % UInt64(text.count + 1))
      let upper = min(text.count, lower + Int(random.next() % 40))
      let new = Array((0..<random.next() % 14).map { "w\($0 % 5)" }.joined(separator: " ").utf8)
      text.replaceSubrange(lower..<upper, with: new)
      _ = edited.replace(lower..<upper, with: new)
      let cache = NeighbourCache(model: nil)
      let fresh = open(text, cache)
      #expect(edited.isIndexed && edited.counts.tokenCount == min(fresh.sequence.count, 50))
      for (a, b) in [
        (edited.counts, fresh.counts), (neighbours.change { $0 }, cache.change { $0 }),
      ] {
        #expect(a.tokenCount == b.tokenCount)
        #expect(a.tables.map(\.contextCount) == b.tables.map(\.contextCount))
        for word in 0..<9 {
          let count = a.count(of: edited.lexicon.id(of: "w\(word)"))
          #expect(count == b.count(of: fresh.lexicon.id(of: "w\(word)")))
        }
      }
    }
    edited.leave()
    #expect(neighbours.tokenCount == 0)
  }

  @Test func contextsDoNotSeeWhatTheyPredict() {
    var random = SplitMix64(seed: 4)
    var ids = (0..<64).map { _ in UInt32(random.next() % 50) }
    var classes = (0..<64).map { _ in UInt32(random.next() % 50) | UInt32(random.next() % 4) << 28 }
    func keys() -> [UInt32] {
      ids.withUnsafeBufferPointer { ids in
        classes.withUnsafeBufferPointer { classes in
          let keys = ContextKeys(ids: ids.baseAddress! + 40, classes: classes.baseAddress! + 40)
          return ContextKind.allCases.map { keys[$0] }
        }
      }
    }
    let before = keys()
    for place in 40..<64 {
      ids[place] &+= 1
      classes[place] &+= 1
    }
    #expect(keys() == before)
    ids[39] &+= 1
    #expect(keys() != before)
  }

  @Test func aWordIsNotForetoldBeforeItWasSeen() {
    let words = (0..<60).map { "word\($0)x" }.joined(separator: " ")
    let once = EvaluationDocument(text: Array(words.utf8), grammar: .plainText)
    for caches in Evaluator.Caches.allCases {
      let result = Evaluator(model: nil, caches: caches).evaluate(once)
      #expect(result.tokens.count == 60 && result.tokens.reciprocalSum == 0)
    }
    let evaluator = Evaluator(model: nil, caches: .history)
    _ = evaluator.evaluate(once)
    #expect(evaluator.evaluate(once).tokens.top1 > 0.9)
  }

  /// Secrets that other lines tell of are found by edits of either.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func editsFindTheSecretsThatOpeningAfreshFinds(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let pieces = [
      "password:\n", "\n", "\r\n", "  a1b2c3\n", "define(\n", "'DB_PASSWORD',\n", "'larch 7',\n",
      "user,password\n",
      "ann,hunter2\n", "- value: flint_5\n", "  name: DB_PASSWORD\n", "variable \"db_password\" {\n",
      "  type = string\n",
      "  default = \"slate_5\"\n", "passwords:\n", "  - ash-tree-1\n", "  ann: ash-tree\n", "}", "x ", "\"",
      "word\n",
    ]
    func piece() -> String { pieces[Int(random.next() % UInt64(pieces.count))] }
    var text = Array((0..<30).map { _ in piece() }.joined().utf8)
    let edited = DocumentPredictor(text: text, grammar: testGrammar, model: nil)
    for step in 0..<400 {
      let lower = Int(random.next() % UInt64(text.count + 1))
      let upper = min(text.count, lower + Int(random.next() % 24))
      let new = Array(piece().utf8)
      text.replaceSubrange(lower..<upper, with: new)
      edited.replace(lower..<upper, with: new)
      guard step % 10 == 9 else { continue }
      let fresh = DocumentPredictor(text: text, grammar: testGrammar, model: nil)
      let a = edited.surprisals(in: 0..<text.count, alternativeCount: 0)
      let b = fresh.surprisals(in: 0..<text.count, alternativeCount: 0)
      #expect(a.map(\.byteRange) == b.map(\.byteRange))
      #expect(zip(a, b).allSatisfy { abs($0.surprisalBits - $1.surprisalBits) < 0.01 })
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func editsGiveWhatOpeningAfreshGives(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let pieces = [
      "let total = count(items)\n", "}", "{ ", "item", " ", "\"text ", "// note\n", "é", "f(a, b)", "\n\n",
      "password = ", "\"x7-ab-99\"", "wJalrXUtnFEMI", "/K7MDENG/", "bPxRfiCYzEXQMPLEKEY", "TOKEN=", "a1b2c3",
    ]
    func piece() -> String { pieces[Int(random.next() % UInt64(pieces.count))] }
    var text = Array((0..<30).map { _ in piece() }.joined().utf8)
    let model = try makeModel()
    let neighbours = NeighbourCache(model: model)
    neighbours.add(key: "other", text: Array("let total = other(items)".utf8), grammar: testGrammar)
    let edited = DocumentPredictor(text: text, grammar: testGrammar, model: model, neighbours: neighbours)
    for step in 0..<40 {
      let lower = Int(random.next() % UInt64(text.count + 1))
      let upper = min(text.count, lower + Int(random.next() % 12))
      let new = Array(piece().utf8)
      text.replaceSubrange(lower..<upper, with: new)
      edited.replace(lower..<upper, with: new)
      guard step % 8 == 7 else { continue }
      let other = NeighbourCache(model: model)
      other.add(key: "other", text: Array("let total = other(items)".utf8), grammar: testGrammar)
      let fresh = DocumentPredictor(text: text, grammar: testGrammar, model: model, neighbours: other)
      #expect(edited.bytes == text)
      let a = edited.surprisals(in: 0..<text.count, alternativeCount: 0)
      let b = fresh.surprisals(in: 0..<text.count, alternativeCount: 0)
      #expect(a.map(\.byteRange) == b.map(\.byteRange))
      #expect(zip(a, b).allSatisfy { abs($0.surprisalBits - $1.surprisalBits) < 0.01 })
      #expect(neighbours.tokenCount == other.tokenCount)
    }
  }

  /// Secrets and forgotten words are neither in the counts nor offered, whoever has them.
  @Test func whatIsWithheldIsNotOffered() throws {
    let secret = "wJalrXUtnFEMIqK7MDENGxbPxRfiCYzEXQMPLEKEY"
    let text = Array("let walnut = \(secret)\nlet wa = password\npassword = \"w4lnut-tree\"\nlet w".utf8)
    var list = ForgottenList(salt: [1, 2, 3])
    list.forget(word: "walnut")
    let neighbours = NeighbourCache(model: nil, forgotten: list.lastingWords)
    neighbours.add(key: "other", text: text, grammar: testGrammar)
    let open = DocumentPredictor(text: text, grammar: testGrammar, model: nil, neighbours: neighbours)
    let offered = open.completions(at: text.count, limit: 50).items.map(\.text)
    #expect(offered.filter { !$0.contains(" ") } == ["w", "wa"])
    #expect(offered.allSatisfy { !$0.contains("walnut") && !$0.contains("w4lnut") && !$0.contains(secret) })
    #expect(
      open.knowledge(of: "walnut", at: nil).isWithheld && open.knowledge(of: secret, at: nil).isWithheld)
    let known = open.knowledge(of: "wa", at: text.count)
    #expect(
      known.documentCount == 1 && known.sharedCount == 2 && known.files == [.init(key: "other", count: 1)])
    #expect(known.probability > 0 && known.shares.contains { $0.component == .document })
    let closed = DocumentPredictor(text: text, grammar: testGrammar, model: nil, privacy: .everything)
    #expect(closed.completions(at: text.count, limit: 50).items.isEmpty)
    closed.replace(0..<0, with: Array("wonder ".utf8))
    #expect(closed.completions(at: text.count + 7, limit: 50).items.isEmpty)
  }

  /// The words of a model's vocabulary are kept out of answers as well.
  @Test func modelsForget() throws {
    let model = try makeModel()
    let text = Array("let ".utf8)
    let before = DocumentPredictor(text: text, grammar: testGrammar, model: model).completions(
      at: 4, limit: 50
    ).items
    let word = try #require(before.first?.text)
    var list = ForgottenList(salt: [9])
    list.forget(word: word)
    let forgetful = Model(
      vocabulary: model.vocabulary, ngrams: model.ngramModel, contexts: model.contexts,
      weights: model.weights,
      forgotten: list.lastingWords)
    let after = DocumentPredictor(text: text, grammar: testGrammar, model: forgetful).completions(
      at: 4, limit: 50
    ).items
    #expect(!after.isEmpty && !after.contains { $0.text == word })
    #expect(
      DocumentPredictor(text: text, grammar: testGrammar, model: model).knowledge(of: word, at: 4)
        .isInVocabulary)
  }

  @Test func aClosedDocumentLeavesNoTrace() {
    let neighbours = NeighbourCache(model: nil)
    var open: DocumentPredictor? = DocumentPredictor(
      text: Array("some words here".utf8), grammar: .plainText, model: nil, neighbours: neighbours)
    #expect(neighbours.tokenCount == 3 && open?.isIndexed == true)
    open?.replace(0..<4, with: Array("several other".utf8))
    #expect(neighbours.tokenCount == 4)
    open = nil
    #expect(neighbours.tokenCount == 0)
  }

  @Test func otherDocumentsAreOffered() {
    let neighbours = NeighbourCache(model: nil)
    neighbours.add(key: "a", text: Array("open sesame now".utf8), grammar: .plainText)
    let predictor = DocumentPredictor(
      text: Array("we say open ".utf8), grammar: .plainText, model: nil, neighbours: neighbours)
    #expect(predictor.completions(at: 12, limit: 1).items.first?.text == "sesame")
  }

  @Test func findsTheNearestModel() throws {
    let root = "/tmp/inkling-locator-\(getpid())"
    defer { removeTree(root) }
    try createDirectories(root + "/project/.inkling/model")
    try createDirectories(root + "/project/Sources/deep")
    try writeFileAtomically(root + "/project/.inkling/model/model.json", Array("{}".utf8))
    let found = ModelLocator.locate(
      documentPath: root + "/project/Sources/deep/a.swift", environment: { _ in nil })
    #expect(found == root + "/project/.inkling/model")
    #expect(ModelLocator.locate(explicit: "m", documentPath: nil) == "m")
    #expect(ModelLocator.locate(documentPath: root + "/x", environment: { _ in nil }) == nil)
  }
}
