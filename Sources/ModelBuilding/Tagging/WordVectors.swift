import LanguageModeling
import Neural
import Platform
import Tagging

/// Vectors of words that were learned elsewhere, from text without tags.
struct WordVectors {
  private(set) var size = 0
  /// By type, as networks of tags know words (small letters).
  private(set) var rows: [[UInt8]: [Float]] = [:]

  /// Words of a file that are taken up though the text does not have them: the first ones, which as a rule are the most
  /// frequent.
  static let unseenLimit = 20_000
  private static let sizes = 1...2048

  /// - Parameters:
  ///   - path: a text file as word2vec and GloVe write it, a word and its numbers a line, or a model directory with a
  ///     network.
  ///   - wanted: types that are taken up wherever they stand.
  init(_ path: String, wanted: Set<[UInt8]>) throws(Failure) {
    if isDirectory(path) { try readModel(path, wanted) } else { try readText(path, wanted) }
    guard !rows.isEmpty else {
      throw Failure(path, why: "has no vectors", remedy: "name a text file of word2vec or GloVe, or a model")
    }
  }

  private mutating func take(
    _ word: [UInt8], _ vector: [Float], _ wanted: Set<[UInt8]>, _ unseen: inout Int
  ) {
    let type = TaggingInput.type(of: word)
    // Of several spellings the first is the most frequent.
    guard rows[type] == nil, wanted.contains(type) || unseen < Self.unseenLimit else { return }
    if !wanted.contains(type) { unseen += 1 }
    rows[type] = vector
  }

  // MARK: A text file

  private mutating func readText(_ path: String, _ wanted: Set<[UInt8]>) throws(Failure) {
    let input = try NamedInput(path)
    var (start, line, unseen) = (0, 0, 0)
    try input.withBytes { (bytes) throws(Failure) in
      while start < bytes.count {
        let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
        line += 1
        var fields = bytes[start..<end].split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D })
        start = end + 1
        // word2vec's first line: how many words, and how many numbers each.
        if fields.isEmpty || line == 1 && fields.count == 2 { continue }
        let word = Array(fields.removeFirst())
        if size == 0 { size = fields.count }
        // A word with a space in it.
        if fields.count > size { continue }
        guard Self.sizes.contains(size), fields.count == size, !word.isEmpty else {
          throw Failure(
            "\(path):\(line)", why: "has \(fields.count) numbers, not \(size)",
            remedy: "name a text file of word2vec or GloVe")
        }
        var vector: [Float] = []
        vector.reserveCapacity(size)
        for field in fields {
          guard let value = Float(String(decoding: field, as: UTF8.self)), value.isFinite else {
            throw Failure(
              "\(path):\(line)", why: "holds something that is no number",
              remedy: "name a text file of word2vec or GloVe")
          }
          vector.append(value)
        }
        take(word, vector, wanted, &unseen)
      }
    }
  }

  // MARK: A model

  private mutating func readModel(_ path: String, _ wanted: Set<[UInt8]>) throws(Failure) {
    let directory = try ModelDirectory(path)
    guard let file = directory.file(ModelDirectory.recurrentName) else {
      throw Failure(path, why: "has no network", remedy: "name a model that was trained with one")
    }
    let weights = try Safetensors(file: file)
    let vocabulary = try directory.vocabulary()
    let tensor = try weights.tensor("embedding.weight")
    guard tensor.shape.count == 2, Self.sizes.contains(tensor.shape[1]) else {
      throw Failure(path, why: "its network has no vectors of words", remedy: "name another model")
    }
    size = tensor.shape[1]
    let types = try NetworkVocabulary.read(weights, count: tensor.shape[0])
    let values = try weights.floats("embedding.weight")
    var unseen = 0
    for (place, type) in types.enumerated() where type.index >= Vocabulary.specials.count {
      let vector = Array(values[place * size..<(place + 1) * size])
      take(vocabulary.bytes(of: type), vector, wanted, &unseen)
    }
  }
}
