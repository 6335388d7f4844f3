/// Words that nobody has written as a whole: compounds, as German makes new ones of any two.
extension SlipWords {
  /// Shorter words are parts of too many others.
  private static let partCount = 4
  /// So many compounds are offered.
  private static let compoundLimit = 32

  /// Compounds that a new word may be meant for: one part of it is a known word, and the other is an edit away from one. None where
  /// it is made of known words itself.
  ///
  /// - Parameter language: the place of the language's list, nil for none.
  func compoundsAway(_ id: UInt32, _ language: Int?) -> [UInt32] {
    if let found = compounds[id] { return found }
    let made = makeCompounds(word(id), language.map { lists[$0] })
    compounds[id] = made
    return made
  }

  private func makeCompounds(_ word: Word, _ list: SpelledWords?) -> [UInt32] {
    guard word.isNew, word.isLettersOnly, !word.isCamelCase, !word.startsUpper || word.hasLower,
      word.scalars.count >= 2 * Self.partCount
    else {
      return []
    }
    let scalars = Self.lowercased(word.scalars)
    var halves: [(head: [UInt32], tail: [UInt32], isHeadKnown: Bool)] = []
    for place in Self.partCount - 1...scalars.count - Self.partCount + 1 {
      let (head, tail) = (Array(scalars[..<place]), Array(scalars[place...]))
      let isHeadKnown = isPart(head, list) || head.last == Self.linkingLetter && isPart(head.dropLast(), list)
      let isTailKnown = isPart(tail, list)
      if isHeadKnown && isTailKnown { return [] }
      if isHeadKnown || isTailKnown { halves.append((head, tail, isHeadKnown)) }
    }
    var found: [UInt32] = []
    for (head, tail, isHeadKnown) in halves {
      for part in partsAway(isHeadKnown ? tail : head, list) where found.count < Self.compoundLimit {
        var compound = isHeadKnown ? head + part : part + tail
        if word.startsUpper { compound = Self.capitalized(compound[0]) + compound.dropFirst() }
        let text = String(decoding: WordEdits.bytes(compound), as: UTF8.self)
        let number = lexicon.id(of: text)
        guard !found.contains(number), !lexicon.isForgotten(number) else { continue }
        found.append(number)
      }
    }
    return found
  }

  /// German's between two nouns: `Wartungsskript`.
  private static let linkingLetter = UInt32(UInt8(ascii: "s"))

  /// Whether a word in small letters is known, as it is or with a capital.
  private func isPart(_ scalars: some Collection<UInt32>, _ list: SpelledWords?) -> Bool {
    let part = Array(scalars)
    guard part.count >= Self.partCount else { return false }
    if list?.contains(WordFilter.hash(part)) == true { return true }
    return [part, Self.capitalized(part[0]) + part.dropFirst()].contains {
      lexicon.knownID(of: WordEdits.bytes($0)).map { isKnownForCertain($0) } ?? false
    }
  }

  /// Known words an edit away from a part, in small letters.
  private func partsAway(_ part: [UInt32], _ list: SpelledWords?) -> [[UInt32]] {
    var found: [[UInt32]] = []
    for variant in [part, Self.capitalized(part[0]) + part.dropFirst()] {
      documentWords.edits.forEach(of: variant, knownSpellings(list)) { edited in
        let lower = Self.lowercased(edited)
        if lower != part, !found.contains(lower), isPart(lower, list) { found.append(lower) }
      }
    }
    return found
  }
}
