import Neural
import Platform
import Testing

@testable import NeuralTraining

@Suite struct SpellingTests {
  @Test func learnsHowWordsLook() throws {
    // Consonant and vowel in turns, three times.
    var random = SplitMix64(seed: 9)
    let words = (0..<300).map { _ -> (bytes: [UInt8], count: Int) in
      let letters = (0..<3).flatMap { _ in
        [Array("bdgkmt".utf8)[Int(random.next() % 6)], Array("aeiou".utf8)[Int(random.next() % 5)]]
      }
      return (letters, 1)
    }
    var trainer = SpellingTrainer()
    trainer.hiddenSize = 16
    trainer.embeddingSize = 8
    trainer.streamCount = 16
    trainer.epochs = 12
    trainer.threadCount = 1
    let result = try trainer.train(words + [([], 5)])
    let loss = try #require(result.heldOutLoss)
    // (3 ln 6 + 3 ln 5) / 7 = 1.46 nats a byte are free; without having learnt anything it would be ln 257 = 5.5.
    #expect(loss < 2.8, "\(loss)")
    let path = "/tmp/inkling-spelling-tests-\(getpid()).safetensors"
    defer { unlink(path) }
    try result.network.write(to: path)
    let architecture = try RecurrentArchitecture(metadata: Safetensors(path).metadata)
    #expect(architecture.units == .spelling && architecture.vocabularyCount == SpellingAlphabet.count)
    #expect(throws: Failure.self) { try trainer.train([([], 1)]) }
  }

  @Test func longWordsAreCut() throws {
    var trainer = SpellingTrainer()
    trainer.hiddenSize = 8
    trainer.embeddingSize = 4
    trainer.streamCount = 2
    trainer.epochs = 1
    trainer.threadCount = 1
    _ = try trainer.train([(Array(repeating: 0x61, count: 500), 3), ([0xFF], 1)])
  }
}

@Suite struct TrainingReportTests {
  @Test func thePageIsWholeAndEscaped() throws {
    var report = TrainingReport()
    let trainer = try NeuralTrainer(TrainerTests.text(), options: TrainerTests.options(epochs: 3))
    _ = try trainer.run(report: { report.record($0) })
    report.record(.notice("a <b> & \"c\""))
    let page = report.html(samples: [("1.", "</p><script>")])
    #expect(page.contains("a &lt;b&gt; &amp; &quot;c&quot;") && !page.contains("<script>"))
    #expect(page.contains("<polyline") && page.hasSuffix("</html>\n"))
    // Nothing is fetched from anywhere.
    #expect(!page.contains("http"))
  }

  @Test func numbersAreShort() {
    #expect(TrainingReport.number(12345.678) == "12346")
    #expect(TrainingReport.number(0.002) == "0.002")
    #expect(TrainingReport.number(1.5) == "1.5")
    #expect(TrainingReport.number(.infinity) == "–")
  }
}
