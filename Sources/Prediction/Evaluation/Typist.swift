/// Types one text once. See `TypingEvaluator`.
struct Typist {
  private let sample: TypingSample
  private let predictor: DocumentPredictor
  /// How much of the original stands in the document: the offset behind it.
  private var position: Int

  init(sample: TypingSample, predictor: DocumentPredictor) {
    self.sample = sample
    self.predictor = predictor
    position = sample.range.lowerBound
  }

  /// Where to type next, an offset in the document; nil once all is typed.
  var nextPlace: Int? { position < sample.range.upperBound ? position - sample.documentStart : nil }

  /// Takes from a list what helps most, or types a character.
  mutating func typeWithList(at place: Int, _ result: inout TypingResult) {
    let items = predictor.completions(at: place, limit: TypingEvaluator.listCount).items
    var best: (item: Completion, end: Int)?
    for (rank, item) in items.enumerated() {
      if let end = end(accepting: item, at: place) {
        let gains = end > position && sample.characterCount(in: position..<end) >= 2
        if gains && end > best?.end ?? position { best = (item, end) }
      } else if rank == 0 {
        result.cancelledCount += 1
        if isRight(item) { result.spoiledCount += 1 }
      }
    }
    if let first = items.first {
      result.lists.shownCount += 1
      if isBehindWholeWord(otherThan: first) { result.wholeCount += 1 }
    }
    guard let best else { return typeCharacter(at: place, &result.lists) }
    accept(best.item.insertedText, replacing: best.item.replacedBytes, upTo: best.end, &result.lists)
  }

  /// Takes ghost text that is right, or types a character.
  mutating func typeWithGhostText(at place: Int, _ counts: inout TypingCounts) {
    guard let shown = predictor.continuation(at: place), !shown.text.isEmpty else {
      return typeCharacter(at: place, &counts)
    }
    counts.shownCount += 1
    let end = position + shown.text.utf8.count
    guard sample.text[position...].starts(with: shown.text.utf8), sample.isBoundary(end) else {
      return typeCharacter(at: place, &counts)
    }
    accept(shown.text, replacing: place..<place, upTo: end, &counts)
  }

  /// Compares the document with the original, and counts what was typed.
  func finish(_ counts: inout TypingCounts) {
    counts.documentCount += 1
    counts.characterCount += sample.characterCount(in: sample.range.lowerBound..<position)
    if !predictor.bytes.elementsEqual(sample.text[sample.documentStart..<position]) {
      counts.alteredDocumentCount += 1
    }
  }

  // MARK: What an item does

  /// Up to where the document would be the original with an item in it; nil if it would not.
  private func end(accepting item: Completion, at place: Int) -> Int? {
    let start = sample.documentStart + min(item.replacedBytes.lowerBound, place)
    // What the item leaves of the word that it is put into.
    let rest = sample.documentStart + min(item.replacedBytes.upperBound, place)..<position
    let inserted = item.insertedText.utf8
    guard sample.text[start...].starts(with: inserted) else { return nil }
    let end = start + inserted.count
    guard sample.text[end...].starts(with: sample.text[rest]), sample.isBoundary(end + rest.count) else {
      return nil
    }
    return end + rest.count
  }

  /// Whether the original has the item's word where the item puts it.
  private func isRight(_ item: Completion) -> Bool {
    let start = sample.documentStart + item.replacedBytes.lowerBound
    return !item.text.isEmpty && sample.text[start...].starts(with: item.text.utf8)
  }

  /// Whether a word ends here, and the item is another.
  private func isBehindWholeWord(otherThan item: Completion) -> Bool {
    let before = String(decoding: sample.text[sample.documentStart..<position].suffix(256), as: UTF8.self)
    let run = before.unicodeScalars.reversed().prefix(while: Self.isWordCharacter).reversed()
    let word = run.drop { $0 == "_" || $0.properties.generalCategory == .decimalNumber }
    guard !word.isEmpty else { return false }
    if position < sample.text.count {
      let next = sample.text[position..<sample.end(ofCharacterAt: position)]
      if String(decoding: next, as: UTF8.self).unicodeScalars.allSatisfy(Self.isWordCharacter) {
        return false
      }
    }
    return !item.text.unicodeScalars.elementsEqual(word)
  }

  /// Letters, numbers and the underscore: what `\w` is in Python.
  private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
      .letterNumber, .otherNumber:
      true
    default: scalar == "_"
    }
  }

  // MARK: Keys

  private mutating func typeCharacter(at place: Int, _ counts: inout TypingCounts) {
    let end = sample.end(ofCharacterAt: position)
    predictor.replace(place..<place, with: Array(sample.text[position..<end]))
    position = end
    counts.keyCount += 1
  }

  private mutating func accept(
    _ text: String, replacing range: Range<Int>, upTo end: Int, _ counts: inout TypingCounts
  ) {
    predictor.replace(range, with: Array(text.utf8))
    counts.keyCount += 1
    counts.acceptedCount += 1
    counts.acceptedCharacterCount += sample.characterCount(in: position..<end)
    position = end
  }
}
