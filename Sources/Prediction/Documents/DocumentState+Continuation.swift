import LanguageModeling
import Lexing
import Neural
import Platform

extension DocumentState {
  /// A continuation while it is being found.
  private struct Path {
    /// What stands before the place from `firstTokenIndex` on, and the continuation.
    var sequence = TokenSequence()
    var firstTokenIndex = 0
    /// The network's, behind all but the last of it.
    var state: RecurrentState?
    var view: RecurrentView?
    /// The last of it, and its number where the network has not read it yet.
    var lastWord: [UInt8] = []
    var unreadID: UInt32?
    var left: Spacing.Side?
    var isAfterSpace: Bool
    var limits: ContinuationLimits
    var text = ""
    var probabilities: [Double] = []
    /// P of all of it.
    var probability = 1.0
    /// What it would save.
    var gain = 0.0
    /// Whether there is a word in it, or some of one: signs alone are typed sooner than they are read.
    var hasWord = false
    /// Whether it may stand there as it is.
    var isFinished = false
  }

  /// How many successors of each word are followed, and how many words at most.
  private static let branchCount = 2
  private static let stepLimit = 16
  /// Words that may be the first.
  private static let firstCount = 12

  /// Best first: the most probable beginning of a continuation goes on until none is left that may become worth more than the
  /// best one, the network going along from its state at the place.
  mutating func continuation(
    at byteOffset: Int, isBehindWord: Bool, maximumTokens: Int, minimumProbability: Double,
    while mayGoOn: () -> Bool
  ) -> Continuation? {
    // The path's words may be no document's.
    lexicon.beginUse()
    defer { lexicon.endUse() }
    var place = DocumentPlace(lexed, at: byteOffset)
    let limits = ContinuationLimits(lexed, at: byteOffset, place)
    if limits.isAtWord { return nil }
    var open: [Path] = []
    // As in lists, what ends with an apostrophe or a hyphen goes on as a word where there is one.
    if !isBehindWord, let joined = DocumentPlace.joined(lexed, at: byteOffset), !isQuoted(joined) {
      let empty = emptyPath(to: joined, limits, room: maximumTokens, while: mayGoOn)
      open = beginnings(at: joined, isBehindWord: false, empty, while: mayGoOn)
      if !open.isEmpty { place = joined }
    }
    if open.isEmpty {
      let empty = emptyPath(to: place, limits, room: maximumTokens, while: mayGoOn)
      open = beginnings(at: place, isBehindWord: isBehindWord, empty, while: mayGoOn)
    }
    var worth = ContinuationWorth(minimumProbability: minimumProbability)
    var best: Path?
    func consider(_ path: Path) {
      if path.isFinished && path.hasWord && worth.takes(path.probability, path.gain) { best = path }
    }
    for path in open + stems(of: open, typedCount: place.typed.count) { consider(path) }
    let spacing = spacing(before: place.tokenIndex)
    var stepCount = 0
    while stepCount < Self.stepLimit, stepCount == 0 || mayGoOn(),
      let index = open.indices.max(by: { open[$0].probability < open[$1].probability })
    {
      var path = open.remove(at: index)
      guard worth.mayTake(path.probability, path.gain) else { continue }
      stepCount += 1
      let isAtPlace = path.unreadID == nil
      let tokens = successors(of: &path, place, while: mayGoOn)
      // What would probably come is what stands behind the place: so it goes on there, and not with the second best.
      if path.limits.hasNext, let likely = tokens.first, !admits(likely.token, behind: path) { continue }
      let longer = tokens.compactMap { token, probability in
        extended(path, by: token, Double(probability), place, spacing)
      }
      for next in isAtPlace ? longer + stems(of: longer, typedCount: 0) : longer { consider(next) }
      if path.probabilities.count + 1 < maximumTokens { open += longer }
    }
    return best.map { Continuation(text: $0.text, probabilities: $0.probabilities) }
  }

  /// Whether a quote opens right before a word, which the one behind it closes then.
  private func isQuoted(_ place: DocumentPlace) -> Bool {
    let start = place.replacedBytes.lowerBound
    return start > 0 && lexed.byte(at: start - 1) == UInt8(ascii: "'")
      || start > 2 && lexed.bytes(in: start - 3..<start) == Array("‘".utf8)
  }

