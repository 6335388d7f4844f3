import Lexing
import Platform
import Testing

@testable import Prediction

/// Which of a slip's corrections comes first.
@Suite struct CorrectionTests {
  @Test(
    "what fingers did is told",
    arguments: [
      ("stoarge", "storage", .exchanged), ("messsage", "message", .doubled), ("mesage", "message", .doubled),
      ("delwtes", "deletes", .neighbour), ("delewtes", "deletes", .neighbourPutIn),
      ("documnt", "document", .leftOut),
      ("delptes", "deletes", .otherLetter), ("delxetes", "deletes", .putIn),
    ] as [(String, String, WordEdits.Slip)])
  func kinds(written: String, meant: String, slip: WordEdits.Slip) {
    func scalars(_ word: String) -> [UInt32] { word.unicodeScalars.map(\.value) }
    #expect(WordEdits.slip(written: scalars(written), meant: scalars(meant)) == slip)
  }

  /// A sentence with one of two words, the first twice as often.
  private func lines(_ count: Int, seed: UInt64) -> String {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in "we take \(random.next() % 3 == 0 ? "drei" : "die") parts here\n" }.joined()
  }

  @Test("what fingers often do comes first, even where another word is more frequent")
  func preference() throws {
    let model = try makeSlipModel(of: (0..<6).map { lines(100, seed: UInt64($0)) })
    let text = lines(20, seed: 71) + "we take dre parts here\n" + lines(20, seed: 72)
    let document = DocumentPredictor(text: Array(text.utf8), grammar: .plainText, model: model)
    let slip = document.slips(in: 0..<text.utf8.count).max { $0.logOdds < $1.logOdds }
    // A letter is left out more easily than a distant key is hit.
    #expect(slip?.corrections.map(\.text) == ["drei", "die"])
    let gains = slip?.corrections.map(\.gainBits) ?? []
    #expect(gains.count == 2 && gains[0] < gains[1])
  }

  @Test("code is ordered by its log-odds alone")
  func preferenceInCode() {
    for (context, isOrdered) in [(TokenContext.code, false), (.prose, true), (.comment, true)] {
      var proposal = SlipProposal(
        kind: .newWord, span: 0..<1, replacement: [1], gainBits: 0, context: context)
      proposal.logOdds = -1
      #expect(SlipWeights.preference(of: proposal) == -1)
      proposal.edit = .leftOut
      #expect((SlipWeights.preference(of: proposal) > -1) == isOrdered)
    }
  }

  @Test(
    "compounds of known words are what new ones may be meant for",
    arguments: [
      ("Archivzuugriffs", ["Archivzugriffs"]), ("Arcchivzugriffs", ["Archivzugriffs"]),
      ("archivzugrifs", ["archivzugriffs"]), ("Wartungssskripts", ["Wartungsskripts"]),
      ("Archivwartungg", ["Archivwartung"]), ("Archivizugriffs", ["Archivzugriffs"]),
      // It is one itself; one of the parts is too short; nobody knows either part.
      ("Archivzugriffs", []), ("Archivlgt", []), ("Archhivzuugriffs", []),
    ] as [(String, [String])])
  func compounds(written: String, meant: [String]) throws {
    let text =
      String(
        repeating: "Das Archiv lag hier\nWegen des Zugriffs lag es hier\nDie Wartung des Skripts\n", count: 2)
      + "Das \(written)\n"
    let predictor = DocumentPredictor(text: Array(text.utf8), grammar: .plainText, model: nil)
    let found = predictor.withState { state in
      let scorer = SlipScorer(
        lexicon: state.lexicon, model: nil, document: state.counts, neighboursIncludeDocument: false,
        lists: [])
      var documentWords: SlipWords.DocumentWords?
      let words = SlipWords(
        lexicon: state.lexicon, scorer: scorer, vocabularyFilter: nil, documentWords: &documentWords,
        memory: SlipMemory())
      let found = words.compoundsAway(state.lexicon.id(of: written), nil)
      return found.map { String(decoding: state.lexicon.bytes(of: $0), as: UTF8.self) }
    }
    #expect(found == meant)
  }
}
