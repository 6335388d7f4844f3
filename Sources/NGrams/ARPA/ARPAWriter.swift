import LanguageModeling
import Platform

/// Writes models as ARPA files, which KenLM, SRILM and Kaldi read.
public struct ARPAWriter: ~Copyable {
  private let model: NGramModel
  private let vocabulary: Vocabulary
  private let isEscaped: Bool
  private var file: AtomicFile
  private var buffer: [UInt8] = []

  /// Writes `model` to `path`, which holds the old content or the new, whole; a device or pipe is written to.
  ///
  /// Types with white space in them, which the format cannot hold, make all types be escaped as in vocabulary.txt,
  /// spaces as `\x20`; a first line says so.
  public static func write(_ model: NGramModel, _ vocabulary: Vocabulary, to path: String) throws(Failure) {
    var writer = ARPAWriter(
      model, vocabulary, try AtomicFile(path, keepsMode: true, links: .followed))
    try writer.write()
    try writer.file.commit()
  }

  private init(_ model: NGramModel, _ vocabulary: Vocabulary, _ file: consuming AtomicFile) {
    self.model = model
    self.vocabulary = vocabulary
    self.file = file
    isEscaped = (0..<vocabulary.count).contains { id in
      vocabulary.withBytes(of: TokenID(id)) { bytes in
        bytes.isEmpty || bytes.contains { $0 <= 0x20 || $0 == 0x7F }
      }
    }
  }

  private mutating func write() throws(Failure) {
    if isEscaped { append(ARPAReader.escapeMark + "\n") }
    append("\\data\\\n")
    for (place, count) in model.counts.enumerated() { append("ngram \(place + 1)=\(count)\n") }
    for order in 1...model.order {
      append("\n\\\(order)-grams:\n")
      var words: [UInt32] = []
      try writeChildren(of: model.emptyState, &words, order: order)
    }
    append("\n\\end\\\n")
    try flush()
  }

  private mutating func append(_ text: String) { buffer += text.utf8 }

  /// Writes all n-grams of `order` that begin with `words`, whose state is `state`.
  private mutating func writeChildren(
    of state: NGramModel.State, _ words: inout [UInt32], order: Int
  ) throws(Failure) {
    let depth = words.count
    let contexts = ContextChain(model, state)
    guard depth <= contexts.greatestDepth else { return }
    for index in contexts.begins[depth]..<contexts.ends[depth] {
      words.append(contexts.word(index, depth, model))
      if depth + 1 == order {
        try writeLine(
          words,
          depth == 0 ? model.unigrams.logProbability(index) : model.levels[depth - 1].logProbability(index),
          order < model.order ? model.logBackoff(index, order) : 0)
      } else {
        var next = state
        let score = model.score(TokenID(rawValue: words[depth]), after: state, next: &next)
        if score.matchedOrder == depth + 1 { try writeChildren(of: next, &words, order: order) }
      }
      words.removeLast()
    }
  }

  private mutating func writeLine(
    _ words: [UInt32], _ logProbability: Float, _ logBackoff: Float
  ) throws(Failure) {
    appendDecimalLogarithm(max(logProbability, NGramTable.impossible))
    for (place, word) in words.enumerated() {
      buffer.append(place == 0 ? 0x09 : 0x20)
      vocabulary.withBytes(of: TokenID(rawValue: word)) { bytes in
        if isEscaped {
          VocabularyEscapes.append(bytes, to: &buffer, escapesSpace: true)
        } else {
          buffer += bytes
        }
      }
    }
    if words.count < model.order {
      buffer.append(0x09)
      appendDecimalLogarithm(logBackoff)
    }
    buffer.append(0x0A)
    if buffer.count >= 1 << 17 { try flush() }
  }

  private mutating func appendDecimalLogarithm(_ value: Float) {
    let decimal = Float(Double(value) / ARPAReader.naturalPerDecimal)
    if decimal == 0 { buffer.append(0x30) } else { buffer += decimal.description.utf8 }
  }

  private mutating func flush() throws(Failure) {
    let (descriptor, path) = (file.descriptor, file.path)
    let outcome: Result<Void, Failure> = buffer.withUnsafeBytes { bytes in
      do throws(Failure) {
        return .success(try writeAll(descriptor, bytes, path: path))
      } catch { return .failure(error) }
    }
    try outcome.get()
    buffer.removeAll(keepingCapacity: true)
  }
}
