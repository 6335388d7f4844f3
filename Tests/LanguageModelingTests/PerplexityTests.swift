import LanguageModeling
import Testing

@Suite struct PerplexityTests {
  @Test func countsWithAndWithoutUnknownWords() throws {
    var sum = Perplexity()
    #expect(sum.perplexity == nil && sum.perplexityExcludingOOV == nil && sum.bitsPerByte == nil)
    sum.add(logProbability: -0.693_147_2, isOOV: false)
    sum.add(logProbability: -2.079_441_5, isOOV: true)
    sum.bytes = 8
    #expect(sum.tokens == 2 && sum.oov == 1)
    #expect(abs(try #require(sum.perplexity) - 4) < 1e-5)
    #expect(abs(try #require(sum.perplexityExcludingOOV) - 2) < 1e-5)
    #expect(abs(try #require(sum.bitsPerToken) - 2) < 1e-5)
    #expect(abs(try #require(sum.bitsPerTokenInVocabulary) - 1) < 1e-5)
    #expect(abs(try #require(sum.bitsPerByte) - 0.5) < 1e-5)
    var twice = sum
    twice += sum
    #expect(twice.tokens == 4 && twice.perplexity == sum.perplexity)
  }
}
