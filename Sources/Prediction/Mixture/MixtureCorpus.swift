import LanguageModeling
import Platform
import Privacy

/// The training text as the mixture learns from it: documents of token ids.
public struct MixtureCorpus: Sendable {
  /// One document.
  struct Document: Sendable {
    /// What documents of one origin share, such as the project's folder.
    var group: String
    /// Tokens.
    var count: Int
    /// Gives their ids; asked each time that they are read.
    var ids: @Sendable () throws(Failure) -> [UInt32]
  }

  public let vocabulary: Vocabulary
  var documents: [Document] = []
  /// The number of tokens.
  public private(set) var tokenCount = 0

  /// - Parameter vocabulary: the model's.
  public init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }

  /// Adds a document of the types that its tokens are to the model (see `Tokenization`), in the order of the paths.
  ///
  /// - Parameters:
  ///   - group: what documents of one origin share, such as the name of the project's folder: held-out documents are of
  ///     other groups than those learned from, where there are enough.
  ///   - ids: 0 for words outside the vocabulary.
  public mutating func add(group: String, ids: [UInt32]) {
    add(group: group, count: ids.count) { ids }
  }

  /// Adds a document that is not held in memory.
  ///
  /// - Parameters:
  ///   - count: its tokens.
  ///   - ids: gives them, the same ones each time.
  public mutating func add(
    group: String, count: Int, ids: @escaping @Sendable () throws(Failure) -> [UInt32]
  ) {
    documents.append(Document(group: group, count: count, ids: ids))
    tokenCount += count
  }

  /// Adds a document given as ranges of bytes.
  public mutating func add(group: String, bytes: UnsafeRawBufferPointer, tokens: [Range<Int>]) {
    add(
      group: group,
      ids: tokens.map { range in
        vocabulary.id(of: UnsafeRawBufferPointer(rebasing: bytes[range]))?.rawValue ?? 0
      })
  }

  public var documentCount: Int { documents.count }

  /// The share of tokens that are held out to fit the weights.
  static let heldOutShare = 0.08

  /// Which documents to hold out while fitting: those of the smallest groups where the text has several origins, else
  /// every so many documents. Empty where there is too little text to hold anything out.
  public func heldOutIndices() -> Set<Int> {
    guard documents.count >= 4, tokenCount >= 4000 else { return [] }
    let wanted = Int(Double(tokenCount) * Self.heldOutShare)
    var sizes: [String: Int] = [:]
    for document in documents { sizes[document.group, default: 0] += document.count }
    let ascending = sizes.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    var chosen: Set<String> = []
    var sum = 0
    for (group, size) in ascending where sum < wanted {
      chosen.insert(group)
      sum += size
    }
    // Not when it costs much more than wanted, or leaves one group to learn from.
    if sizes.count >= 4, sum <= 3 * wanted, chosen.count + 2 <= sizes.count {
      return Set(documents.indices.filter { chosen.contains(documents[$0].group) })
    }
    let stride = max(2, min(12, documents.count / 4))
    return Set(documents.indices.filter { $0 % stride == stride / 2 && documents[$0].count > 0 })
  }

  /// The ids of all words that belong to the structure of the language rather than to what a text is about: those that
  /// are frequent and in many documents, and punctuation; the most frequent first.
  func structuralIDs() throws(Failure) -> [UInt32] {
    var counts = [Int](repeating: 0, count: vocabulary.count)
    var documentCounts = [Int](repeating: 0, count: vocabulary.count)
    var last = [Int](repeating: -1, count: vocabulary.count)
    for (index, document) in documents.enumerated() {
      for id in try document.ids() where Int(id) < counts.count {
        counts[Int(id)] += 1
        if last[Int(id)] != index {
          last[Int(id)] = index
          documentCounts[Int(id)] += 1
        }
      }
    }
    let ids = (Vocabulary.specials.count..<max(Vocabulary.specials.count, vocabulary.count)).filter { id in
      guard counts[id] > 0 else { return false }
      if counts[id] * 2000 >= tokenCount && documentCounts[id] * 5 >= documents.count { return true }
      return vocabulary.withBytes(of: TokenID(id)) { TokenClass.isPunctuation($0) }
    }
    return ids.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(1 << 14).map { UInt32($0) }
  }

  /// The id of each word of this vocabulary in another model's; words that it lacks get numbers of their own behind it:
  /// its count plus the id here.
  func translation(to other: Vocabulary) -> [UInt32] {
    let base = UInt32(other.count)
    return (0..<UInt32(vocabulary.count)).map { id in
      if id <= TokenID.sentenceEnd.rawValue { return id }
      return vocabulary.withBytes(of: TokenID(rawValue: id)) { other.id(of: $0)?.rawValue } ?? base + id
    }
  }

  /// A document as the mixture sees it.
  ///
  /// - Parameter translation: the number of each word; nil to keep the ids.
  func sequence(
    of document: Document, classes: [UInt32], translation: [UInt32]? = nil
  ) throws(Failure) -> TokenSequence {
    var result = TokenSequence()
    result.reserveCapacity(document.count)
    for id in try document.ids() {
      let index = Int(id) < classes.count ? Int(id) : 0
      result.append(
        id: translation.map { $0[index] } ?? UInt32(index), tokenClass: TokenClass(rawValue: classes[index]))
    }
    return result
  }

  /// The class of each word of the vocabulary.
  func classes(structuralIDs: [UInt32]) -> [UInt32] {
    var result = (0..<vocabulary.count).map { id in
      vocabulary.withBytes(of: TokenID(id)) { TokenClass(shape: WordShape($0)).rawValue }
    }
    for (rank, id) in structuralIDs.enumerated() where Int(id) < result.count {
      result[Int(id)] = vocabulary.withBytes(of: TokenID(rawValue: id)) {
        TokenClass(rank: rank, bytes: $0).rawValue
      }
    }
    return result
  }
}
