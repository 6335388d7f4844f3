import Lexing
import Platform

/// A document that is no file: a message of a history.
struct GivenDocument {
  /// What stands for a path.
  var name: String
  var text: [UInt8]
}

/// Documents that are learned from in the place of files, in an order that means something: the last ones are held out.
struct GivenDocuments {
  var grammar: Grammar
  var documents: [GivenDocument] = []
  /// The part that is held out; of short texts more, for a gate to be fitted (`MixtureFitting`).
  static let heldOutShare = 0.12
  static let greatestHeldOutShare = 0.25
  static let wantedTokenCount = 3_200
  /// Of fewer documents none is.
  static let leastCount = 8
}

extension GivenDocuments: DocumentSource {
  static var readsFiles: Bool { false }

  func read(
    _ reading: CorpusReading, _ training: NGramTraining, holdsOut: Bool
  ) throws(Failure) -> (store: DocumentStore, outcome: CorpusReading.Outcome) {
    var store = DocumentStore(memoryByteCount: training.documentByteCount)
    for document in documents {
      document.text.withUnsafeBytes { text in
        reading.types.forEachType(of: text, grammar: grammar) { type, _ in store.append(type: type) }
      }
      try store.endDocument(
        path: document.name, group: document.name, languageID: grammar.languageID,
        byteCount: document.text.count)
    }
    return (store, CorpusReading.Outcome(heldOut: holdsOut ? heldOut(store.documents[...]) : []))
  }

  /// The last documents.
  private func heldOut(_ documents: ArraySlice<DocumentStore.Document>) -> Set<Int> {
    guard documents.count >= GivenDocuments.leastCount else { return [] }
    let all = documents.reduce(0) { $0 + $1.range.count }
    let greatest = Double(all) * GivenDocuments.greatestHeldOutShare
    let wanted = max(
      Double(all) * GivenDocuments.heldOutShare, min(greatest, Double(GivenDocuments.wantedTokenCount)))
    var (tokens, first) = (0, documents.endIndex)
    while Double(tokens) < wanted, first > documents.startIndex + documents.count / 2 {
      first -= 1
      tokens += documents[first].range.count
    }
    return Set(first..<documents.endIndex)
  }
}
