import LanguageServerProtocol

/// Which tokens are marked as improbable, and what is said of them.
enum Marks {
  /// Whether a token is to be marked.
  static func isMarked(
    _ surprisal: Surprisal, _ content: DocumentContent, _ settings: Settings.Diagnostics
  ) -> Bool {
    settings.marks(surprisal)
      && !(settings.acceptedWords.count > 0 && settings.accepts(content.string(in: surprisal.byteRange)))
  }

  /// What is to be marked of what is known: the most surprising tokens, in the order of the text.
  static func marked(_ content: DocumentContent, _ settings: Settings.Diagnostics) -> [Surprisal] {
    var chosen = content.surprisals.known { isMarked($0, content, settings) }
    if chosen.count > settings.limit {
      chosen.sort { $0.bits > $1.bits }
      chosen.removeLast(chosen.count - settings.limit)
      chosen.sort { $0.byteRange.lowerBound < $1.byteRange.lowerBound }
    }
    return chosen
  }

  /// A diagnostic for each token.
  ///
  /// - Parameter tokens: in the order of the text.
  static func diagnostics(
    _ tokens: [Surprisal], _ content: DocumentContent, _ settings: Settings.Diagnostics,
    _ encoding: PositionEncoding
  ) -> [Diagnostic] {
    var positions = PositionReader(content.text, encoding)
    return tokens.map { surprisal in
      Diagnostic(
        range: positions.range(surprisal.byteRange), severity: settings.severity.number, code: "improbable",
        message: message(surprisal, content))
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
