/// What is typed of a word, prepared to be compared with many words.
struct TypedWord {
  let bytes: [UInt8]
  /// See `Folding`.
  let folded: [UInt8]
  let isASCII: Bool
  let beginsWithCapital: Bool
  /// Whether something behind the first letter is a capital, as in `gPV`: then initials are meant.
  let hasInnerCapital: Bool
  /// What words that agree with it have.
  let signature: WordSignature

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    folded = Folding.folded(bytes)
    isASCII = !bytes.contains { $0 >= 0x80 }
    beginsWithCapital = String(decoding: bytes.prefix(4), as: UTF8.self).first?.isUppercase ?? false
    let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
    hasInnerCapital =
      bytes.dropFirst().contains(where: capitals.contains) && !bytes.allSatisfy(capitals.contains)
    signature = WordSignature(ofTyped: isASCII ? folded : nil)
  }

  var isEmpty: Bool { bytes.isEmpty }

  /// The ways to write the beginning that differ in case: as it is, then lower case, with a capital, in capitals.
  var casings: [[UInt8]] {
    let text = String(decoding: bytes, as: UTF8.self)
    var result = [bytes]
    for other in [
      text.lowercased(), text.prefix(1).uppercased() + text.dropFirst().lowercased(), text.uppercased(),
    ] {
      let other = Array(other.utf8)
      if !result.contains(other) { result.append(other) }
    }
    return result
  }
}
