import Console
import LanguageServer
import Lexing
import Platform
import Prediction

/// Finds what is to be marked in a text.
struct TextHighlighter: Sendable {
  /// What is marked.
  enum Measure: Sendable {
    /// Slips, so many false marks per 1,000 tokens of text without slips.
    case slips(rate: Double)
    /// Every token of at least so many bits.
    case bits(Double)
  }

  let measure: Measure
  /// What an answer holds beside the marks.
  let details: HighlightFormat.Details
  /// Nil where all lines count.
  let changes: DiffLines?

  func highlight(_ input: TextInput, model: Model?) -> HighlightedFile {
    let predictor = DocumentPredictor(text: input.bytes, grammar: input.grammar, model: model)
    let whole = 0..<input.bytes.count
    var file = HighlightedFile(
      name: input.name, languageID: input.grammar.languageID, text: input.bytes,
      tokenCount: predictor.tokenCount, marks: [])
    let isWanted = filter(input)
    switch measure {
    case .slips(let rate):
      for slip in predictor.slips(in: whole, asksBothSides: true)
      where slip.isShown(atRate: rate) && !slip.byteRange.isEmpty && isWanted(slip.byteRange) {
        let surprisal = details == .marks ? nil : self.surprisal(at: slip.byteRange, predictor)
        file.marks.append(Mark(byteRange: slip.byteRange, slip: slip, surprisal: surprisal))
      }
      if details == .heatMap { file.surprisals = predictor.surprisals(in: whole, alternativeCount: 0) }
    case .bits(let threshold):
      let surprisals = predictor.surprisals(in: whole)
      for token in surprisals
      where token.surprisalBits >= threshold && !token.byteRange.isEmpty && isWanted(token.byteRange) {
        file.marks.append(Mark(byteRange: token.byteRange, surprisal: token))
      }
      if details == .heatMap { file.surprisals = surprisals }
    }
    return file
  }

  private func surprisal(at byteRange: Range<Int>, _ predictor: DocumentPredictor) -> TokenSurprisal? {
    // Of a range, tokens that only touch it are given too.
    predictor.surprisals(in: byteRange).first { $0.byteRange.lowerBound >= byteRange.lowerBound }
  }

  /// Whether a part of a text may be marked: it is no word of a dictionary, no comment says otherwise, and it stands
  /// on a line that counts.
  private func filter(_ input: TextInput) -> (Range<Int>) -> Bool {
    let accepted = DictionaryFile.acceptedWords(forDocument: input.path)
    let comments = IgnoreComments(input.bytes)
    let changed = changes.map { $0.byteRanges(of: input) }
    return { range in
      if comments.hides(range) { return false }
      if let changed, !changed.containsOverlap(with: range) { return false }
      guard !accepted.isEmpty else { return true }
      let word = String(decoding: input.bytes[range], as: UTF8.self)
      return !accepted.contains(word) && !accepted.contains(word.lowercased())
    }
  }
}
