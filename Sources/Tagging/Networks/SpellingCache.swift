import Neural
import Platform
import Synchronization

/// What a network's filters see in words, kept by word: most words come again and again, and their letters say the same
/// each time.
final class SpellingCache: Sendable {
  /// Words that are kept; then all are forgotten.
  private static let wordLimit = 20_000
  /// Longer ones are seldom met twice.
  private static let wordByteLimit = 24

  private let network: LayeredNetwork
  /// From letters to a row a word.
  private let part: LayeredNetwork.Part
  /// What depends on a word's letters alone.
  let reference: String
  let size: Int
  private let rows = Mutex<[[UInt8]: [Float]]>([:])

  /// Nil where no layer gives a row a word that depends on its letters alone.
  init?(_ network: LayeredNetwork) {
    let word = [TaggingInput.wordsName]
    // The last such layer has most behind it.
    for layer in network.description.layers.reversed() {
      let part = network.part(for: [layer.name])
      guard part.inputs == [TaggingInput.lettersName], let shape = network.description.shape(of: layer.name),
        shape.levels == word
      else { continue }
      (self.network, self.part) = (network, part)
      (reference, size) = (layer.name, shape.size)
      return
    }
    return nil
  }

  /// words × size.
  func values(_ words: [[UInt8]]) throws(Failure) -> LayerValues {
    var found = rows.withLock { rows in words.map { rows[$0] } }
    let missing = words.indices.filter { found[$0] == nil }
    if !missing.isEmpty {
      let letters = LayerValues(ids: [missing.map { TaggingInput.letters(of: words[$0]) }])
      let computed = try network.run(part, [TaggingInput.lettersName: letters])[reference]!
      for (row, place) in missing.enumerated() { found[place] = Array(computed[row]) }
      rows.withLock { rows in
        if rows.count + missing.count > Self.wordLimit { rows.removeAll() }
        for place in missing where words[place].count <= Self.wordByteLimit && rows.count < Self.wordLimit {
          rows[words[place]] = found[place]
        }
      }
    }
    return LayerValues(rows: found.map { $0! }, size: size)
  }
}
