import Lexing
import Testing

@testable import Prediction

@Suite struct SlipStepsTests {
  private static let line = "the reader opens the document before the writer closes the storage.\n"
  private static let model = try! makeSlipModel(of: [String(repeating: line, count: 40)])

  /// What is broken off gives nothing, and what is asked for again, in whatever pieces, gives the same.
  @Test func aLookThatIsBrokenOffLeavesNothingBehind() throws {
    let lines = String(repeating: Self.line, count: 30)
    let text = Array(
      (lines + "the reader opens the the document.\n" + lines + "the reader opens the documnet.\n" + lines)
        .utf8)
    func makeDocument() -> DocumentPredictor {
      DocumentPredictor(text: text, grammar: .plainText, model: Self.model)
    }
    let whole = makeDocument().slips(in: 0..<text.count)
    #expect(whole.count >= 2)
    let document = makeDocument()
    var askedCount = 0
    let broken = document.slips(in: 0..<text.count, maximumStepCount: .max) {
      askedCount += 1
      return askedCount < 4
    }
    #expect(broken == nil && askedCount == 4)
    var found: [DetectedSlip] = []
    for start in stride(from: 0, to: text.count, by: 200) {
      let part = start..<min(start + 200, text.count)
      let slips = try #require(document.slips(in: part, maximumStepCount: .max) { true })
      found += slips.filter { part.contains($0.byteRange.lowerBound) }
    }
    #expect(found == whole)
  }

  /// Words that are missing, and new ones in tables, are marked as they were fitted at the standard rate, and more of them at
  /// higher ones.
  @Test func someSlipsOfProseAreRaisedWhereTheyAreUnlikely() {
    for (kind, isFree, least, most) in [
      (DetectedSlip.Kind.missingWord, true, -1.0, 1.0), (.newWord, false, 13, 2), (.newWord, true, 0, 0),
    ] {
      for gain in stride(from: 0.0, through: 40, by: 0.5) {
        let odds = [TokenContext.prose, .comment].map { context in
          var proposal = SlipProposal(
            kind: kind, span: 0..<1, replacement: [3], gainBits: gain, surprisalBits: 8, context: context,
            letterCount: 12)
          proposal.isFree = isFree
          return SlipWeights.logOdds(of: proposal)
        }
        if odds[1] > -0.5 || gain <= least || most == 0 {
          #expect(odds[0] == odds[1], "\(kind) \(gain)")
        } else {
          #expect(odds[0] > odds[1] && odds[0] <= -0.5 && odds[0] <= odds[1] + most, "\(kind) \(gain)")
        }
      }
    }
  }
}
