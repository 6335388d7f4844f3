import Testing

@testable import NeuralTraining

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
