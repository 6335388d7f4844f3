import LanguageModeling
import Lexing

/// Words that stand twice in a row.
extension SlipDetector {
  /// So near another word that stands twice it is a pattern, not a slip.
  private static let patternReach = 10
  /// And in a text where so many others stand twice so far on either side: words were put in a row there, none was said.
  private static let textReach = LanguageWindows.reach
  private static let pairsOfText = 2
  /// Tokens between two words on either side of a line's end: the end itself and what begins lines of a comment.
  private static let longestBreak = 3

  func addDoubled(_ base: SlipProposal, _ proposals: inout [SlipProposal]) {
    let index = base.span.lowerBound
    guard index > 0, let first = wordBefore(index), mayBeDoubled(first, base) else { return }
    var proposal = base
    proposal.kind = .doubledWord
    proposal.span = first..<index + 1
    proposal.replacement = Array(sequence.tokenIDs(in: first..<index))
    if base.context != .code { proposal.isFree = base.isFree && stands(first, apartOn: .left) }
    proposal.gainBits = gainBits(proposal.span, proposal.replacement)
    proposal.isContentWord =
      !lists.isFunctionWord(proposal.replacement[0]) && !lists.isFunctionWord(sequence.id(at: index))
    proposal.isDoubledByHabit = lists.isDoubledByHabit(sequence.id(at: index))
    proposals.append(proposal)
  }

  /// Whether a pair of words is named rather than said, in marks of its own: `a node node`, "the the".
  private func isNamed(_ first: Int, _ index: Int) -> Bool {
    guard first > 0, index + 1 < sequence.count else { return false }
    let token = lexed.token(at: index)
    let before = lexed.byte(at: lexed.token(at: first).byteOffset - 1)
    let behind = token.endOffset < lexed.byteCount ? lexed.byte(at: token.endOffset) : 0x20
    let isMark = { (byte: UInt8) in "\"`'".utf8.contains(byte) }
    if isMark(before) && isMark(behind) { return true }
    // Amid a span of code that begins and ends in this line; a string may be in such marks as a whole.
    guard token.context != .string else { return false }
    let tick = UInt8(ascii: "`")
    let line = lexed.token(at: lineStart(of: first)).byteOffset..<lexed.token(at: first).byteOffset
    guard line.count(where: { lexed.byte(at: $0) == tick }) % 2 == 1 else { return false }
    let rest = token.endOffset..<min(token.endOffset + Self.spanByteLimit, lexed.byteCount)
    return rest.first { lexed.byte(at: $0) == tick || lexed.byte(at: $0) == 0x0A }.map { lexed.byte(at: $0) }
      == tick
  }

  /// How far a span of code is looked for behind a word.
  private static let spanByteLimit = 200

  /// Whether a word is what an option of a command is given: `mount -t overlay overlay`.
  private func followsOption(_ first: Int) -> Bool {
    guard first > 1, lexed.token(at: first - 1).kind != .lineEnd,
      lexed.token(at: first - 2).kind != .delimiter
    else { return false }
    let start = lexed.token(at: first - 1).byteOffset
    guard start > 0, lexed.byte(at: start - 1) == UInt8(ascii: "-") else { return false }
    // A dash between words has none of these before it.
    let dashes = start > 1 && lexed.byte(at: start - 2) == UInt8(ascii: "-") ? 2 : 1
    return start == dashes || " \t\n([`".utf8.contains(lexed.byte(at: start - dashes - 1))
  }

  /// The word right before a token, or, where the token begins a line of prose, the last one of the line before.
  private func wordBefore(_ index: Int) -> Int? {
    let token = lexed.token(at: index)
    guard token.context != .code else { return index - 1 }
    var before = index - 1
    while before > 0, index - before <= Self.longestBreak, isLineLead(before) { before -= 1 }
    let other = lexed.token(at: before)
    guard other.kind == .word, other.context == token.context else { return nil }
    if before == index - 1 {
      let isOneSpace = token.byteOffset == other.endOffset + 1 && lexed.byte(at: other.endOffset) == 0x20
      return isOneSpace ? before : nil
    }
    if token.context == .prose {
      guard isPlainLine(before + 1, index), isPlainLine(lineStart(of: before), before) else { return nil }
    }
    // One line's end, and only function words: lists have one thing below the other.
    let isBroken = (before + 1..<index).filter { lexed.token(at: $0).kind == .lineEnd }.count == 1
    return isBroken && lexed.token(at: before + 1).kind == .lineEnd
      && lists.isFunctionWord(sequence.id(at: index))
      ? before : nil
  }

