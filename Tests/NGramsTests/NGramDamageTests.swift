import LanguageModeling
import Platform
import Testing

@testable import NGrams

@Suite struct NGramDamageTests {
  /// A damaged file, were its hash not checked before, is refused or answers something; it never crashes.
  @Test(arguments: [false, true])
  func damagedFilesNeverCrash(_ isQuantized: Bool) throws {
    let plain = PlainModel(
      order: 4, vocabularyCount: 50,
      sentences: PlainModel.sentences(count: 40, vocabularyCount: 50, seed: 11))
    let path = temporaryPath("bin")
    defer { unlink(path) }
    try NGramModelWriter.write(plain.table, to: path, options: NGramFileOptions(isQuantized: isQuantized))
    let original = try readFile(path)
    var generator = SeededGenerator(state: 12)
    var opened = 0
    for round in 0..<1500 {
      var bytes = original
      if round % 6 == 0 {
        bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
      } else {
        // Every third change hits the header, where it hurts most.
        let place = Int.random(in: 0..<(round % 3 == 0 ? 640 : bytes.count), using: &generator)
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      }
      let descriptor = open(path, O_WRONLY | O_TRUNC)
      bytes.withUnsafeBytes { _ = Platform.write(descriptor, $0.baseAddress, $0.count) }
      close(descriptor)
      guard let model = try? NGramModel(path: path) else { continue }
      opened += 1
      exercise(model)
    }
    #expect(opened > 500)
  }

  private func exercise(_ model: NGramModel) {
    var state = model.sentenceStartState
    for id: UInt32 in [3, 4, 3, 5, 6, 3, 3, 49, 7, 2, 4_000_000_000] {
      _ = model.score(TokenID(rawValue: id), after: state, next: &state)
      _ = model.successors(of: state, limit: 5)
      _ = model.successors(of: state, limit: 3, inIDs: 5..<20)
      let contexts = model.contexts(of: state)
      for depth in contexts.indices { model.forEachSuccessor(of: contexts, depth: depth) { _, _ in } }
    }
  }

  /// A state of another model, or of none, gives something, too.
  @Test(arguments: [false, true])
  func foreignStatesNeverCrash(_ isQuantized: Bool) throws {
    let plain = PlainModel(
      order: 4, vocabularyCount: 50,
      sentences: PlainModel.sentences(count: 40, vocabularyCount: 50, seed: 13))
    let model = try openModel(plain.table, options: NGramFileOptions(isQuantized: isQuantized))
    var generator = SeededGenerator(state: 14)
    for _ in 0..<500 {
      var lanes = SIMD8<UInt32>()
      for lane in 0..<8 { lanes[lane] = UInt32.random(in: 0 ... .max, using: &generator) >> UInt32(lane * 3) }
      var next = model.emptyState
      _ = model.score(TokenID(3), after: NGramModel.State(lanes: lanes), next: &next)
      _ = model.successors(of: NGramModel.State(lanes: lanes), limit: 3)
    }
  }
}
