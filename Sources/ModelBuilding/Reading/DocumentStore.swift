import LanguageModeling
import NGrams
import Platform
import Prediction

/// Whole documents as numbers, for what learns from documents rather than from sentences.
struct DocumentStore {
  struct Document {
    var path: String
    /// What documents of one origin share: the first folder below the path that was named.
    var group: String
    var languageID: String
    /// Of the text as it was read.
    var byteCount: Int
    /// Where the document's types are in the store.
    var range: Range<Int>
  }

  private(set) var documents: [Document] = []
  /// The special types, and behind them all that were met.
  private(set) var types: TypeInterner
  private var numbers: SpillableNumbers
  /// Of the document that `endDocument` will end.
  private var open: [UInt32] = []

  /// - Parameters:
  ///   - types: known already, so that tokens can be added by their numbers; the special ones come first.
  ///   - memoryByteCount: how much of the numbers, four bytes each, may stay in memory.
  init(types known: TypeInterner? = nil, memoryByteCount: Int = .max) {
    if let known {
      types = known
    } else {
      types = TypeInterner(minimumCapacity: 1 << 14)
      for special in Vocabulary.specials { _ = types.intern(special) }
    }
    numbers = SpillableNumbers(
      memoryByteCount: memoryByteCount, temporaryDirectory: NamedInputs.temporaryDirectory)
  }

  /// Tokens of all documents.
  var tokenCount: Int { numbers.count + open.count }

  /// Adds a token of the document that `endDocument` will end.
  mutating func append(type: UnsafeRawBufferPointer) { open.append(types.intern(type)) }

  /// - Parameter number: of a type that is known.
  mutating func append(number: UInt32) { open.append(number) }

  mutating func append(type: [UInt8]) { open.append(types.intern(type)) }

  mutating func endDocument(
    path: String, group: String, languageID: String, byteCount: Int
  ) throws(Failure) {
    let start = numbers.count
    try numbers.append(open)
    open.removeAll(keepingCapacity: true)
    documents.append(
      Document(
        path: path, group: group, languageID: languageID, byteCount: byteCount, range: start..<numbers.count))
  }

  /// Puts the documents into another order.
  ///
  /// - Parameter order: the index of each now, each once.
  mutating func rearrange(_ order: [Int]) { documents = order.map { documents[$0] } }

  /// The numbers of a document's types.
  func numbers(of document: Document) throws(Failure) -> [UInt32] { try numbers[document.range] }

  /// Every document that `isIncluded`, each a sequence.
  func corpus(
    for estimator: NGramEstimator, where isIncluded: (Int) -> Bool
  ) throws(Failure) -> CorpusCounter {
    var corpus = estimator.makeCorpus(types: types)
    for (index, document) in documents.enumerated() where isIncluded(index) {
      for number in try numbers[document.range] { try corpus.append(number: number) }
      try corpus.endSequence()
    }
    return corpus
  }

  /// The id of each of the store's types in a vocabulary; 0, `<unk>`, for types that it lacks.
  func translation(to vocabulary: Vocabulary) -> [UInt32] {
    (0..<UInt32(types.count)).map { number in
      types.withBytes(of: number) { vocabulary.id(of: $0)?.rawValue ?? TokenID.unknown.rawValue }
    }
  }

  /// A document's ids by a translation.
  func ids(of document: Document, _ translation: [UInt32]) throws(Failure) -> [UInt32] {
    try numbers[document.range].map { translation[Int($0)] }
  }

  /// A document for a mixture, its ids by a translation, read when they are asked for.
  func add(_ document: Document, _ translation: [UInt32], to corpus: inout MixtureCorpus) {
    let (numbers, range) = (numbers, document.range)
    corpus.add(group: document.group, count: document.range.count) { () throws(Failure) in
      try numbers[range].map { translation[Int($0)] }
    }
  }

  /// A vocabulary of all types that documents have.
  func makeVocabulary() throws(Failure) -> Vocabulary {
    var isUsed = [Bool](repeating: false, count: types.count)
    for document in documents { for number in try numbers[document.range] { isUsed[Int(number)] = true } }
    return Vocabulary(
      types: (0..<UInt32(types.count)).lazy.filter { isUsed[Int($0)] }.map { Array(types.bytes(of: $0)) })
  }
}
