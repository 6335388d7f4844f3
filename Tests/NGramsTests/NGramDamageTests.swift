import LanguageModeling
import Platform
import Testing

@testable import NGrams

@Suite struct NGramDamageTests {
  /// - Returns: the path of an intact file.
  private func writeModel(sentenceCount: Int, seed: UInt64, isQuantized: Bool) throws -> String {
    let plain = PlainModel(
      order: 4, vocabularyCount: 50,
      sentences: PlainModel.sentences(count: sentenceCount, vocabularyCount: 50, seed: seed))
    let path = temporaryPath("bin")
    try NGramModelWriter.write(plain.table, to: path, options: NGramFileOptions(isQuantized: isQuantized))
    return path
  }

  /// A damaged file, were its hash not checked before, is refused or answers something; it never crashes.
  @Test(arguments: [false, true])
  func damagedFilesNeverCrash(_ isQuantized: Bool) throws {
    let path = try writeModel(sentenceCount: 40, seed: 11, isQuantized: isQuantized)
    defer { unlink(path) }
    let original = try readFile(path)
    var generator = SplitMix64(seed: 12)
    let headerByteCount = 8 * (NGramFileHeader.fixedWordCount + 4 * NGramLevelHeader.wordCount)
    var opened = 0
    for round in 0..<600 {
      var bytes = original
      if round % 6 == 0 {
        bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
      } else {
        // Every third change hits the header, where it hurts most.
        let place = Int.random(in: 0..<(round % 3 == 0 ? headerByteCount : bytes.count), using: &generator)
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      }
      overwrite(path, bytes)
      guard let model = try? NGramModel(path: path) else { continue }
      opened += 1
      exercise(model)
    }
    #expect(opened > 200)
  }

  /// Whatever 64-bit number the header has anywhere, and whatever the directories hold.
  @Test(arguments: [false, true])
  func extremeHeadersAndDirectoriesNeverCrash(_ isQuantized: Bool) throws {
    let path = try writeModel(sentenceCount: 200, seed: 15, isQuantized: isQuantized)
    defer { unlink(path) }
    let original = try readFile(path)
    let header = try NGramFileHeader(MappedFile(path))
    for place in header.words.indices {
      for value: UInt64 in [0, 1, 33, 1 << 31, 1 << 32, 1 << 63, .max - 7, .max] {
        var bytes = original
        withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(place * 8..<place * 8 + 8, with: $0) }
        overwrite(path, bytes)
        if let model = try? NGramModel(path: path) { exercise(model) }
      }
    }
    var generator = SplitMix64(seed: 16)
    for level in header.levels.dropFirst() {
      let count = BucketDirectory.entryCount(childCount: Int(level.count)) * Int(level.directoryWidth) / 8
      let section = Int(level.directoryOffset)..<Int(level.directoryOffset) + count
      for round in 0..<12 {
        var bytes = original
        for place in section {
          bytes[place] = round < 2 ? UInt8(round * 255) : UInt8.random(in: 0...255, using: &generator)
        }
        overwrite(path, bytes)
        exercise(try NGramModel(path: path))
      }
    }
  }

  /// The error for a file of another format says which, and what to do.
  @Test func otherVersionsAreRefused() throws {
    let plain = PlainModel(
      order: 2, vocabularyCount: 20,
      sentences: PlainModel.sentences(count: 20, vocabularyCount: 20, seed: 17))
    let path = temporaryPath("bin")
    defer { unlink(path) }
    try NGramModelWriter.write(plain.table, to: path)
    var bytes = try readFile(path)
    for (version, word) in [(NGramFileHeader.version - 1, "older"), (NGramFileHeader.version + 1, "newer")] {
      bytes[8] = UInt8(version)
      overwrite(path, bytes)
      let failure = #expect(throws: Failure.self) { _ = try NGramModel(path: path) }
      #expect(failure?.why.contains("\(word) format, \(version)") == true)
      #expect(failure?.remedy.contains("train the model again") == true)
    }
  }

  private func overwrite(_ path: String, _ bytes: [UInt8]) {
    let descriptor = open(path, O_WRONLY | O_TRUNC)
    bytes.withUnsafeBytes { _ = Platform.write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
  }

  private func exercise(_ model: NGramModel) {
    var state = model.sentenceStartState
    for id: UInt32 in [3, 4, 3, 5, 6, 3, 3, 49, 7, 2, 4_000_000_000] {
      _ = model.score(TokenID(rawValue: id), after: state, next: &state)
      _ = model.successors(of: state, limit: 5)
      _ = model.successors(of: state, limit: 3, inIDs: 5..<20)
      _ = model.successors(of: state, limit: 500)
    }
    let stream: [UInt32] = PlainModel.sentences(count: 150, vocabularyCount: 60, seed: 18).flatMap {
      $0 + [2]
    }
    var scorer = NGramStreamScorer(model)
    var scores = [Float](repeating: 0, count: stream.count)
    stream.withUnsafeBufferPointer { ids in
      scores.withUnsafeMutableBufferPointer { scorer.score(ids, into: $0) }
    }
  }

  /// A state of another model, or of none, gives something, too.
  @Test(arguments: [false, true])
  func foreignStatesNeverCrash(_ isQuantized: Bool) throws {
    let plain = PlainModel(
      order: 4, vocabularyCount: 50,
      sentences: PlainModel.sentences(count: 40, vocabularyCount: 50, seed: 13))
    let model = try openModel(plain.table, options: NGramFileOptions(isQuantized: isQuantized))
    var generator = SplitMix64(seed: 14)
    for _ in 0..<500 {
      var lanes = SIMD8<UInt32>()
      for lane in 0..<8 { lanes[lane] = UInt32.random(in: 0 ... .max, using: &generator) >> UInt32(lane * 3) }
      var next = model.emptyState
      _ = model.score(TokenID(3), after: NGramModel.State(lanes: lanes), next: &next)
      _ = model.successors(of: NGramModel.State(lanes: lanes), limit: 3)
    }
  }
}

