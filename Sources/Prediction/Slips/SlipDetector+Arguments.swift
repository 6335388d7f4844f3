import LanguageModeling
import Lexing

/// Arguments of calls, and parts of tuples, in each other's place.
extension SlipDetector {
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
    guard a != b, isInList(first), isArgument(first), isArgument(second), !isWithheld(a), !isWithheld(b)
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

  /// Whether the innermost bracket that is open before a token is that of a call, or a round one as tuples have.
  private func isInList(_ index: Int) -> Bool {
    var depth = 0
    for place in stride(from: index - 1, through: max(index - TokenSequence.reach + 1, 0), by: -1) {
      let id = sequence.id(at: place)
      if lists.closing.contains(id) { depth += 1 }
      guard lists.opening.contains(id) else { continue }
      if depth == 0 {
        if id == lists.opening.first { return true }
        guard place > 0 else { return false }
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
