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
    scorer.takeOut(sequence, window(span), countedCount: countedCount)
    let state = scorer.state(sequence, before: first)
    let meant = reading(span, replacement)
    // Most pairs are worse at once the other way round.
    let writtenBits = previousBits + base.surprisalBits
    let swapped = Alignment.exchanged(span, 2)
    guard bits(meant, swapped, count: 1, after: state) < writtenBits - 1,
      bits(meant, swapped, count: 2, after: state) < writtenBits
    else { return }
    let gain =
      bits(reading(span, [left, right]), .written(span), after: state) - bits(meant, swapped, after: state)
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

  /// The arguments on both sides of a comma, with or without labels.
  func addSwappedArguments(_ base: SlipProposal, _ proposals: inout [SlipProposal]) {
    let comma = base.span.lowerBound
    guard comma >= 2, comma + 2 < sequence.count else { return }
    let (first, before) = (comma - 1, sequence.id(at: comma - 2))
    var second = comma + 1
    var label: [UInt32] = []
    if second + 2 < sequence.count, sequence.id(at: second + 1) == lists.colon,
      before == lists.colon
    {
      label = [sequence.id(at: second), lists.colon]
      second += 2
    } else {
      guard before == lists.comma || lists.opening.contains(before) else { return }
    }
    let behind = second + 1 < sequence.count ? sequence.id(at: second + 1) : lists.comma
    guard behind == lists.comma || lists.closing.contains(behind) else { return }
    let (a, b) = (sequence.id(at: first), sequence.id(at: second))
    guard a != b, isInCall(first), isArgument(first), isArgument(second), !isWithheld(a), !isWithheld(b)
    else { return }
    let span = first..<second + 1
    let replacement = [b, lists.comma] + label + [a]
    let gain = gainBits(span, replacement, isExchanged: true)
    guard gain > 0 else { return }
    var proposal = base
    proposal.kind = .swappedArguments
    proposal.span = span
    proposal.replacement = replacement
    proposal.gainBits = gain
    proposals.append(proposal)
  }

  /// Whether the innermost bracket that is open before a token follows a name, as that of a call does.
  private func isInCall(_ index: Int) -> Bool {
    var depth = 0
    for place in stride(from: index - 1, to: max(index - TokenSequence.reach, 0), by: -1) {
      let id = sequence.id(at: place)
      if lists.closing.contains(id) { depth += 1 }
      guard lists.opening.contains(id) else { continue }
      if depth == 0 {
        let name = lexed.token(at: place - 1)
        return name.kind == .identifier && name.endOffset == lexed.token(at: place).byteOffset
      }
      depth -= 1
    }
    return false
  }

  private func isArgument(_ index: Int) -> Bool {
    switch lexed.token(at: index).kind {
    case .identifier, .number: true
    case .keyword: true
    default: false
    }
  }
}
