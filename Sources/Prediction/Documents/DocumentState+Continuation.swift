import LanguageModeling
import Lexing
import Neural
import Platform

extension DocumentState {
  /// A continuation while it is being found.
  private struct Path {
    var sequence = TokenSequence()
    var state: RecurrentState?
    var view: RecurrentView?
    var left: Spacing.Side?
    var isAfterSpace: Bool
    var text = ""
    var probabilities: [Double] = []
    /// P of all of it.
    var probability = 1.0
    /// How much of it can stand before what follows on the line: all brackets closed, nothing left hanging.
    var finished = (byteCount: 0, tokenCount: 0)
  }

  /// Greedy search: the most probable word after the other, the network going along from its state at the place.
  mutating func continuation(
    at byteOffset: Int, isBehindWord: Bool, maximumTokens: Int, minimumProbability: Double,
    while mayGoOn: () -> Bool
  ) -> Continuation? {
    // The path's words may be no document's.
    lexicon.beginUse()
    defer { lexicon.endUse() }
    let place = DocumentPlace(lexed, at: byteOffset)
    var limits = ContinuationLimits(lexed, at: byteOffset, place)
    if limits.isAtWord { return nil }
    var path = path(to: place, room: maximumTokens, while: mayGoOn)
    if !place.typed.isEmpty {
      guard
        finishWord(place, isWhole: isBehindWord, minimumProbability, &path, while: mayGoOn)
      else { return nil }
    }
    let spacing = spacing(before: place.tokenIndex)
    while path.probabilities.count < maximumTokens {
      let isAtPlace = place.typed.isEmpty && path.probabilities.isEmpty
      guard
        let next = isAtPlace
          ? mostProbable(place, path, while: mayGoOn) : mostProbable(path.sequence, path.view)
      else { break }
      path.probability *= Double(next.probability)
      guard path.probability >= minimumProbability else { break }
      let bytes = lexicon.bytes(of: next.token)
      let isShown = bytes.withUnsafeBytes { OfferedWords.isShown($0) && !lexicon.forgotten.contains($0) }
      if bytes.isEmpty || bytes.contains(where: { $0 < 0x20 }) || !isShown || !limits.admits(bytes) { break }
      var right = bytes.withUnsafeBytes {
        Spacing.Side(kind: kind(ofBytes: $0, in: place.context), bytes: $0)
      }
      if let left = path.left, !path.isAfterSpace {
        right.stand(behind: left, isApart: spacing.isApart(left, right))
        if right.isApart { path.text += " " }
      } else {
        right.stand(behind: path.left, isApart: true)
      }
      path.text += String(decoding: bytes, as: UTF8.self)
      path.probabilities.append(Double(next.probability))
      path.view = step(&path.state, by: append(bytes, to: &path.sequence))
      path.left = right
      path.isAfterSpace = false
      if limits.isBalanced && ContinuationLimits.mayBeLast(bytes) {
        path.finished = (path.text.utf8.count, path.probabilities.count)
      }
    }
    if limits.hasNext {
      path.text = String(decoding: path.text.utf8.prefix(path.finished.byteCount), as: UTF8.self)
      path.probabilities.removeLast(path.probabilities.count - path.finished.tokenCount)
    }
    // A space that nothing follows is nothing to see.
    while path.text.utf8.last == 0x20, !path.probabilities.isEmpty {
      path.text.unicodeScalars.removeLast()
      path.probabilities.removeLast()
    }
    return path.text.isEmpty
      ? nil : Continuation(text: path.text, probabilities: path.probabilities)
  }

  /// What comes before a place, as far back as anything looks.
  private mutating func path(to place: DocumentPlace, room: Int, while mayGoOn: () -> Bool) -> Path {
    let view = networkView(before: place.tokenIndex, while: mayGoOn)
    var path = Path(isAfterSpace: place.isAfterSpace)
    path.view = view
    path.state = view == nil ? nil : track?.state(before: place.tokenIndex)
    let start = max(0, place.tokenIndex - 4096)
    path.sequence.reserveCapacity(place.tokenIndex - start + room)
    for index in start..<place.tokenIndex {
      path.sequence.append(id: sequence.id(at: index), tokenClass: sequence.tokenClass(at: index))
    }
    path.left = place.tokenIndex > 0 ? side(of: place.tokenIndex - 1) : nil
    return path
  }