  /// What comes before a place, as far back as anything looks.
  private mutating func emptyPath(
    to place: DocumentPlace, _ limits: ContinuationLimits, room: Int, while mayGoOn: () -> Bool
  ) -> Path {
    let view = networkView(before: place.tokenIndex, while: mayGoOn)
    var path = Path(isAfterSpace: place.isAfterSpace, limits: limits)
    path.view = view
    path.state = view == nil ? nil : track?.state(before: place.tokenIndex)
    let start = max(0, place.tokenIndex - 4096)
    path.firstTokenIndex = start
    path.sequence.reserveCapacity(place.tokenIndex - start + room)
    for index in start..<place.tokenIndex {
      path.sequence.append(id: sequence.id(at: index), tokenClass: sequence.tokenClass(at: index))
    }
    if place.tokenIndex > 0, ![.lineEnd, .indent].contains(lexed.token(at: place.tokenIndex - 1).kind) {
      path.left = side(of: place.tokenIndex - 1)
    }
    return path
  }

  /// How the word may go on that is typed at a place, in part or whole; the place itself where none is.
  private mutating func beginnings(
    at place: DocumentPlace, isBehindWord: Bool, _ empty: Path, while mayGoOn: () -> Bool
  ) -> [Path] {
    if place.typed.isEmpty { return [empty] }
    if isBehindWord { return [path(empty, with: place.typed, isTyped: true, probability: 1, place)] }
    let words = weighedWords(at: place, limit: Self.firstCount, empty.view, while: mayGoOn).words
    // What is typed whole is made another word only where that one is far more probable: then it stands before it.
    let whole = words.firstIndex { $0.isWhole } ?? words.count
    return words.prefix(whole + 1).compactMap { word in
      guard word.completion.match == .exact else { return nil }
      return path(
        empty, with: Array(word.completion.text.utf8), isTyped: word.isWhole,
        probability: word.completion.probability, place)
    }
  }

  /// A path that begins with a word of which some is typed.
  ///
  /// - Parameter isTyped: whether all of it is.
  private func path(
    _ empty: Path, with word: [UInt8], isTyped: Bool, probability: Double, _ place: DocumentPlace
  ) -> Path {
    var path = empty
    path.probability = probability
    if !isTyped {
      path.probabilities.append(probability)
      path.gain = ContinuationWorth.gain(of: word, closes: false)
      path.hasWord = true
      path.isFinished = true
    }
    path.lastWord = word
    path.unreadID = append(word, to: &path.sequence)
    path.text = String(decoding: word.dropFirst(place.typed.count), as: UTF8.self)
    var left = word.withUnsafeBytes {
      Spacing.Side(
        kind: kind(ofWord: String(decoding: word, as: UTF8.self), in: place.context), bytes: $0)
    }
    left.stand(behind: path.left, isApart: place.isAfterSpace)
    path.left = left
    path.isAfterSpace = false
    return path
  }

  /// What several of the words that may come first begin with, up to where a part of them ends: where nobody knows which of
  /// `free_list` and `free_block` comes, `free_`.
  private func stems(of paths: [Path], typedCount: Int) -> [Path] {
    var stems: [(word: ArraySlice<UInt8>, path: Path)] = []
    for path in paths where path.hasWord {
      let word = path.lastWord
      for end in NameParts.starts(word) where end > typedCount && mayBeShown(word[..<end], path.limits) {
        if let known = stems.firstIndex(where: { $0.word == word[..<end] }) {
          stems[known].path.probability += path.probability
          stems[known].path.isFinished =
            !path.limits.hasNext || ContinuationLimits.mayBeLast(Array(word[..<end]))
          continue
        }
        var stem = path
        stem.text = String(decoding: path.text.utf8.dropLast(word.count - end), as: UTF8.self)
        stem.gain = ContinuationWorth.gainOfStem
        // One word's only is no stem.
        stem.isFinished = false
        stems.append((word[..<end], stem))
      }
    }
    return stems.map { _, path in
      var path = path
      path.probabilities = [path.probability]
      return path
    }
  }

  /// Whether the beginning of a name is neither what was forgotten nor what stands behind the place.
  private func mayBeShown(_ stem: ArraySlice<UInt8>, _ limits: ContinuationLimits) -> Bool {
    var limits = limits
    return limits.admits(Array(stem)) && !stem.withUnsafeBytes { lexicon.forgotten.contains($0) }
  }

  private func admits(_ token: UInt32, behind path: Path) -> Bool {
    var limits = path.limits
    return limits.admits(lexicon.bytes(of: token))
  }

