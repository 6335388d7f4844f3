import LanguageModeling
import NGrams
import Timing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How fast an n-gram model opens, scores and lists successors, on one thread.
///
///     swift run -c release --package-path Benchmarks ngram-speed MODEL TOKENFILE
///
/// TOKENFILE has a sentence a line, tokens split by spaces. Prints one JSON object: `opening` (milliseconds: every file
/// hashed, the vocabulary read and its hash table made; the best of three), `reading` and `scoring` (nanoseconds a
/// token: text to ids, and ids to ln P; the best of five), `successors` (microseconds, at 20,000 places of the text, the
/// `limit` most probable words; `typed` asks for those with the first two bytes of the word that follows).
@main
struct NGramSpeed {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count == 2 else { stop("usage: ngram-speed MODEL TOKENFILE", status: 2) }
    guard let text = contents(arguments[1]), !text.isEmpty else {
      stop("\(arguments[1]) is empty or cannot be read", status: 1)
    }
    var opened = try Opened(arguments[0])
    var opening = Double.infinity
    for _ in 0..<3 { opening = min(opening, try microseconds { opened = try Opened(arguments[0]) }) }
    let ids = read(text, opened.vocabulary)
    var (reading, scoring) = (Double.infinity, Double.infinity)
    for _ in 0..<5 {
      reading = min(reading, microseconds { _ = read(text, opened.vocabulary) })
      scoring = min(scoring, microseconds { _ = score(ids, opened.ngrams) })
    }
    let count = Double(ids.count)
    print(
      "{\"tokens\": \(ids.count), \"opening\": \(tenths(opening / 1000)),",
      "\"reading\": \(tenths(reading * 1000 / count)), \"scoring\": \(tenths(scoring * 1000 / count)),",
      "\"perplexity\": \(score(ids, opened.ngrams)),",
      "\"successors\": [\(successors(ids, opened).joined(separator: ",\n "))]}")
  }

  /// A model as `inkling score` opens it.
  struct Opened {
    let vocabulary: Vocabulary
    let ngrams: NGramModel

    init(_ path: String) throws {
      let directory = try ModelDirectory(path)
      vocabulary = try directory.vocabulary()
      guard let file = directory.file(ModelDirectory.ngramsName) else {
        stop("\(path) has no n-grams", status: 1)
      }
      ngrams = try NGramModel(file: file, vocabularyCount: vocabulary.count)
      _ = NGramSpeed.read(Array("a b\n".utf8), vocabulary)
    }
  }

  private static func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }

  private static func read(_ text: [UInt8], _ vocabulary: Vocabulary) -> [UInt32] {
    text.withUnsafeBytes { bytes in
      var reader = TokenIDReader(bytes, vocabulary: vocabulary, sequenceEnds: .lines)
      return [UInt32](unsafeUninitializedCapacity: bytes.count + 128) { ids, count in
        while true {
          let read = reader.read(into: UnsafeMutableBufferPointer(rebasing: ids[count...]))
          if read == 0 { return }
          count += read
        }
      }
    }
  }

  /// - Returns: the perplexity.
  private static func score(_ ids: [UInt32], _ model: NGramModel) -> Double {
    let blockCount = 1 << 15
    var scorer = NGramStreamScorer(model)
    var logProbabilities = [Float](repeating: 0, count: blockCount)
    var sum = 0.0
    ids.withUnsafeBufferPointer { ids in
      for start in stride(from: 0, to: ids.count, by: blockCount) {
        let block = UnsafeBufferPointer(rebasing: ids[start..<min(ids.count, start + blockCount)])
        logProbabilities.withUnsafeMutableBufferPointer { target in
          scorer.score(block, into: target)
          for place in block.indices { sum -= Double(target[place]) }
        }
      }
    }
    return exp(sum / Double(max(1, ids.count)))
  }

  private static func successors(_ ids: [UInt32], _ opened: Opened) -> [String] {
    let model = opened.ngrams
    var numbers = SeededNumbers(seed: 11)
    let places = (0..<20_000).map { _ in Int.random(in: 0..<ids.count, using: &numbers) }
    let states = places.map { place in
      let before = ids[max(0, place - model.order + 1)..<place]
      let start = before.lastIndex(of: TokenID.sentenceEnd.rawValue).map { $0 + 1 } ?? before.startIndex
      return model.state(
        after: before[start...].map { TokenID(rawValue: $0) }, atSentenceStart: start > before.startIndex)
    }
    let prefixes = places.map { place in
      let typed = opened.vocabulary.bytes(of: TokenID(rawValue: ids[place])).prefix(2)
      return opened.vocabulary.ids(withPrefix: typed)
    }
    return [(10, false), (48, false), (192, true)].map { limit, isTyped in
      let times = places.indices.map { index in
        microseconds {
          model.successors(of: states[index], limit: limit, inIDs: isTyped ? prefixes[index] : nil)
        }
      }
      return "{\"limit\": \(limit), \"typed\": \(isTyped), \"microseconds\": \(percentiles(times))}"
    }
  }
}
