import Lexing
import Platform
import Testing

@testable import ModelBuilding

@Suite struct LanguageClassifierTests {
  /// Texts of made-up languages, which share most of their words.
  private static func write(_ folder: String) throws {
    let shared = ["count", "name", "value", "next", "list", "(", ")", "=", "1"]
    let own = ["alpha": ["begin", "end;"], "beta": ["{", "}"], "gamma": ["let", "in"]]
    var random = SplitMix64(seed: 5)
    for (language, words) in own.sorted(by: { $0.key < $1.key }) {
      for package in 0..<24 {
        let place = "\(folder)/\(language)/p\(package)"
        try createDirectories(place)
        for file in 0..<6 {
          let text = (0..<60).map { _ in
            random.next() % 4 == 0
              ? words.randomElement(using: &random)! : shared.randomElement(using: &random)!
          }.joined(separator: " ")
          try writeFileAtomically("\(place)/\(file)", Array(text.utf8))
        }
      }
    }
  }

  @Test func languagesAreToldInPackagesThatWereNotSeen() throws {
    let folder = "/tmp/inkling-language-texts-\(getpid())"
    defer { removeTree(folder) }
    try Self.write(folder)
    let builder = LanguageClassifierBuilder(kind: .files, byteLimit: 10_000, threadCount: 2)
    var last = 0.0
    let (classifier, measured) = try builder.build(folder) { done in
      #expect(done >= last && done <= 1)
      last = done
    }
    #expect(classifier.labels == ["alpha", "beta", "gamma"])
    #expect(measured.answers.count >= 24 && measured.accuracy(coverage: 1) == 1)
    #expect(classifier.serialized().count <= 10_000 && measured.byteCount == classifier.serialized().count)
    #expect(measured.byLabel.reduce(0) { $0 + $1.count } == measured.answers.count)
    // As many threads as there are, and each time the same.
    let other = try LanguageClassifierBuilder(kind: .files, byteLimit: 10_000, threadCount: 1).build(folder) {
      _ in
    }
    #expect(other.classifier.serialized() == classifier.serialized())
    // A small file holds the features that tell most.
    let small = try LanguageClassifierBuilder(kind: .files, byteLimit: 250, threadCount: 2).build(folder) {
      _ in
    }
    #expect(small.classifier.serialized().count <= 250)
    #expect(small.measurement.accuracy(coverage: 1) > 0.9)
  }

  @Test func whatCannotBeMeasuredIsRefused() throws {
    let folder = "/tmp/inkling-language-few-\(getpid())"
    defer { removeTree(folder) }
    let builder = LanguageClassifierBuilder(kind: .files, byteLimit: 10_000, threadCount: 1)
    #expect(throws: Failure.self) { try builder.build(folder) { _ in } }
    try createDirectories(folder + "/only/package")
    #expect(throws: Failure.self) { try builder.build(folder) { _ in } }
    try createDirectories(folder + "/other/package")
    #expect(throws: Failure.self) { try builder.build(folder) { _ in } }
  }
}
