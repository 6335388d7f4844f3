import LanguageModeling
import NGrams
import Platform
import Privacy
import Testing

@testable import ModelBuilding

@Suite struct TokenFileReadingTests {
  @Test(arguments: [3, 7, 16, 100], [4, 1 << 20])
  func blocksMayBeCutAnywhere(size: Int, lineLimit: Int) throws {
    let folder = TemporaryFolder()
    let path = try folder.write(
      "text", "\u{FEFF}the  cat\tsat\r\n\n<s> on <unk> the</s> mat </s>\nlast line")
    var reading = TokenFileReading(types: TypeReader())
    reading.blockByteCount = size
    reading.lineByteLimit = lineLimit
    var corpus = CorpusCounter()
    try reading.append(path, to: &corpus)
    #expect(corpus.sequenceCount == 4 && corpus.tokenCount == 8)
    let types = try NGramEstimator(EstimationOptions()).estimate(corpus).vocabulary.types
    #expect(types == ["cat", "last", "line", "mat", "on", "sat", "the", "the</s>"])
  }

  @Test func twoThreadsReadAFileAsOneDoes() throws {
    let folder = TemporaryFolder()
    let path = try folder.write("text", sentences(3000) + "last")
    var vocabularies: [[String]] = []
    for threadCount in [1, 2] {
      var reading = TokenFileReading(types: TypeReader(), threadCount: threadCount)
      reading.largeByteCount = 1 << 12
      var corpus = CorpusCounter()
      try reading.append(path, to: &corpus)
      #expect(corpus.sequenceCount == 3001)
      vocabularies.append(try NGramEstimator(EstimationOptions()).estimate(corpus).vocabulary.types)
    }
    #expect(vocabularies[0] == vocabularies[1] && vocabularies[0].count > 10)
  }
}
