import Platform
import Testing

@testable import Lexing

@Suite struct HashedClassifierTests {
  private static let small = HashedClassifier(
    kind: .files, labels: ["a", "b", "c"], leastProbability: 0.6, scale: 0.5, bias: [0, 0.25, -0.25],
    features: [
      (key: 3, weights: [.init(label: 0, weight: 4)]),
      (key: 900, weights: [.init(label: 0, weight: -2), .init(label: 2, weight: 100)]),
      (key: .max, weights: []),
    ])

  private static func near(_ a: [Float], _ b: [Float]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-6 }
  }

  /// Of two known features (4 − 2, 0, 100) · 0.5 / √2, and what is added to each.
  @Test func probabilitiesAreThoseOfTheSums() {
    func softmax(_ logits: [Float]) -> [Float] {
      let powers = logits.map { expf($0) }
      return powers.map { $0 / powers.reduce(0, +) }
    }
    let root = Float(2).squareRoot()
    #expect(Self.near(Self.small.probabilities([]), softmax([0, 0.25, -0.25])))
    #expect(Self.near(Self.small.probabilities([3, 17]), softmax([2, 0.25, -0.25])))
    #expect(Self.near(Self.small.probabilities([3, 900]), softmax([1 / root, 0.25, 50 / root - 0.25])))
  }

  /// However often a text has a feature.
  @Test func aTextIsToldByItsDistinctFeatures() {
    let text = Array("let x = 1\nlet y = 1\nlet let let\n".utf8)
    text.withUnsafeBytes { text in
      let keys = LanguageFeatures.files.keys(of: text)
      let occurrences = LanguageFeatures.files.occurrences(in: text)
      #expect(Set(occurrences) == Set(keys) && occurrences.count > keys.count)
      let classifier = HashedClassifier(
        kind: .files, labels: ["a", "b"], leastProbability: 0.5, scale: 0.1, bias: [0, 0],
        features: keys.enumerated().map { place, key in
          (key: key, weights: [.init(label: UInt8(place % 2), weight: Int8(place % 50))])
        })
      #expect(classifier.probabilities(of: text) == classifier.probabilities(keys))
    }
  }

  @Test func theFileIsReadAsItWasWritten() throws {
    let bytes = Self.small.serialized()
    let read = try HashedClassifier(bytes, path: "x")
    #expect(read.labels == ["a", "b", "c"] && read.kind == .files && read.leastProbability == 0.6)
    for keys in [[], [3], [900], [3, 900, .max]] as [[UInt32]] {
      #expect(read.probabilities(keys) == Self.small.probabilities(keys))
    }
    #expect(read.serialized() == bytes)
  }

  /// Whatever byte is another, the checksum or the sizes tell; where somebody has made the checksum fit, what is read is used
  /// without harm or refused.
  @Test func damageIsRefused() {
    let bytes = Self.small.serialized()
    for count in 0..<bytes.count {
      #expect(throws: Failure.self) { try HashedClassifier(Array(bytes.prefix(count)), path: "x") }
    }
    #expect(throws: Failure.self) { try HashedClassifier(bytes + [0], path: "x") }
    var random = SplitMix64(seed: 1)
    for index in bytes.indices {
      for _ in 0..<4 {
        var damaged = bytes
        damaged[index] ^= UInt8(1 + random.next() % 255)
        // The scale and the least probability are no sizes, and before what is summed up.
        if index >= 40 || index < 8 {
          #expect(throws: Failure.self) { try HashedClassifier(damaged, path: "x") }
        }
        let sum = UInt32(truncatingIfNeeded: fnv1a64(damaged[40...]))
        withUnsafeBytes(of: sum.littleEndian) { damaged.replaceSubrange(28..<32, with: $0) }
        if let read = try? HashedClassifier(damaged, path: "x") {
          #expect(read.probabilities([3, 900, .max]).count == 3)
        }
      }
    }
  }
}
