import JSON
import Platform
import Tagging

/// A text as sentences of words.
struct SplitText {
  struct Word {
    var word: [UInt8]
    /// In the text; nil where the words were given.
    var byteRange: Range<Int>?
  }

  /// For messages and answers: the path, or `<stdin>`.
  let name: String
  let sentences: [[Word]]

  init(_ input: TextInput) {
    name = input.name
    sentences = input.bytes.withUnsafeBytes { text in
      TextSentences(text, grammar: input.grammar).sentences.map { sentence in
        sentence.map { Word(word: Array(text[$0]), byteRange: $0) }
      }
    }
  }

  /// - Parameter path: of words a line; nil for standard input.
  init(words path: String?) throws(Failure) {
    name = path ?? "<stdin>"
    if let path, isDirectory(path) {
      throw Failure(path, why: "is a directory", remedy: "name the files in it")
    }
    let input = try NamedInput(path, limit: TextInput.byteLimit)
    var reader = TaggedTextReader(columns: .words)
    let name = name
    sentences = try input.withBytes { (bytes) throws(Failure) in
      try reader.sentences(of: bytes, name: name)
    }.map { sentence in sentence.words.map { Word(word: $0, byteRange: nil) } }
  }

  func json(_ answers: [TagAnswer], _ tags: [String]) -> JSON {
    [
      "path": .string(name),
      "sentences": .array(
        zip(sentences, answers).map { sentence, answer in
          .array(
            sentence.enumerated().map { place, word in
              var object: JSONObject = ["word": .string(String(decoding: word.word, as: UTF8.self))]
              if let range = word.byteRange {
                object["byteOffset"] = JSON(range.lowerBound)
                object["byteCount"] = JSON(range.count)
              }
              for (key, value) in answer.members(at: place, tags) { object[key] = value }
              return .object(object)
            })
        }),
    ]
  }
}
