import Lexing
import NGrams
import Platform

/// Texts with the languages that they are in, divided into those that are learned from and those that measure what was
/// learned: whole packages, so that nothing in the second was written by the hands that wrote the first.
struct LabelledLanguages {
  struct Text: Sendable {
    var label: Int
    /// Of `LanguageFeatures`, ascending.
    var keys: [UInt32]
  }

  private(set) var labels: [String] = []
  private(set) var training: [Text] = []
  private(set) var heldOut: [Text] = []

  /// The most texts of a language that are learned from, and that measure.
  private static func trainingLimit(_ kind: LanguageFeatures) -> Int { kind == .files ? 450 : 700 }
  private static let heldOutLimit = 60
  private static let fileLimit = 1 << 26
  /// Of fewer packages, and of fewer texts, nobody could tell what is the language's and what one author's.
  private static func leastPackageCount(_ kind: LanguageFeatures) -> Int { kind == .files ? 8 : 4 }
  private static let leastTextCount = 40
  /// Of texts in files, every so many-th is learned from a second time, but only some lines of it, as it may be pasted.
  private static let pieceInterval = 2

  /// - Parameters:
  ///   - folder: LANGUAGE/PACKAGE/FILE. Of paragraphs each line of a file is a text.
  ///   - heldOutEvery: which packages measure: one in so many.
  init(_ folder: String, kind: LanguageFeatures, heldOutEvery: Int, threadCount: Int) throws(Failure) {
    let languages = try readDirectory(folder).filter { !$0.hasPrefix(".") && isDirectory(folder + "/" + $0) }
    var random = SplitMix64(seed: 7)
    var (training, heldOut): ([(Int, [UInt8])], [(Int, [UInt8])]) = ([], [])
    for language in languages.sorted() {
      let place = folder + "/" + language
      let packages = try readDirectory(place).filter { isDirectory(place + "/" + $0) }.sorted()
      guard packages.count >= Self.leastPackageCount(kind) else { continue }
      var (own, others): ([[UInt8]], [[UInt8]]) = ([], [])
      for package in packages {
        let texts = try Self.texts(place + "/" + package, kind)
        if SplitMix64.mix(fnv1a64(package.utf8)) % UInt64(heldOutEvery) == 0 {
          others += texts
        } else {
          own += texts
        }
      }
      guard own.count + others.count >= Self.leastTextCount, !own.isEmpty else { continue }
      let label = labels.count
      labels.append(language)
      own.shuffle(using: &random)
      others.shuffle(using: &random)
      for (index, text) in own.prefix(Self.trainingLimit(kind)).enumerated() {
        training.append((label, text))
        if kind == .files, index % Self.pieceInterval == 0, let piece = Self.piece(of: text, &random) {
          training.append((label, piece))
        }
      }
      heldOut += others.prefix(Self.heldOutLimit).map { (label, $0) }
    }
    guard (2...256).contains(labels.count), !heldOut.isEmpty else {
      throw Failure(
        folder, why: "has texts enough of \(labels.count) languages",
        remedy: "put 40 texts from 8 packages of 2 to 256 languages there, as corpora/languages/fetch does")
    }
    self.training = try Self.keyed(training, kind, threadCount)
    self.heldOut = try Self.keyed(heldOut, kind, threadCount)
  }

  private static func texts(_ package: String, _ kind: LanguageFeatures) throws(Failure) -> [[UInt8]] {
    var texts: [[UInt8]] = []
    for name in try readDirectory(package).sorted() {
      let bytes = try readFile(package + "/" + name, limit: fileLimit)
      switch kind {
      case .files: texts.append(bytes)
      case .paragraphs: texts += bytes.split(separator: 0x0A).map { Array($0) }
      }
    }
    return texts
  }

  /// Some lines of a text, a quarter to two kilobytes; nil of one that has few.
  private static func piece(of text: [UInt8], _ random: inout SplitMix64) -> [UInt8]? {
    guard text.count > 1_000 else { return nil }
    let start = Int(random.next() % UInt64(text.count - 500))
    guard let line = text[start...].firstIndex(of: 0x0A), text.count - line > 250 else { return nil }
    return Array(text[(line + 1)...].prefix(250 + Int(random.next() % 1_800)))
  }

  private static func keyed(
    _ texts: [(label: Int, text: [UInt8])], _ kind: LanguageFeatures, _ threadCount: Int
  ) throws(Failure) -> [Text] {
    let keys = Places<[UInt32]>(count: texts.count)
    let grain = 64
    try forEachTask((texts.count + grain - 1) / grain, threadCount: threadCount) { _, task in
      for index in task * grain..<min((task + 1) * grain, texts.count) {
        keys[index] = texts[index].text.withUnsafeBytes { kind.keys(of: $0) }
      }
    }
    return texts.indices.map { Text(label: texts[$0].label, keys: keys[$0]!) }
  }

  // MARK: Which features tell

  /// The keys that tell most of the language: by the information in whether a text has one, each language being as probable
  /// as the others.
  ///
  /// - Parameter minimumCount: texts that must have it.
  func informativeKeys(limit: Int, minimumCount: Int = 3) -> [UInt32] {
    var counts = [Float](repeating: 0, count: labels.count)
    for text in training { counts[text.label] += 1 }
    var scored: [(score: Float, key: UInt32)] = []
    // Keys by their first bits, so that the list of who has them stays small.
    let parts: UInt32 = 16
    for part in 0..<parts {
      var occurrences: [UInt64] = []
      for text in training {
        for key in text.keys where key >> 28 == part {
          occurrences.append(UInt64(key) << 32 | UInt64(text.label))
        }
      }
      occurrences.sort()
      var start = 0
      while start < occurrences.count {
        let key = occurrences[start] >> 32
        var end = start + 1
        while end < occurrences.count && occurrences[end] >> 32 == key { end += 1 }
        if end - start >= minimumCount {
          scored.append((Self.information(occurrences[start..<end], counts), UInt32(key)))
        }
        start = end
      }
    }
    scored.sort { ($0.score, $0.key) > ($1.score, $1.key) }
    return scored.prefix(limit).map(\.key).sorted()
  }

  /// Σ over languages of p log(p / p̄) + (1 − p) log((1 − p) / (1 − p̄)), p being the part of its texts that have a feature.
  private static func information(_ occurrences: ArraySlice<UInt64>, _ counts: [Float]) -> Float {
    var shares: [(label: Int, count: Float)] = []
    for occurrence in occurrences {
      let label = Int(occurrence & 0xFFFF_FFFF)
      if shares.last?.label == label {
        shares[shares.count - 1].count += 1
      } else {
        shares.append((label, 1))
      }
    }
    let present = shares.map { min($0.count / counts[$0.label], 1 - 1e-6) }
    let mean = min(present.reduce(0, +) / Float(counts.count), 1 - 1e-6)
    var sum = Float(counts.count - present.count) * -logf(1 - mean)
    for share in present { sum += share * logf(share / mean) + (1 - share) * logf((1 - share) / (1 - mean)) }
    return sum
  }
}