/// A model whose file is written into between questions, and while they are answered.
@Suite struct NGramOverwritingTests {
  @Test(arguments: [false, true]) func answersGoOn(isQuantized: Bool) throws {
    let plain = PlainModel(
      order: 4, vocabularyCount: 60,
      sentences: PlainModel.sentences(count: 300, vocabularyCount: 60, seed: 21))
    let path = temporaryPath("bin")
    defer { unlink(path) }
    try NGramModelWriter.write(
      plain.table, to: path, options: NGramFileOptions(isQuantized: isQuantized))
    let model = try NGramModel(path: path)
    let descriptor = open(path, O_RDWR)
    defer { close(descriptor) }
    var generator = SplitMix64(seed: 22)
    var states: [NGramModel.State] = []
    var ids = [UInt32](repeating: 0, count: 600)
    var logProbabilities = [Float](repeating: 0, count: 600)
    for round in 0..<3000 {
      var noise = (0..<Int.random(in: 1...32, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      if round % 5 == 0 { noise = [UInt8](repeating: round % 2 == 0 ? 0 : 255, count: noise.count) }
      let place = Int.random(in: 0..<model.byteCount, using: &generator)
      _ = noise.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress!, min($0.count, model.byteCount - place), off_t(place))
      }
      // States of before the change are asked too.
      var state = states.randomElement(using: &generator) ?? model.emptyState
      for _ in 0..<4 {
        _ = model.score(TokenID(Int.random(in: 0..<60, using: &generator)), after: state, next: &state)
      }
      states.append(state)
      if states.count > 50 { states.removeFirst() }
      let first = UInt32.random(in: 0..<60, using: &generator)
      let ids60 = first..<UInt32.random(in: first...60, using: &generator)
      _ = model.successors(of: state, limit: 20, inIDs: round % 2 == 0 ? nil : ids60)
      var search = model.successorSearch(of: state, inIDs: nil)
      for step in 0..<40 {
        if search.next() == nil { break }
        guard step % 10 == 9 else { continue }
        let byte = [UInt8.random(in: 0...255, using: &generator)]
        _ = pwrite(descriptor, byte, 1, off_t(Int.random(in: 0..<model.byteCount, using: &generator)))
      }
      if round % 50 == 0 {
        for index in ids.indices { ids[index] = UInt32.random(in: 0..<70, using: &generator) }
        var scorer = NGramStreamScorer(model)
        ids.withUnsafeBufferPointer { ids in
          logProbabilities.withUnsafeMutableBufferPointer { scorer.score(ids, into: $0) }
        }
      }
    }
    #expect(!model.file.isDamaged)
    #expect(ftruncate(descriptor, 0) == 0)
    exercise(model)
    #expect(model.file.isDamaged)
  }

  private func exercise(_ model: NGramModel) {
    var state = model.emptyState
    for id in 0..<60 { _ = model.score(TokenID(id), after: state, next: &state) }
    _ = model.successors(of: state, limit: 50)
  }
}
