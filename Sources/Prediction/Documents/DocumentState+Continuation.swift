import LanguageModeling
import Lexing
import Neural
import Platform

extension DocumentState {
  /// Greedy search: the most probable word after the other, the network going along from its state at the place.
  mutating func continuation(
    at byteOffset: Int, maximumTokens: Int, minimumProbability: Double, while mayGoOn: () -> Bool
  ) -> Continuation? {
    // The path's words may be no document's.
    lexicon.beginUse()
    defer { lexicon.endUse() }
    let place = DocumentPlace(lexed, at: byteOffset)
    var view = networkView(before: place.tokenIndex, while: mayGoOn)
    var state = view == nil ? nil : track?.state(before: place.tokenIndex)
    var text = ""
    var probabilities: [Double] = []
    // What comes before the place, as far back as anything looks.
    let start = max(0, place.tokenIndex - 4096)
    var path = TokenSequence()
    path.reserveCapacity(place.tokenIndex - start + maximumTokens)
    for index in start..<place.tokenIndex {
      path.append(id: sequence.id(at: index), tokenClass: sequence.tokenClass(at: index))
    }
    let spacing = spacing(before: place.tokenIndex)
    var left = place.tokenIndex > 0 ? side(of: place.tokenIndex - 1) : nil
    var isAfterSpace = place.isAfterSpace
    if !place.typed.isEmpty {
      guard let first = completions(at: byteOffset, limit: 1, while: mayGoOn).items.first,
        first.match == .exact,
        first.probability >= minimumProbability
      else { return nil }
      let bytes = Array(first.text.utf8)
      view = step(&state, by: append(bytes, to: &path))
      text = String(decoding: bytes.dropFirst(place.typed.count), as: UTF8.self)
      probabilities.append(first.probability)
      left = bytes.withUnsafeBytes {
        Spacing.Side(kind: kind(ofWord: first.text, in: place.context), bytes: $0)
      }
      isAfterSpace = false
    }
    while probabilities.count < maximumTokens {
      guard let next = mostProbable(path, view), Double(next.probability) >= minimumProbability else { break }
      let bytes = lexicon.bytes(of: next.token)
      let isShown = bytes.withUnsafeBytes { Self.isShown($0) && !lexicon.forgotten.contains($0) }
      if bytes.isEmpty || bytes.contains(where: { $0 < 0x20 }) || !isShown { break }
      let word = String(decoding: bytes, as: UTF8.self)
      let right = bytes.withUnsafeBytes {
        Spacing.Side(kind: kind(ofBytes: $0, in: place.context), bytes: $0)
      }
      if let left, !isAfterSpace, spacing.isApart(left, right) { text += " " }
      text += word
      probabilities.append(Double(next.probability))
      view = step(&state, by: append(bytes, to: &path))
      left = right
      isAfterSpace = false
    }
    return text.isEmpty ? nil : Continuation(text: text, probabilities: probabilities)
  }

  private func append(_ bytes: [UInt8], to path: inout TokenSequence) -> UInt32 {
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
    ask(path, at: path.count, leavesOutToken: false, recurrent: view) { $0.best(1).first }
  }

  private func kind(ofBytes bytes: UnsafeRawBufferPointer, in context: TokenContext) -> TokenKind {
    guard let first = bytes.first else { return .other }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
      128...:
      return kind(ofWord: String(decoding: bytes, as: UTF8.self), in: context)
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): return .delimiter
    default: return context == .code ? .operator : .punctuation
    }
  }
}