  /// Whether what stands before the first word of a line of prose says no more than that it is quoted: not that it is a
  /// heading or an item.
  private func isPlainLine(_ start: Int, _ word: Int) -> Bool {
    var index = start
    while index < word, isLineLead(index) {
      let token = lexed.token(at: index)
      guard token.kind == .lineEnd || lexed.byte(at: token.byteOffset) == UInt8(ascii: ">") else {
        return false
      }
      index += 1
    }
    return true
  }

  /// The first token of the line that a token stands in, looked for a little way.
  private func lineStart(of index: Int) -> Int {
    var start = index
    while start > 0, index - start < 64, lexed.token(at: start - 1).kind != .lineEnd { start -= 1 }
    return start
  }

  private func mayBeDoubled(_ first: Int, _ base: SlipProposal) -> Bool {
    let index = base.span.lowerBound
    let (one, two) = (sequence.id(at: first), sequence.id(at: index))
    if lists.isDoubledOnPurpose(one) || lists.isDoubledOnPurpose(two) { return false }
    // A name stands twice in `typedef struct node node;` and where one is a list's element.
    if base.context == .code { return one == two && lists.isKeyword(one) && !lists.isLiteral(one) }
    // `--type type`, `mount -t overlay overlay`
    if isOption(first) || followsOption(first) || isMadeOfTheOther(first, index) { return false }
    // In text that was kept both words have to stand as words do in sentences: no part of a path, a table's cell.
    if base.isLearned && !(base.isFree && base.isPlain && stands(first, apartOn: .left)) { return false }
    // Single letters are signs.
    if base.letterCount < 2 && one != two { return false }
    // "The the": where a sentence begins.
    if one != two {
      guard words.word(one).startsUpper, words.word(one).hasLower, !base.startsUpper,
        words.lowercasedID(one) == two,
        beginsSentence(first)
      else { return false }
    }
    return !base.isLearned || !isKeptOnPurpose(first, base)
  }

  /// Whether one of two words is a piece of a name and the other is not, as in names that are made of what they name:
  /// `run_example example`, `MSGID MSGID-PLURAL`, `prog prog.c`. Nobody writes `/etc etc/passwd` so, nor a letter before a
  /// mark or a part in capitals with an underscore.
  private func isMadeOfTheOther(_ first: Int, _ index: Int) -> Bool {
    let (left, right) = (joint(first, on: .left), joint(index, on: .right))
    guard (left == nil) != (right == nil), let mark = left ?? right else { return false }
    let word = words.word(sequence.id(at: index))
    if left == nil && word.letterCount < 2 { return false }
    switch mark {
    case UInt8(ascii: "-"): return true
    case UInt8(ascii: "_"): return !word.isCapitals
    case UInt8(ascii: "."): return left == nil && hasExtension(index)
    default: return false
    }
  }

  /// Whether what stands twice in text that was kept is there because somebody wanted it: a name, signs, the words of a
  /// string that is no sentence, a habit, a pattern.
  private func isKeptOnPurpose(_ first: Int, _ base: SlipProposal) -> Bool {
    let index = base.span.lowerBound
    let word = words.word(sequence.id(at: index))
    if lists.isDoubledByHabit(sequence.id(at: index)) || isPattern(first, index) || isNamed(first, index) {
      return true
    }
    if lists.isFunctionWord(sequence.id(at: index)) {
      return word.letterCount < 2 && base.context == .string
    }
    return !word.isLettersOnly || !word.hasLower || word.letterCount < 2 || base.isName
      || base.context == .string
  }

  /// Whether the word stands there a third time, or another one twice near it: an example, a list or made-up text.
  private func isPattern(_ first: Int, _ index: Int) -> Bool {
    let id = sequence.id(at: index)
    if first > 0, sequence.id(at: first - 1) == id { return true }
    if index + 1 < sequence.count, sequence.id(at: index + 1) == id { return true }
    let reach = max(1, first - Self.textReach)..<min(sequence.count, index + Self.textReach)
    let pairs = reach.filter { place in
      place != index && sequence.id(at: place) == sequence.id(at: place - 1)
        && lexed.token(at: place).kind == .word
    }
    return pairs.count >= Self.pairsOfText
      || pairs.contains { $0 >= first - Self.patternReach && $0 < index + Self.patternReach }
  }
}
