import LanguageModeling
import Neural
import Platform
import Testing

@testable import Prediction

/// An open document with a network: what is kept up with edits is what reading the text afresh gives.
@Suite struct NetworkDocumentTests {
  /// Text as it comes from editors and from broken files: words, CRLF, emoji, and bytes that are half of a character.
  private static let pieces: [[UInt8]] =
    [
      "let alpha = beta(delta, theta)\n", "let ", "gammaRay", " ", "\r\n", "\n", "zeta_one = ", "😀", "👩‍👩‍👧", "é",
      "(", ")",
      "newWord", "\"text of epsilon", "// alpha beta\n",
    ].map { Array($0.utf8) } + [[0xED, 0xA0, 0xBD], [0xF0, 0x9F], [0xFF]]

  private struct Typist {
    var random: SplitMix64
    var text: [UInt8]
    var undone: [(range: Range<Int>, old: [UInt8])] = []

    mutating func pieces(_ count: Int) -> [UInt8] {
      (0..<count).flatMap { _ in
        NetworkDocumentTests.pieces[Int(random.next() % UInt64(NetworkDocumentTests.pieces.count))]
      }
    }

    /// The next edit, done to `text` already.
    mutating func edit() -> (range: Range<Int>, new: [UInt8]) {
      let kind = random.next() % 10
      if kind == 0, let last = undone.popLast() {
        let new = last.old
        text.replaceSubrange(last.range, with: new)
        return (last.range, new)
      }
      var range = 0..<text.count
      if kind != 1 {
        let low = Int(random.next() % UInt64(text.count + 1))
        range = low..<min(text.count, low + Int(random.next() % (kind < 5 ? 25 : 1 + kind)))
      }
      let new = kind == 1 ? pieces(60) : kind == 2 ? [] : pieces(1 + Int(random.next() % 2))
      undone.append((range.lowerBound..<range.lowerBound + new.count, Array(text[range])))
      text.replaceSubrange(range, with: new)
      return (range, new)
    }
  }

  @Test(arguments: [RecurrentArchitecture.Cell.lstm, .gru, .rnn])
  func editsGiveWhatOpeningAfreshGives(cell: RecurrentArchitecture.Cell) throws {
    let model = try makeModel(network: cell)
    var typist = Typist(random: SplitMix64(seed: 11), text: [])
    typist.text = typist.pieces(120)
    let edited = DocumentPredictor(text: typist.text, grammar: testGrammar, model: model)
    for step in 0..<120 {
      let edit = typist.edit()
      // An undo is only one while nothing else was typed.
      if step % 3 == 0 { typist.undone.removeAll() }
      edited.replace(edit.range, with: edit.new)
      if step % 2 == 0 { edited.advanceStates(maximumTokenCount: Int(typist.random.next() % 60)) }
      if step % 5 == 0 {
        _ = edited.completions(at: Int(typist.random.next() % UInt64(typist.text.count + 1)), limit: 5)
      }
      guard step % 10 == 9 else { continue }
      let fresh = DocumentPredictor(text: typist.text, grammar: testGrammar, model: model)
      #expect(edited.bytes == typist.text)
      let whole = 0..<typist.text.count
      let a = edited.surprisals(in: whole, alternativeCount: 0)
      let b = fresh.surprisals(in: whole, alternativeCount: 0)
      #expect(a.map(\.byteRange) == b.map(\.byteRange))
      for (a, b) in zip(a, b) {
        #expect(abs(a.surprisalBits - b.surprisalBits) < 0.01, "step \(step), byte \(a.byteRange.lowerBound)")
      }
    }
  }

  @Test func answersWithoutTheNetworkWhenItIsNotThereInTime() throws {
    let model = try makeModel(network: .lstm)
    let line = Array("let alpha = beta(delta, theta)\n".utf8)
    let text = (0..<400).flatMap { _ in line }
    let predictor = DocumentPredictor(text: text, grammar: testGrammar, model: model)
    let late = predictor.completions(at: text.count, limit: 5, while: { false })
    #expect(!late.usesNetwork && late.isIncomplete && !late.items.isEmpty)
    // What was asked for is what is read next.
    while predictor.networkStepCount < 250 { predictor.advanceStates(maximumTokenCount: 50) }
    let next = predictor.completions(at: text.count, limit: 5, while: { false })
    #expect(next.usesNetwork && !next.isIncomplete)
  }

  @Test func typingCostsAFewSteps() throws {
    let model = try makeModel(network: .lstm)
    let line = Array("let alpha = beta(delta, theta)\n".utf8)
    var text = (0..<400).flatMap { _ in line }
    let predictor = DocumentPredictor(text: text, grammar: testGrammar, model: model)
    while !predictor.advanceStates(maximumTokenCount: 1000) {}
    for place in [text.count, text.count / 2 / line.count * line.count, 0] {
      _ = predictor.completions(at: place)
      var at = place
      for byte in "let gammaRay = al".utf8 {
        predictor.replace(at..<at, with: [byte])
        text.insert(byte, at: at)
        at += 1
        let before = predictor.networkStepCount
        #expect(predictor.completions(at: at).usesNetwork)
        #expect(predictor.networkStepCount - before <= RecurrentTrack.Settings().denseSpacing)
      }
    }
  }

  @Test func continuationsFollowTheNetwork() throws {
    let model = try makeModel(network: .lstm)
    let line = "let alpha = beta(delta, theta)\n"
    let text = Array((line + line + line + "let al").utf8)
    let predictor = DocumentPredictor(text: text, grammar: testGrammar, model: model)
    let found = predictor.continuation(at: text.count, minimumProbability: 0.05)
    #expect(found?.text.hasPrefix("pha") == true && found!.probabilities.allSatisfy { $0 >= 0.05 })
  }
}
