import Corpora
import LanguageModeling
import Platform

/// Reads the documents of a run in their order, and the numbers of each.
struct RunDocumentCursor {
  private var reader: RunSectionReader
  private var tokens: RunSectionReader
  private(set) var document: RunDocument?
  private var unreadCount = 0
  private let idLimit: Int

  private let readsNumbers: Bool

  /// - Parameter readsNumbers: whether the numbers of every document are asked for.
  init(_ run: RunFile, readsNumbers: Bool = true) {
    self.readsNumbers = readsNumbers
    reader = RunSectionReader(run, .documents)
    tokens = RunSectionReader(run, .tokens)
    idLimit = run.description.typeCount + Vocabulary.specials.count
  }

  /// Goes to the next document; false if there is none. The numbers of the one before have been read.
  mutating func advance() throws(Failure) -> Bool {
    guard unreadCount == 0 else { fatalError("numbers of a document were not read") }
    guard try reader.hasNext() else {
      document = nil
      if readsNumbers, try tokens.hasNext() { throw tokens.damaged }
      return false
    }
    let next = try readDocument()
    if let document, !document.key.lexicographicallyPrecedes(next.key), document.key != next.key {
      throw reader.damaged
    }
    document = next
    unreadCount = readsNumbers ? next.numberCount : 0
    return true
  }

  private mutating func readDocument() throws(Failure) -> RunDocument {
    let key = Array(try reader.bytes(try reader.number()))
    let root = try reader.string()
    let relativePath = try reader.string()
    let languageID = try reader.string()
    var identity: ContentIdentity?
    if try reader.byte() == 1 {
      identity = ContentIdentity(
        first: try reader.wideNumber(), second: try reader.wideNumber(), byteCount: try reader.number())
    }
    let byteCount = try reader.number()
    let sequenceCount = try reader.number()
    let numberCount = try reader.number()
    var specials: [RunDocument.Special] = []
    for _ in 0..<(try reader.number(below: numberCount + byteCount + 1)) {
      specials.append(
        RunDocument.Special(
          place: try reader.number(below: numberCount + 1),
          id: UInt32(try reader.number(below: Vocabulary.specials.count))))
    }
    guard sequenceCount <= numberCount,
      zip(specials, specials.dropFirst()).allSatisfy({ $0.place <= $1.place })
    else { throw reader.damaged }
    return RunDocument(
      key: key, root: root, relativePath: relativePath, languageID: languageID, identity: identity,
      byteCount: byteCount, sequenceCount: sequenceCount, numberCount: numberCount, specials: specials)
  }

  /// Gives the numbers of the present document, the ends of sequences among them; once a document.
  mutating func forEachNumber(_ body: (UInt32) throws(Failure) -> Void) throws(Failure) {
    guard readsNumbers else { fatalError("numbers were not to be read") }
    var last: UInt32 = 0
    var endCount = 0
    while unreadCount > 0 {
      guard try tokens.hasNext() else { throw tokens.damaged }
      let number = try tokens.number(below: idLimit)
      guard number >= 2 else { throw tokens.damaged }
      last = UInt32(number)
      if number == 2 { endCount += 1 }
      unreadCount -= 1
      try body(last)
    }
    guard let document, document.numberCount == 0 || last == 2, endCount == document.sequenceCount else {
      throw tokens.damaged
    }
  }
}

extension RunWriter {
  mutating func append(_ document: RunDocument) throws(Failure) {
    append(document.key.count)
    append(bytes: document.key)
    append(string: document.root)
    append(string: document.relativePath)
    append(string: document.languageID)
    append(byte: document.identity == nil ? 0 : 1)
    if let identity = document.identity {
      withUnsafeBytes(of: identity.first.littleEndian) { append(bytes: $0) }
      withUnsafeBytes(of: identity.second.littleEndian) { append(bytes: $0) }
      append(identity.byteCount)
    }
    append(document.byteCount)
    append(document.sequenceCount)
    append(document.numberCount)
    append(document.specials.count)
    for special in document.specials {
      append(special.place)
      append(UInt64(special.id))
    }
    try endEntry()
  }
}