  /// A path with one more token; nil where it may not go on so.
  private func extended(
    _ path: Path, by token: UInt32, _ probability: Double, _ place: DocumentPlace, _ spacing: Spacing
  ) -> Path? {
    let bytes = lexicon.bytes(of: token)
    guard !bytes.isEmpty, !bytes.contains(where: { $0 < 0x20 }),
      bytes.withUnsafeBytes({ OfferedWords.isShown($0) && !lexicon.forgotten.contains($0) })
    else { return nil }
    var next = path
    guard next.limits.admits(bytes) else { return nil }
    // What is in a string is no code.
    let context = place.context == .code && path.limits.isInQuotes ? TokenContext.string : place.context
    var right = bytes.withUnsafeBytes { Spacing.Side(kind: kind(ofBytes: $0, in: context), bytes: $0) }
    if let left = path.left, !path.isAfterSpace {
      right.stand(behind: left, isApart: spacing.isApart(left, right))
      if right.isApart { next.text += " " }
    } else {
      right.stand(behind: path.left, isApart: true)
    }
    next.text += String(decoding: bytes, as: UTF8.self)
    next.probabilities.append(probability)
    next.probability *= probability
    next.lastWord = bytes
    next.hasWord = next.hasWord || ContinuationWorth.isWord(bytes)
    next.gain += ContinuationWorth.gain(of: bytes, closes: next.limits.openCount < path.limits.openCount)
    next.unreadID = append(bytes, to: &next.sequence)
    next.left = right
    next.isAfterSpace = false
    // A space that nothing follows is nothing to see.
    next.isFinished =
      bytes.last != 0x20
      && (!next.limits.hasNext || next.limits.isBalanced && ContinuationLimits.mayBeLast(bytes))
    return next
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

  /// The most probable tokens behind a path, which the network reads to its end.
  private mutating func successors(
    of path: inout Path, _ place: DocumentPlace, while mayGoOn: () -> Bool
  ) -> [(token: UInt32, probability: Float)] {
    if let id = path.unreadID {
      path.view = step(&path.state, by: id)
      path.unreadID = nil
      return mostProbable(Self.branchCount, behind: path, place)
    }
    return mostProbable(at: place, path, while: mayGoOn)
  }

  /// What the network expects behind one more word.
  private func step(_ state: inout RecurrentState?, by id: UInt32) -> RecurrentView? {
    guard let network = track?.component, var next = state else { return nil }
    network.network.step(network.token(of: id), &next)
    state = next
    return network.view(after: next)
  }

  /// What stands behind the place itself, the line's end as a rule, is no evidence of what is to come there: it is taken out
  /// of the document's counts as long as the path says what the document says.
  private func mostProbable(
    _ count: Int, behind path: Path, _ place: DocumentPlace
  ) -> [(token: UInt32, probability: Float)] {
    let index = path.firstTokenIndex + path.sequence.count
    let isInDocument =
      index == place.tokenIndex
      || index == place.tokenIndex + 1 && index <= sequence.count
        && path.sequence.id(at: path.sequence.count - 1) == sequence.id(at: index - 1)
    return ask(
      isInDocument ? sequence : path.sequence, at: isInDocument ? index : path.sequence.count,
      leavesOutToken: isInDocument, recurrent: path.view, adapted: true
    ) { $0.best(count) }
  }

  /// The most probable tokens at the place itself, with what stands behind it on its line.
  private mutating func mostProbable(
    at place: DocumentPlace, _ path: Path, while mayGoOn: () -> Bool
  ) -> [(token: UInt32, probability: Float)] {
    let best = mostProbable(Self.firstCount, behind: path, place)
    guard let gains = gains(of: best.map(\.token), place, path.view, while: mayGoOn) else { return best }
    let weighed = zip(best, gains).map { (token: $0.token, probability: $0.probability * expf($1)) }
    let (sum, changed) = (
      best.reduce(0) { $0 + $1.probability }, weighed.reduce(0) { $0 + $1.probability }
    )
    return weighed.map { ($0.token, min(1, $0.probability * sum / max(changed, 1e-30))) }
  }

  func kind(ofBytes bytes: UnsafeRawBufferPointer, in context: TokenContext) -> TokenKind {
    guard let first = bytes.first else { return .other }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
      if lexed.grammar.isProse && bytes.count == 1 && first == UInt8(ascii: "_") { return .punctuation }
      return kind(ofWord: String(decoding: bytes, as: UTF8.self), in: context)
    case 128...:
      if context != .code { return TokenKind.ofProse(beginningWith: bytes) }
      return kind(ofWord: String(decoding: bytes, as: UTF8.self), in: context)
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): return .delimiter
    default: return context == .code ? .operator : .punctuation
    }
  }
}
