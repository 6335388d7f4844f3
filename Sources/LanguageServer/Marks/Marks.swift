import LanguageServerProtocol
import Prediction

/// What is marked, and what is said of it.
enum Marks {
  /// The marks among what is known, in the order of the text: the likeliest slips, or where a threshold is set the most
  /// surprising tokens.
  static func marked(_ content: DocumentContent, _ settings: Settings.Diagnostics) -> [Mark] {
    var chosen: [Mark]
    if settings.thresholdBits == nil {
      chosen = content.slips.known(where: settings.marks).map(Mark.slip)
    } else {
      chosen = content.surprisals.known(where: settings.marks).map(Mark.improbable)
    }
    leaveOut(&chosen, content, settings)
    if chosen.count > settings.limit {
      chosen.sort { $0.weight > $1.weight }
      chosen.removeLast(chosen.count - settings.limit)
      chosen.sort { $0.byteRange.lowerBound < $1.byteRange.lowerBound }
    }
    return chosen
  }

  /// The marks that touch a range of bytes, found anew.
  static func marks(
    touching range: Range<Int>, _ content: inout DocumentContent, _ settings: Settings.Diagnostics
  ) -> [Mark] {
    let touched = max(0, range.lowerBound - 1)..<min(content.text.byteCount, range.upperBound + 1)
    let found: [Mark]
    if settings.thresholdBits == nil {
      found = content.engine.slips(in: touched).filter(settings.marks).map(Mark.slip)
    } else {
      found = content.engine.surprisals(in: touched).filter(settings.marks).map(Mark.improbable)
    }
    let byteCount = content.text.byteCount
    var marks = found.filter {
      $0.byteRange.lowerBound <= range.upperBound && $0.byteRange.upperBound >= range.lowerBound
        && $0.byteRange.upperBound <= byteCount
    }
    leaveOut(&marks, content, settings)
    return marks
  }

  /// Leaves out what dictionaries have, and what stands where somebody wrote that nothing is to be marked.
  private static func leaveOut(
    _ marks: inout [Mark], _ content: DocumentContent, _ settings: Settings.Diagnostics
  ) {
    if marks.isEmpty { return }
    let comments = IgnoreComments(content.text.buffer.allBytes)
    marks.removeAll { comments.hides($0.byteRange) || isAccepted($0, content, settings) }
  }

  private static func isAccepted(
    _ mark: Mark, _ content: DocumentContent, _ settings: Settings.Diagnostics
  ) -> Bool { !settings.acceptedWords.isEmpty && settings.accepts(content.string(in: mark.byteRange)) }

  /// A diagnostic for each mark.
  ///
  /// - Parameter marks: in the order of the text.
  static func diagnostics(
    _ marks: [Mark], _ content: DocumentContent, _ settings: Settings.Diagnostics,
    _ encoding: PositionEncoding
  ) -> [Diagnostic] {
    var positions = PositionReader(content.text, encoding)
    return marks.map { mark in
      Diagnostic(
        range: positions.range(mark.byteRange), severity: settings.severity.number, code: mark.code,
        message: message(mark, content))
    }
  }

  private static func message(_ mark: Mark, _ content: DocumentContent) -> String {
    switch mark {
    case .slip(let slip): slip.message(written: content.string(in: slip.byteRange))
    case .improbable(let surprisal): message(surprisal, content)
    }
  }

  private static func message(_ surprisal: Surprisal, _ content: DocumentContent) -> String {
    let token = content.string(in: surprisal.byteRange)
    let start = "“\(token)” is improbable here (\(decimal(ofBits: surprisal.bits)) bits)"
    let expected = surprisal.expected.filter { isSingleLine($0.text) }.prefix(3)
      .map { "“\($0.text)” \(percentage($0.probability))" }
    return expected.isEmpty ? start : start + "; more probable: " + expected.joined(separator: ", ")
  }
}
