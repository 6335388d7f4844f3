import LanguageModeling
import Lexing

/// Tokens that stand in the wrong order.
extension SlipDetector {
  /// A word and the one before it.
  ///
  /// - Parameter previousBits: the surprisal of the word before.
  func addSwapped(_ base: SlipProposal, previousBits: Double, _ proposals: inout [SlipProposal]) {
    let first = base.span.lowerBound - 1
    guard base.context != .code, first >= 0 else { return }
    let (left, right) = (sequence.id(at: first), sequence.id(at: first + 1))
    let (a, b) = (lexed.token(at: first), lexed.token(at: first + 1))
    guard a.kind == .word, b.kind == .word, a.endOffset + 1 == b.byteOffset, left != right,
      !isWithheld(left), !isWithheld(right)
    else { return }
    // Names stand in either order.
    if words.word(left).startsUpper && base.startsUpper { return }
    // At the beginning of a sentence the capital stays where it is.
    var replacement = [right, left]
    if words.word(left).startsUpper, !words.word(right).startsUpper, beginsSentence(first) {
      guard let lower = words.lowercasedID(left) else { return }
      replacement = [lists.capitalizedID(right, words) ?? right, lower]
    }
    let span = first..<first + 2
    takeOut(window(span))
    let meant = reading(span, replacement)
    // Most pairs are worse at once the other way round.
    let writtenBits = previousBits + base.surprisalBits
    let swapped = Alignment.exchanged(span, 2)
    var state = state(before: first)
    var meantBits = bits(meant, 0, swapped, &state)
    guard meantBits < writtenBits - 1 else { return }
    meantBits += bits(meant, 1, swapped, &state)
    guard meantBits < writtenBits else { return }
    let spanBits = self.writtenBits(span)
    // No token makes it better again.
    for place in 2..<meant.count - SlipScorer.contextCount where spanBits - meantBits > 2 {
      meantBits += bits(meant, place, swapped, &state)
    }
    let gain = spanBits - meantBits
    guard gain > 2 else { return }
    var proposal = base
    proposal.kind = .swappedWords
    proposal.span = span
    proposal.replacement = replacement
    proposal.gainBits = gain
    proposal.surprisalBits = max(previousBits, base.surprisalBits)
    if base.isLearned { proposal.isFree = base.isFree && stands(first, apartOn: .left) }
    proposals.append(proposal)
  }
}
