import LanguageModeling
import Platform
import Testing

@testable import NGrams

@Suite struct NGramStreamTests {
  /// A stream scored many places at once gives what token by token gives, to the bit, however it is cut into blocks.
  @Test(arguments: [(2, false), (3, false), (5, false), (5, true)])
  func equalsTokenByToken(_ order: Int, _ isQuantized: Bool) throws {
    let plain = PlainModel(
      order: order, vocabularyCount: 60,
      sentences: PlainModel.sentences(count: 400, vocabularyCount: 60, seed: 21))
    let model = try openModel(plain.table, options: NGramFileOptions(isQuantized: isQuantized))
    // Ids from 60 on are outside the vocabulary. Long enough for the cache of transitions to grow.
    let stream = PlainModel.sentences(count: 2600, vocabularyCount: 64, seed: 22)
      .flatMap { sentence -> [UInt32] in sentence + [2] }
    var expected: [Float] = []
    var state = model.sentenceStartState
    for id in stream {
      expected.append(model.score(TokenID(rawValue: id), after: state, next: &state).logProbability)
      if id == 2 { state = model.sentenceStartState }
    }
    for blockCount in [stream.count, 700, 513, 33] {
      var scorer = NGramStreamScorer(model)
      var scores = [Float](repeating: 0, count: stream.count)
      stream.withUnsafeBufferPointer { ids in
        scores.withUnsafeMutableBufferPointer { target in
          for start in stride(from: 0, to: ids.count, by: blockCount) {
            let range = start..<min(ids.count, start + blockCount)
            scorer.score(
              UnsafeBufferPointer(rebasing: ids[range]),
              into: UnsafeMutableBufferPointer(rebasing: target[range]))
          }
        }
      }
      #expect(scores == expected)
    }
  }

  /// A buffer longer than the stream is filled as far as the stream goes.
  @Test(arguments: [3, 600]) func longerBufferKeepsItsRest(_ count: Int) throws {
    let plain = PlainModel(
      order: 3, vocabularyCount: 60,
      sentences: PlainModel.sentences(count: 100, vocabularyCount: 60, seed: 23))
    let model = try openModel(plain.table)
    let stream = (0..<count).map { UInt32($0 % 57 + 3) }
    var expected: [Float] = []
    var state = model.sentenceStartState
    for id in stream {
      expected.append(model.score(TokenID(rawValue: id), after: state, next: &state).logProbability)
    }
    var scorer = NGramStreamScorer(model)
    var scores = [Float](repeating: 9, count: count + 700)
    stream.withUnsafeBufferPointer { ids in
      scores.withUnsafeMutableBufferPointer { scorer.score(ids, into: $0) }
    }
    #expect(scores == expected + [Float](repeating: 9, count: 700))
  }

  /// Ids, ends of sequences and marks that are passed over, whatever the length of the text.
  @Test func tokensBecomeIDs() {
    let types = [
      "a", "bc", "of-8-by-", "of-9-byt-", "of-16-by-of-16-b", "of-16-by-of-16-b-", "long-word-of-20-bytes",
    ]
    let vocabulary = Vocabulary(types: types.map { Array($0.utf8) })
    let line =
      "a bc\tx <s> </s> of-8-by- of-9-byt- of-16-by-of-16-b of-16-by-of-16-b- long-word-of-20-bytes\n\n"
    let lineIDs: [UInt32] =
      [3, 4, 0] + types[2...].map { vocabulary.id(of: $0)!.rawValue } + [2, 2]
    for repetitions in 0..<70 {
      for (ending, hasOpenLine) in [("", false), ("a", true)] {
        let text = Array((String(repeating: line, count: repetitions) + ending).utf8)
        var ids: [UInt32] = []
        text.withUnsafeBytes { bytes in
          var reader = TokenIDReader(bytes, vocabulary: vocabulary, sequenceEnds: .lines)
          let block = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: 128)
          defer { block.deallocate() }
          while true {
            let count = reader.read(into: block)
            if count == 0 { break }
            ids += block[..<count]
          }
        }
        let expected = (0..<repetitions).flatMap { _ in lineIDs }
        #expect(ids == expected + (hasOpenLine ? [3, 2] : []))
      }
    }
  }
}
