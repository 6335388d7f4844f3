import LanguageServerProtocol

/// How a list of completions came to be asked for: by somebody who wants one, or by a client on its own.
struct CompletionOccasion {
  /// Whether somebody asked for the list, as far as nothing is typed of a word.
  let isAsked: Bool
  /// Whether only white space is before the place on its line.
  let isIndentation: Bool
  private let place: Int

  /// So long after an edit a client may ask on its own; a person who asks takes longer, or asks again.
  private static let automaticDelay = Duration.milliseconds(500)

  /// Takes note of the request: another one at the same text is somebody's.
  init(
    _ params: CompletionParams, at place: Int, in content: inout DocumentContent,
    received: ContinuousClock.Instant
  ) {
    self.place = place
    isIndentation = content.text.isIndentation(before: place)
    // Many clients call invoked whatever no trigger character set off, also a list that follows from Return or a digit.
    let followsEdit = content.lastEdit.map { received - $0 < Self.automaticDelay } ?? false
    let mayBeAutomatic = followsEdit && content.askedRevision != content.revision
    // Whoever sends no context, such as Kate, asks at letters and at trigger characters.
    isAsked = params.triggerKind == .invoked && !mayBeAutomatic
    content.askedRevision = content.revision
  }

  /// What of a list is shown. Where nothing is typed of a word, somebody who asks sees all of it; else nothing is shown
  /// but what is wanted there.
  func shown(
    _ suggestions: [Suggestion], in content: DocumentContent, isCode: Bool, _ settings: Settings.Completion
  ) -> [Suggestion] {
    if let start = suggestions.map(\.replacedBytes.lowerBound).min(), start < place {
      return withoutImprobable(suggestions, typed: content.string(in: start..<place))
    }
    return isAsked ? suggestions : wanted(suggestions, in: content.text, isCode: isCode, settings)
  }

  private func wanted(
    _ suggestions: [Suggestion], in text: SourceText, isCode: Bool, _ settings: Settings.Completion
  ) -> [Suggestion] {
    let likely = suggestions.filter { $0.probability >= settings.nextWordMinimumProbability }
    guard let first = likely.first else { return [] }
    // Two that are equally likely are a choice to be made, and one far ahead of the others is none.
    let second = likely.dropFirst().map(\.probability).max() ?? 0
    let confidence = first.probability + max(0, first.probability - second) / 4
    let minimum = settings.nextListMinimumProbability
    if minimum > 0 {
      guard let factor = factor(in: text, isCode: isCode), confidence >= min(1, factor * minimum) else {
        return []
      }
    }
    return withoutImprobable(likely, typed: "")
  }

  /// How much more probable than elsewhere a word has to be behind what stands before the place; nil where none is.
  private func factor(in text: SourceText, isCode: Bool) -> Double? {
    guard place > 0 else { return 1 }
    let previous = text.buffer[place - 1]
    switch previous {
    case 0x80...: return 1
    case UInt8(ascii: " "), UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "<"): return 1
    // Behind a word's or a sentence's end comes a space, and strings begin with a quote.
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return isCode ? nil : 1
    // What a comment says is nowhere less certain than at its beginning.
    case UInt8(ascii: "/") where place > 1 && text.buffer[place - 2] == previous: return nil
    case UInt8(ascii: "."), UInt8(ascii: "="), UInt8(ascii: "-"), UInt8(ascii: "/"):
      return isCode ? 1 : nil
    // Where lines often end, Return has to end them.
    case UInt8(ascii: ","), UInt8(ascii: ":"): return isCode ? 2 : nil
    // Behind an opening brace a line ends, and behind a number or a bracket that closes comes no word.
    default: return nil
    }
  }

  /// What is left of a list when those are left out that are hardly meant beside its best.
  ///
  /// - Parameter typed: what is typed of the word. As a word it stays, for Return keeps it, and is nobody's rival: who types
  ///   on means another.
  private func withoutImprobable(_ suggestions: [Suggestion], typed: String) -> [Suggestion] {
    let best = suggestions.filter { $0.text != typed }.map(\.probability).max() ?? 0
    guard best >= Self.improbableBest else { return suggestions }
    return suggestions.filter { $0.probability >= best / Self.improbableFactor || $0.text == typed }
  }

  /// Where nothing is probable, everything may be meant.
  private static let improbableBest = 0.05
  private static let improbableFactor = 50.0
}
