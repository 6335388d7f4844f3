import Classification
import JSON
import LanguageModeling
import Neural
import Platform

/// Vectors of words that were learned elsewhere: from text that nobody has labelled, as a rule.
struct WordVectors {
  /// Numbers of a vector.
  let size: Int
  /// By the word's bytes, in lower case where nobody else has that.
  private var vectors: [[UInt8]: Range<Int>] = [:]
  private var values: [Float] = []

  /// Files name frequent words first: those behind so many are taken only where they are known otherwise.
  private static let freeCount = 100_000
  private static let sizes = 1...4_096

  var words: Dictionary<[UInt8], Range<Int>>.Keys { vectors.keys }

  /// - Parameters:
  ///   - path: a model directory whose language model has a network, or a file with a word and its numbers on each line.
  ///   - wanted: words that are needed.
  init(_ path: String, wanted: Set<[UInt8]>) throws(Failure) {
    if isDirectory(path) {
      (size, vectors, values) = try Self.read(ModelDirectory(path))
    } else {
      let file = try MappedFile(path)
      let read = file.bytesResult { Self.read($0, path: path, wanted: wanted) }
      (size, vectors, values) = try read.get()
      try file.checkIsWhole()
    }
    guard !vectors.isEmpty else {
      throw Failure(
        path, why: "holds no vectors",
        remedy: "name a file of vectors as word2vec and GloVe write text, or a model with a network")
    }
  }

  private static func read(_ model: ModelDirectory) throws(Failure) -> (Int, [[UInt8]: Range<Int>], [Float]) {
    guard let file = model.file(ModelDirectory.recurrentName) else {
      throw Failure(model.path, why: "has no network", remedy: "train one with --time, or name another model")
    }
    let weights = try Safetensors(file: file)
    let tensor = try weights.tensor("embedding.weight")
    guard tensor.shape.count == 2, sizes.contains(tensor.shape[1]) else {
      throw Failure(file.path, why: "has no vectors of words", remedy: "train the model again")
    }
    let (count, size) = (tensor.shape[0], tensor.shape[1])
    let values = try weights.floats("embedding.weight")
    guard values.allSatisfy(\.isFinite) else {
      throw Failure(file.path, why: "holds a number that is not finite", remedy: "train the model again")
    }
    let vocabulary = try model.vocabulary()
    var vectors: [[UInt8]: Range<Int>] = [:]
    for (row, token) in try NetworkVocabulary.read(weights, count: count).enumerated() {
      guard token.index >= Vocabulary.specials.count, token.index < vocabulary.count else { continue }
      add(vocabulary.bytes(of: token), row * size..<(row + 1) * size, to: &vectors)
    }
    return (size, vectors, values)
  }

  /// A word that is in lower case already is before one that is not.
  private static func add(_ word: [UInt8], _ range: Range<Int>, to vectors: inout [[UInt8]: Range<Int>]) {
    let lowercased = Array(String(decoding: word, as: UTF8.self).lowercased().utf8)
    if word == lowercased || vectors[lowercased] == nil { vectors[lowercased] = range }
  }

  private static func read(
    _ bytes: UnsafeRawBufferPointer, path: String, wanted: Set<[UInt8]>
  ) -> Result<(Int, [[UInt8]: Range<Int>], [Float]), Failure> {
    var vectors: [[UInt8]: Range<Int>] = [:]
    var values: [Float] = []
    var size: Int?
    var (start, line) = (0, 0)
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      line += 1
      let fields = bytes[start..<end].split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D })
      start = end + 1
      if fields.isEmpty { continue }
      // The first line may say how many words there are, and how many numbers each has.
      if line == 1, fields.count == 2, Int(String(decoding: fields[1], as: UTF8.self)) != nil { continue }
      let count = size ?? fields.count - 1
      guard sizes.contains(count), fields.count > count else {
        return .failure(malformed(path, line, "has \(fields.count - 1) numbers, not \(count)"))
      }
      size = count
      // Some files have words with spaces in them.
      let word = Array(fields[0])
      guard fields.count == count + 1 else { continue }
      guard vectors.count < freeCount || wanted.contains(word) else { continue }
      let first = values.count
      for field in fields.dropFirst() {
        guard let value = Float(String(decoding: field, as: UTF8.self)), value.isFinite else {
          return .failure(malformed(path, line, "has something that is no number"))
        }
        values.append(value)
      }
      add(word, first..<values.count, to: &vectors)
    }
    return .success((size ?? 0, vectors, values))
  }

  private static func malformed(_ path: String, _ line: Int, _ why: String) -> Failure {
    Failure("\(path), line \(line)", why: why, remedy: "write a word and its numbers, split by spaces")
  }

  /// A vector for each type of a vocabulary; those that are not known are drawn with the same variance (Kim 2014, 3.3).
  func table(of vocabulary: Vocabulary, seed: UInt64) -> [Float] {
    let squares = values.reduce(0.0) { $0 + Double($1 * $1) }
    let limit = Float((3 * squares / Double(max(1, values.count))).squareRoot())
    var random = SplitMix64(seed: SplitMix64.mix(seed &+ 0x5EC))
    var table: [Float] = []
    table.reserveCapacity(vocabulary.count * size)
    for id in 0..<vocabulary.count {
      if let range = vectors[vocabulary.bytes(of: TokenID(id))] {
        table += values[range]
      } else {
        for _ in 0..<size { table.append(Float(2 * random.uniform() - 1) * limit) }
      }
    }
    return table
  }
}

extension MappedFile {
  fileprivate func bytesResult<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    defer { withExtendedLifetime(self) {} }
    return body(bytes)
  }
}
