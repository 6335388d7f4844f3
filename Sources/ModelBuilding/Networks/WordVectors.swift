import LanguageModeling
import Neural
import Platform

/// Vectors of words that were learned elsewhere: from text that nobody has labelled, as a rule.
struct WordVectors {
  private(set) var size = 0
  /// By type.
  private(set) var rows: [[UInt8]: [Float]] = [:]

  /// So many words of a file are taken up though the text does not have them: the first ones, which as a rule are the most
  /// frequent.
  private let unseenLimit: Int
  /// What a network knows a word as.
  private let type: ([UInt8]) -> [UInt8]
  private static let sizes = 1...4_096

  /// - Parameters:
  ///   - path: a text file as word2vec and GloVe write it, a word and its numbers a line, or a model directory with a
  ///     network.
  ///   - wanted: types that are taken up wherever they stand.
  ///   - unseenLimit: how many others are, of the first.
  ///   - type: what a network knows a word as, such as the word in small letters.
  init(
    _ path: String, wanted: Set<[UInt8]>, unseenLimit: Int, type: @escaping ([UInt8]) -> [UInt8]
  ) throws(Failure) {
    (self.unseenLimit, self.type) = (unseenLimit, type)
    if isDirectory(path) { try readModel(path, wanted) } else { try readText(path, wanted) }
    guard !rows.isEmpty else {
      throw Failure(path, why: "has no vectors", remedy: "name a text file of word2vec or GloVe, or a model")
    }
  }

  private mutating func take(
    _ word: [UInt8], _ vector: [Float], _ wanted: Set<[UInt8]>, _ unseen: inout Int
  ) {
    let type = type(word)
    // Of several spellings the type itself, else the first, which is the most frequent.
    guard rows[type] == nil || word == type, wanted.contains(type) || unseen < unseenLimit else { return }
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
            "\(path), line \(line)", why: "has \(fields.count) numbers, not \(size)",
            remedy: "write a word and its numbers, as word2vec or GloVe do")
        }
        var vector: [Float] = []
        vector.reserveCapacity(size)
        for field in fields {
          guard let value = Float(String(decoding: field, as: UTF8.self)), value.isFinite else {
            throw Failure(
              "\(path), line \(line)", why: "has something that is no number",
              remedy: "write a word and its numbers, as word2vec or GloVe do")
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
    guard values.allSatisfy(\.isFinite) else {
      throw Failure(file.path, why: "holds a number that is not finite", remedy: "train the model again")
    }
    var unseen = 0
    for (place, type) in types.enumerated()
    where type.index >= Vocabulary.specials.count && type.index < vocabulary.count {
      let vector = Array(values[place * size..<(place + 1) * size])
      take(vocabulary.bytes(of: type), vector, wanted, &unseen)
    }
  }
}

extension WordVectors {
  /// A vector for each type of a vocabulary; those that are not known are drawn with the same variance (Kim 2014, 3.3).
  func table(of vocabulary: Vocabulary, seed: UInt64) -> [Float] {
    let squares = rows.values.reduce(0.0) { $0 + $1.reduce(0.0) { $0 + Double($1 * $1) } }
    let limit = Float((3 * squares / Double(max(1, rows.count * size))).squareRoot())
    var random = SplitMix64(seed: SplitMix64.mix(seed &+ 0x5EC))
    var table: [Float] = []
    table.reserveCapacity(vocabulary.count * size)
    for id in 0..<vocabulary.count {
      if let row = rows[vocabulary.bytes(of: TokenID(id))] {
        table += row
      } else {
        for _ in 0..<size { table.append(Float(2 * random.uniform() - 1) * limit) }
      }
    }
    return table
  }
}
