import LanguageModeling
import NGrams
import Platform

/// Whole documents as numbers, in memory, for what learns from documents rather than from sentences.
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
  private var interner = TypeInterner(minimumCapacity: 1 << 14)
  private var numbers: [UInt32] = []

  /// Tokens of all documents.
  var tokenCount: Int { numbers.count }

  /// Adds a token of the document that `endDocument` will end.
  mutating func append(type: UnsafeRawBufferPointer) { numbers.append(interner.intern(type)) }

  mutating func append(type: [UInt8]) { numbers.append(interner.intern(type)) }

  mutating func endDocument(path: String, group: String, languageID: String, byteCount: Int) {
    let start = documents.last?.range.upperBound ?? 0
    documents.append(
      Document(
        path: path, group: group, languageID: languageID, byteCount: byteCount, range: start..<numbers.count))
  }

  /// Gives every document that `isIncluded` to `corpus`, each a sequence.
  func count(into corpus: inout CorpusCounter, where isIncluded: (Int) -> Bool) throws(Failure) {
    for (index, document) in documents.enumerated() where isIncluded(index) {
      for number in numbers[document.range] { try corpus.append(type: interner.bytes(of: number)) }
      try corpus.endSequence()
    }
  }

  /// The id of each of the store's types in a vocabulary; 0, `<unk>`, for types that it lacks.
  func translation(to vocabulary: Vocabulary) -> [UInt32] {
    (0..<UInt32(interner.count)).map { number in
      interner.withBytes(of: number) { vocabulary.id(of: $0)?.rawValue ?? TokenID.unknown.rawValue }
    }
  }

  /// A document's ids by a translation.
  func ids(of document: Document, _ translation: [UInt32]) -> [UInt32] {
    numbers[document.range].map { translation[Int($0)] }
  }

  /// A vocabulary of all types.
  func makeVocabulary() -> Vocabulary {
    Vocabulary(types: (0..<UInt32(interner.count)).lazy.map { Array(interner.bytes(of: $0)) })
  }
}