  /// Takes the word that is typed in part, or whole; false if nobody knows how it goes on.
  ///
  /// - Parameter isWhole: whether it is known to be whole.
  private mutating func finishWord(
    _ place: DocumentPlace, isWhole: Bool, _ minimumProbability: Double, _ path: inout Path,
    while mayGoOn: () -> Bool
  ) -> Bool {
    var word = place.typed
    if !isWhole {
      guard let first = weighedWords(at: place, limit: 5, path.view, while: mayGoOn).words.first,
        first.completion.match == .exact,
        first.completion.probability >= minimumProbability
      else { return false }
      path.probability = first.completion.probability
      // What is typed whole is made another word only where that one is far more probable.
      if !first.isWhole {
        path.probabilities.append(first.completion.probability)
        word = Array(first.completion.text.utf8)
      }
    }
    path.view = step(&path.state, by: append(word, to: &path.sequence))
    path.text = String(decoding: word.dropFirst(place.typed.count), as: UTF8.self)
    path.left = word.withUnsafeBytes {
      Spacing.Side(
        kind: kind(ofWord: String(decoding: word, as: UTF8.self), in: place.context), bytes: $0)
    }
    path.left?.isApart = place.isAfterSpace
    path.isAfterSpace = false
    path.finished = (path.text.utf8.count, path.probabilities.count)
    return true
  }

  @discardableResult
  func append(_ bytes: [UInt8], to path: inout TokenSequence) -> UInt32 {
    let word = lexicon.withInterning { interning in bytes.withUnsafeBytes { interning.intern($0) } }
    let text = String(decoding: bytes, as: UTF8.self)
    let isStructural =
      TokenClass(rawValue: word.tokenClass.rawValue).isShape && lexed.grammar.isKeyword(text)
    path.append(id: word.id, tokenClass: isStructural ? word.structuralClass : word.tokenClass)
    return word.id
  }

  /// What the network expects behind one more word.
  private func step(_ state: inout RecurrentState?, by id: UInt32) -> RecurrentView? {
    guard let network = track?.component, var next = state else { return nil }
    network.network.step(network.token(of: id), &next)
    state = next
    return network.view(after: next)
  }

  private func mostProbable(
    _ path: TokenSequence, _ view: RecurrentView?
  ) -> (token: UInt32, probability: Float)? {
    ask(path, at: path.count, leavesOutToken: false, recurrent: view, adapted: true) { $0.best(1).first }
  }

  /// The most probable token at the place itself, with what stands behind it on its line.
  private mutating func mostProbable(
    _ place: DocumentPlace, _ path: Path, while mayGoOn: () -> Bool
  ) -> (token: UInt32, probability: Float)? {
    let best = ask(
      path.sequence, at: path.sequence.count, leavesOutToken: false, recurrent: path.view, adapted: true
    ) { $0.best(Self.weighedCount) }
    guard let gains = gains(of: best.map(\.token), place, path.view, while: mayGoOn) else {
      return best.first
    }
    let weighed = zip(best, gains).map { (token: $0.token, probability: $0.probability * expf($1)) }
    let (sum, changed) = (
      best.reduce(0) { $0 + $1.probability }, weighed.reduce(0) { $0 + $1.probability }
    )
    return weighed.max { $0.probability < $1.probability }
      .map { (token: $0.token, probability: min(1, $0.probability * sum / max(changed, 1e-30))) }
  }
  /// Tokens among which what follows chooses.
  private static let weighedCount = 12

  func kind(ofBytes bytes: UnsafeRawBufferPointer, in context: TokenContext) -> TokenKind {
    guard let first = bytes.first else { return .other }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
      return kind(ofWord: String(decoding: bytes, as: UTF8.self), in: context)
    case 128...:
      if context != .code { return TokenKind.ofProse(beginningWith: bytes) }
      return kind(ofWord: String(decoding: bytes, as: UTF8.self), in: context)
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): return .delimiter
    default: return context == .code ? .operator : .punctuation
    }
  }
}
