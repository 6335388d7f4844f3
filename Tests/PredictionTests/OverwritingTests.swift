import LanguageModeling
import Platform
import Testing

@testable import Prediction

/// A model whose files are written into while documents are open.
@Suite struct OverwritingTests {
  @Test(arguments: ["vocabulary.txt", "ngrams.bin", "contexts.bin"]) func answersGoOn(name: String) throws {
    let directory = "/tmp/inkling-overwriting-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    defer { removeTree(directory) }
    try createDirectories(directory)
    let model = try makeModel(directory: directory)
    let descriptor = open(directory + "/" + name, O_RDWR)
    defer { close(descriptor) }
    let count = try #require(FileVersion(directory + "/" + name)).byteCount
    var random = SplitMix64(seed: 31)
    var answers = 0
    for round in 0..<150 {
      for _ in 0..<8 {
        var noise = (0..<(1 + random.next() % 16)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        if round % 5 == 0 { noise = noise.map { _ in round % 2 == 0 ? 0 : 255 } }
        let place = Int64(random.next() % UInt64(count))
        _ = pwrite(descriptor, noise, min(noise.count, Int(count - place)), off_t(place))
      }
      let text = Array("let gammaRay = beta ( other , theta ) let x = al".utf8)
      let predictor = DocumentPredictor(text: text, grammar: testGrammar, model: model)
      _ = predictor.surprisals(in: 0..<text.count, waitsForNetwork: true)
      for place in [text.count, 5, 15] {
        answers += predictor.completions(at: place, limit: 20, while: { true }).items.count
        _ = predictor.continuation(at: place, minimumProbability: 0.001, while: { true })
      }
      _ = predictor.knowledge(of: "gammaRay", at: 10)
      for id in 0..<12 { answers += model.vocabulary.string(of: TokenID(id)).count & 1 }
    }
    #expect(ftruncate(descriptor, 0) == 0)
    let predictor = DocumentPredictor(text: Array("let al".utf8), grammar: testGrammar, model: model)
    answers += predictor.completions(at: 6, limit: 20, while: { true }).items.count
    #expect(answers > 0)
  }
}
