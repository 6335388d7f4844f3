import LanguageModeling
import Lexing

/// One token for another one.
extension SlipDetector {
  /// Spellings that gain less than this at the place itself are not scored further.
  private static let leastSpellingGain = -1.0

  func addSpellings(_ base: SlipProposal, _ word: SlipWords.Word, _ proposals: inout [SlipProposal]) {
    let index = base.span.lowerBound
    let written = sequence.id(at: index)
    if !hasModel && !word.isNew { return }
    let candidates = spellings(of: base, word)
    let limit = word.isNew ? Self.scoredLimitOfNew : Self.scoredLimit
    for (id, gain) in substitutions(at: index, candidates, leastGain: Self.leastSpellingGain, limit: limit) {
      let meant = words.word(id).scalars
      // Around few words it is not told which language they are of.
      if scorer.isEnglish || scorer.language == nil, base.context != .code,
        SpelledWords.areVariants(
          written: word.scalars, meant: meant, countsAccents: scorer.isEnglish)
      {
        continue
      }
      var proposal = base
      proposal.meantIsSpelled = words.word(id).isSpelled(in: scorer.language)
      proposal.meantIsUnspelled = base.hasWordList && !proposal.meantIsSpelled
      let areForms = Inflection.areForms(word.scalars, meant)
      proposal.kind = word.isNew ? .newWord : areForms ? .inflection : .knownWord
      proposal.areForms = word.isNew && areForms
      proposal.differInForm = base.context == .code && Inflection.differInForm(word.scalars, meant)
      proposal.isAbbreviation =
        word.isNew && base.context != .code && (word.isCapitals || word.isPluralOfCapitals)
      proposal.replacement = [id]
      // The spelling model makes a new word more improbable than it is.
      proposal.gainBits = word.isNew ? gain / 2 : gain
      // Fingers slip on keys: `Dre` is not `die` with two letters exchanged.
      let keys = base.context == .code ? word.scalars : SlipWords.lowercased(word.scalars)
      let meantKeys = base.context == .code ? meant : SlipWords.lowercased(meant)
      proposal.edit = WordEdits.slip(written: keys, meant: meantKeys)
      proposal.isExchange = WordEdits.isExchange(keys, meantKeys)
      if !word.isNew {
        let (own, others) = scorer.occurrences(of: written)
        proposal.occurrences = own + others
      }
      proposals.append(proposal)
    }
  }

  /// What a word may be meant for by its letters, what the document has counted around it taken out from here on.
  private func spellings(of base: SlipProposal, _ word: SlipWords.Word) -> [UInt32] {
    let index = base.span.lowerBound
    let written = sequence.id(at: index)
    var candidates = words.editsAway(
      written, isNew: word.isNew, isName: base.context == .code,
      base.context == .code ? nil : scorer.language)
    var compounds: [UInt32] = []
    // Other languages of which a list is here do not make words of any two; of German alone there is one.
    if hasModel, word.isNew, base.context != .code, scorer.language != nil, !scorer.isEnglish {
      compounds = words.compoundsAway(written, scorer.language).filter { !candidates.contains($0) }
      candidates += compounds
    }
    takeOut(window(base.span))
    candidates.removeAll { candidate in
      if compounds.contains(candidate) { return words.lexicon.isForgotten(candidate) }
      if hasModel, word.isNew, base.context != .code, words.word(candidate).isSpelled(in: scorer.language) {
        return words.lexicon.isForgotten(candidate)
      }
      if words.lexicon.isKnown(candidate), !isLearnedHere(candidate, beside: index) {
        return !words.isKnown(candidate)
      }
      // What stands only once may be a slip itself, or the other of a pair, as `get` and `set` are; but a name of code may be
      // defined and used once each.
      let (own, others) = scorer.occurrences(of: candidate)
      if hasModel {
        if own + others != 1 || base.context != .code { return own + others < 2 }
        return !isSlipOfName(word, meant: words.word(candidate).scalars)
      }
      return own + others < 3 || word.letterCount < 5
    }
    return candidates
  }

  /// Whether a new name of code is likely a slip of one that stands once elsewhere, and not the other of a pair, as `set_size` is of
  /// `get_size`.
  private func isSlipOfName(_ word: SlipWords.Word, meant: [UInt32]) -> Bool {
    if WordEdits.slip(written: word.scalars, meant: meant).isLikely { return true }
    return word.letterCount >= Self.longNameCount && !word.hasKnownParts(in: nil)
      && !Inflection.differInForm(word.scalars, meant)
  }

  /// Shorter names are an edit away from others that are right, too.
  private static let longNameCount = 7

  /// Whether the model knows a word, as far as can be told, from the document itself, which it has learned.
  private func isLearnedHere(_ id: UInt32, beside index: Int) -> Bool {
    guard trained[index] != nil, let ngrams = scorer.ngrams, scorer.occurrences(of: id).own > 0 else {
      return false
    }
    return ngrams.model.isBehindOneWordOnly(TokenID(rawValue: id), discounts: ngrams.discounts)
  }

