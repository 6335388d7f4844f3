import Platform
import Privacy
import Tagging

/// Reads tagged files: secrets and forgotten words become one word that nobody has written, forgotten files are left out.
struct TaggedTextReading {
  let forgotten: ForgottenList
  let reporter: BuildReporter
  let columns: TaggedTextReader.Columns

  /// The sentences of files, and the names of their tags.
  ///
  /// - Parameter tags: names that are known; nil takes up those that come.
  func read(
    _ paths: [String], tags: [String]? = nil
  ) throws(Failure) -> (sentences: [TaggedSentence], tags: [String]) {
    var reader = TaggedTextReader(columns: columns, tags: tags)
    var sentences: [TaggedSentence] = []
    for path in paths {
      if let real = realPath(path), forgotten.contains(path: real) {
        reporter.warn(Failure(path, why: "left out: it was forgotten on request"))
        continue
      }
      guard !isDirectory(path) else {
        throw Failure(path, why: "is a directory", remedy: "name the files in it")
      }
      let input = try NamedInput(path)
      sentences += try input.withBytes { (bytes) throws(Failure) in
        try reader.sentences(of: bytes, name: path)
      }
    }
    return (try withheld(sentences), reader.tags)
  }

  /// The same sentences with what nobody is to learn made one word.
  private func withheld(_ sentences: [TaggedSentence]) throws(Failure) -> [TaggedSentence] {
    let types = TypeReader(forgotten: forgotten.lastingWords)
    // A sentence a line: what is a secret is judged by its line.
    var text: [UInt8] = []
    for sentence in sentences {
      for word in sentence.words { text += Self.plain(word) + [0x20] }
      text.append(0x0A)
    }
    var result = sentences
    var (sentence, word) = (0, 0)
    let outcome: Result<Void, Failure> = text.withUnsafeBytes { text in
      do throws(Failure) {
        try types.forEachType(ofTokens: text) { type throws(Failure) in
          guard let type else {
            (sentence, word) = (sentence + 1, 0)
            return
          }
          if Tokenization.isWithheld(Array(type)) { result[sentence].words[word] = Tokenization.redacted }
          word += 1
        }
        return .success(())
      } catch { return .failure(error) }
    }
    try outcome.get()
    return result
  }

  /// A word as one token between spaces that is no mark of a sentence's ends.
  private static func plain(_ word: [UInt8]) -> [UInt8] {
    let isMark = word.elementsEqual("<s>".utf8) || word.elementsEqual("</s>".utf8)
    return isMark ? [UInt8(ascii: "<")] : word.map { $0 <= 0x20 ? UInt8(ascii: "_") : $0 }
  }
}
