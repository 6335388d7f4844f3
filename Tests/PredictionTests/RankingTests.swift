import LanguageModeling
import Lexing
import Testing

@testable import Prediction

/// Candidates that somebody else offers, and how probable they are.
@Suite struct RankingTests {
  private static let text = "let total = count(items)\nlet total = count(items)\nlet sum = total\nreturn |"

  @Test(arguments: [false, true])
  func aSingleTokenHasTheMixturesProbability(hasModel: Bool) throws {
    let model = hasModel ? try makeModel(network: .lstm) : nil
    let (predictor, caret) = fixture(Self.text, grammar: testGrammar, model: model)
    let expected = predictor.withState { state in
      state.successors(at: caret, limit: 6, while: { true }).map {
        (state.lexicon.string(of: $0.id), $0.probability)
      }
    }
    let candidates = expected.map(\.0)
    let ranking = predictor.rank(candidates.reversed(), at: caret)
    for (candidate, probability) in zip(ranking.probabilities.reversed(), expected.map(\.1)) {
      #expect(abs(candidate - Double(probability)) < 1e-5)
    }
    #expect(ranking.order == Array(candidates.indices.reversed()))
    #expect(abs(ranking.remainder + ranking.probabilities.reduce(0, +) - 1) < 1e-5)
    #expect(ranking.usesNetwork == hasModel)
  }

  /// Words keep their numbers for a while after they went, and list words have them once somebody has looked for slips.
  @Test func aWordThatNoTextHasAnyMoreIsANewOne() throws {
    let word = "subtotal"
    let (predictor, caret) = fixture(Self.text, grammar: testGrammar)
    let before = predictor.rank([word, "zqzqzqzq"], at: caret)
    predictor.replace(caret..<caret, with: Array(word.utf8))
    predictor.replace(caret..<caret + word.utf8.count, with: [])
    let after = predictor.rank([word, "zqzqzqzq"], at: caret)
    #expect(after.probabilities[0] > 0 && after.order == before.order)
    #expect(abs(after.probabilities[0] / before.probabilities[0] - 1) < 0.01)
  }

  @Test func whatIsTypedConditionsIt() throws {
    let (predictor, caret) = fixture(
      "let total = count(items)\nlet sum = total\nlet todo = sum\nlet last = to|", grammar: testGrammar)
    let ranking = predictor.rank(["sum", "todo", "total", "tomorrow"], at: caret)
    // Nobody has typed "to" for "sum", and nobody has seen "tomorrow".
    #expect(Set(ranking.order.prefix(2)) == [1, 2])
    #expect(ranking.probabilities[1] + ranking.probabilities[2] > 0.9)
    let list = predictor.completions(at: caret, limit: 5)
    for item in list.items where item.text == "total" {
      #expect(abs(item.probability - ranking.probabilities[2]) < 0.02)
    }
  }

  @Test func severalTokensAreScoredAsAWhole() throws {
    let (predictor, caret) = fixture(Self.text, grammar: testGrammar)
    let candidates = ["total", "count", "count(items)", "count(total)", "count(items"]
    let ranking = predictor.rank(candidates, at: caret)
    let p = Dictionary(uniqueKeysWithValues: zip(candidates, ranking.probabilities))
    #expect(p["count(items)"]! < p["count"]!)
    #expect(p["count(items)"]! <= p["count(items"]!)
    #expect(p["count(items)"]! > 10 * p["count(total)"]!)
    // What goes on from "count" is part of it.
    #expect(abs(ranking.remainder - (1 - p["total"]! - p["count"]!)) < 1e-9)
    let many = predictor.rank((0..<40).map { "count(items\($0))" } + candidates, at: caret)
    #expect(many.probabilities.allSatisfy { (0...1).contains($0) })
    #expect(many.probabilities[42] > many.probabilities[0])
  }

  /// What begins alike is asked once: that changes nobody's probability, whoever else is there and in whatever order.
  @Test(arguments: [false, true])
  func othersDoNotChangeACandidate(hasModel: Bool) throws {
    let (predictor, caret) = fixture(
      Self.text, grammar: testGrammar, model: hasModel ? try makeModel(network: .lstm) : nil)
    // Four that are continued by the whole mixture, and as probable as any.
    let exact = (0..<4).map { _ in "count(items)" }
    let others = [
      "total(items)", "total(count)", "total(items", "total", "sum(total", "sum(total)", "sum(total)(x)",
      "let items",
      "total(items)", "items(odd_1)", "items(odd_1) + 1",
    ]
    let together = predictor.rank(exact + others, at: caret)
    for (index, candidate) in others.enumerated() {
      let alone = predictor.rank(exact + [candidate], at: caret)
      #expect(abs(alone.probabilities[4] - together.probabilities[4 + index]) < 1e-12)
    }
    let reversed = predictor.rank(exact + others.reversed(), at: caret)
    #expect(
      Array(reversed.probabilities.dropFirst(4).reversed()) == Array(together.probabilities.dropFirst(4)))
    #expect(abs(reversed.remainder - together.remainder) < 1e-12)
  }

  /// Long lists are looked up side by side, and experts that know few words go through those: to the same bits.
  @Test(arguments: [false, true])
  func longListsHaveTheProbabilitiesOfShortOnes(hasModel: Bool) throws {
    let names = (0..<150).map { "name\($0)" }
    let lines = (0..<400).map { "let \(names[$0 * $0 % 90]) = total(\(names[$0 % 7]))" }
    let (predictor, caret) = fixture(
      lines.joined(separator: "\n") + "\nlet total = count(items)\nlet |", grammar: testGrammar,
      model: hasModel ? try makeModel(network: .lstm) : nil)
    let all = names + ["total", "count", "items", "let"] + names.prefix(20)
    let ranking = predictor.rank(all, at: caret)
    #expect(Set(ranking.probabilities).count > 20)
    for (name, probability) in zip(all, ranking.probabilities) {
      #expect(predictor.rank([name], at: caret).probabilities == [probability])
    }
  }

  @Test func newWordsAreJudgedByTheirParts() throws {
    let text = String(repeating: "let word = get(count)\n", count: 20) + "return |"
    for model in [nil, try makeModel()] {
      let (predictor, caret) = fixture(text, grammar: testGrammar, model: model)
      let ranking = predictor.rank(["qxzXvkjWwpqy", "getWordCount", "word"], at: caret)
      #expect(ranking.order == [2, 1, 0])
      #expect(ranking.probabilities.allSatisfy { $0 > 0 })
    }
  }

  @Test func candidatesMayBeAnything() throws {
    let (predictor, caret) = fixture(Self.text, grammar: testGrammar)
    let odd = [
      "", " ", "\n", "\0", "👩‍👩‍👧", "é", "日本語", "\"", ".x", String(repeating: "a(", count: 5000), "total",
      "total",
    ]
    let ranking = predictor.rank(odd, at: caret)
    #expect(ranking.probabilities.count == odd.count)
    #expect(ranking.probabilities.allSatisfy { (0...1).contains($0) })
    #expect(ranking.order.first == 10 && ranking.order[1] == 11)
    #expect((0...1).contains(ranking.remainder))
    #expect(predictor.rank([], at: caret).remainder == 1)
    for place in [-5, 0, 3, 1 << 40] { #expect(predictor.rank(odd, at: place).order.count == odd.count) }
    let empty = DocumentPredictor(text: [], grammar: testGrammar, model: nil)
    #expect(empty.rank(odd, at: 0).probabilities.allSatisfy { $0.isFinite })
  }
}