  /// Words that people take for another, and operators with a counterpart.
  func addCounterparts(_ base: SlipProposal, _ proposals: inout [SlipProposal]) {
    let index = base.span.lowerBound
    var candidates = lists.counterparts(of: sequence.id(at: index), isCode: base.context == .code, words)
    if base.context != .code {
      // "their, there": both are spoken of.
      let near = sequence.tokenIDs(in: max(0, index - 3)..<min(sequence.count, index + 4))
      candidates.removeAll(where: near.contains)
    }
    let isOperator = base.kind == .operatorCounterpart
    if isOperator && isInCondition(index) { candidates.removeAll { $0 == lists.assignment } }
    for (id, gain) in substitutions(at: index, candidates, leastGain: -3, limit: 3) {
      var proposal = base
      proposal.kind = isOperator ? .operatorCounterpart : .confusion
      proposal.replacement = [id]
      proposal.gainBits = gain
      proposals.append(proposal)
    }
  }

  /// Whether a token stands in a line behind what has a condition behind it: nothing is assigned there, but in `if let a = b`, in
  /// `if a: b = c` and behind the condition's bracket.
  private func isInCondition(_ index: Int) -> Bool {
    var place = index - 1
    var depth = 0
    while place >= 0, index - place < TokenSequence.reach, lexed.token(at: place).kind != .lineEnd {
      let id = sequence.id(at: place)
      if lists.isConditional(id) { return depth == 0 }
      if lists.beginsAssignment(id) { return false }
      if lists.closing.contains(id) { depth += 1 }
      if depth > 0, lists.opening.contains(id) {
        depth -= 1
        // `if (a) b = c`
        if depth == 0, place > 0, lists.isConditional(sequence.id(at: place - 1)) { return false }
      }
      place -= 1
    }
    return false
  }

  /// Names that the document has in such places.
  func addOtherNames(_ base: SlipProposal, _ proposals: inout [SlipProposal]) {
    let index = base.span.lowerBound
    let written = sequence.id(at: index)
    takeOut(window(base.span))
    // A name that stands nowhere else is a new one, not a wrong one.
    guard scorer.occurrences(of: written).own > 0 else { return }
    let successors = sequence.ids.withUnsafeBufferPointer { ids in
      scorer.prepare(ids.baseAddress! + index + TokenSequence.reach)
      return scorer.counts.successors()
    }
    var candidates = successors.sorted {
      $0.value == $1.value ? words.precedes($0.key, $1.key) : $0.value > $1.value
    }.prefix(24).map(\.key)
    candidates.removeAll { candidate in
      guard candidate != written else { return true }
      let word = words.word(candidate)
      return word.letterCount == 0 || lists.isKeyword(candidate) || scorer.occurrences(of: candidate).own == 0
    }
    let (own, others) = scorer.occurrences(of: written)
    for (id, gain) in substitutions(at: index, candidates, leastGain: 4, limit: 2) {
      var proposal = base
      proposal.kind = .otherName
      proposal.replacement = [id]
      proposal.gainBits = gain
      proposal.occurrences = own + others
      proposals.append(proposal)
    }
  }
}

/// Whether two words are forms of one: they differ in an ending only that languages put to words.
enum Inflection {
  private static let endings: Set<[UInt32]> = Set(
    [
      "", "s", "es", "'s", "ed", "d", "ing", "ly", "er", "r", "e", "en", "n", "em", "est", "t", "te", "ten",
      "et",
      "ent", "nt", "ez", "ait", "aient", "a", "i", "o", "y", "ies", "ied", "os", "as", "é", "ée", "és", "ées",
      "x",
      "а", "я", "ы", "и", "у", "ю", "е", "о", "ой", "ей", "ом", "ем", "ам", "ям", "ами", "ями", "ах", "ях",
      "ов",
      "ев", "ый", "ий", "ая", "яя", "ое", "ее", "ые", "ие", "ого", "его", "ых", "их", "ым", "им", "ую", "юю",
      "ть",
      "т", "ет", "ит", "ют", "ут", "ат", "ят", "л", "ла", "ло", "ли", "ь", "ся", "сь",
      // What is left of two endings that begin with one letter: `новый`, `новые`, `новых`.
      "й", "х", "м", "ми", "го", "му", "ься", "в",
    ].map { $0.unicodeScalars.map(\.value) })

  static func areForms(_ a: [UInt32], _ b: [UInt32]) -> Bool {
    var prefix = 0
    while prefix < min(a.count, b.count) && a[prefix] == b[prefix] { prefix += 1 }
    guard prefix >= 3 else { return false }
    return endings.contains(Array(a[prefix...])) && endings.contains(Array(b[prefix...]))
  }

  /// Whether two names of code differ in the ending of one of their words only.
  static func differInForm(_ a: [UInt32], _ b: [UInt32]) -> Bool {
    let shorter = min(a.count, b.count)
    var prefix = 0
    while prefix < shorter && a[prefix] == b[prefix] { prefix += 1 }
    var suffix = 0
    while suffix < shorter - prefix && a[a.count - 1 - suffix] == b[b.count - 1 - suffix] { suffix += 1 }
    guard prefix >= 3 else { return false }
    if suffix > 0 {
      let next = a[a.count - suffix]
      guard WordEdits.isUppercase(next) || !WordEdits.isLetter(next) else { return false }
    }
    return endings.contains(Array(a[prefix..<a.count - suffix]))
      && endings.contains(Array(b[prefix..<b.count - suffix]))
  }
}
