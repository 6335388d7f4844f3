import Lexing
import Privacy

extension Lexicon {
  /// The words of a document. They are held until `release`.
  func sequence(of document: LexedDocument, privacy: DocumentPrivacy = .secrets) -> TokenSequence {
    var result = TokenSequence()
    result.reserveCapacity(document.tokenCount)
    withInterning { interning in
      document.withBytes(in: 0..<document.byteCount) { bytes in
        var redaction =
          privacy == .everything ? Redaction(ranges: [0..<bytes.count]) : Redaction(ofSecretsIn: bytes)
        for index in 0..<document.tokenCount {
          let token = document.token(at: index)
          let word = interning.intern(
            token, text: UnsafeRawBufferPointer(rebasing: bytes[token.byteRange]),
            isRedacted: redaction.covers(token))
          result.append(id: word.id, tokenClass: word.tokenClass)
        }
      }
      interning.hold(result)
    }
    return result
  }

  /// The words of a document that is split already. They are held until `release`.
  func sequence(ofWords words: [[UInt8]]) -> TokenSequence {
    var result = TokenSequence()
    result.reserveCapacity(words.count)
    withInterning { interning in
      for bytes in words {
        let word = bytes.withUnsafeBytes { interning.intern($0) }
        result.append(id: word.id, tokenClass: word.tokenClass)
      }
      interning.hold(result)
    }
    return result
  }
}
