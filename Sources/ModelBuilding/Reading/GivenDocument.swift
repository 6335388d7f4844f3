import Lexing
import Platform

/// A document that is no file: a message of a history.
struct GivenDocument {
  /// What stands for a path.
  var name: String
  var text: [UInt8]
}

/// Documents that are learned from in the place of files, in an order that means something: the last ones are held out.
struct GivenDocuments: DocumentSource {
  var areFiles: Bool { false }
  var grammar: Grammar
  var documents: [GivenDocument] = []
  /// The part that is held out; of short texts more, for a gate to be fitted (`MixtureFitting`).
  static let heldOutShare = 0.12
  static let greatestHeldOutShare = 0.25
  static let wantedTokenCount = 3_200
  /// Of fewer documents none is.
  static let leastCount = 8

  func read(
    _ reading: CorpusReading, holdsOut: Bool
  ) throws(Failure) -> (store: DocumentStore, outcome: CorpusReading.Outcome) {
    var store = DocumentStore()
    for document in documents {
      document.text.withUnsafeBytes { text in
        reading.types.forEachType(of: text, grammar: grammar) { type, _ in store.append(type: type) }
      }
      store.endDocument(
        path: document.name, group: document.name, languageID: grammar.languageID,
        byteCount: document.text.count)
    }
    return (store, CorpusReading.Outcome(heldOut: holdsOut ? heldOut(store.documents[...]) : []))
  }

  /// The last documents.
  private func heldOut(_ documents: ArraySlice<DocumentStore.Document>) -> Set<Int> {
    guard documents.count >= Self.leastCount else { return [] }
    let all = documents.reduce(0) { $0 + $1.range.count }
    let greatest = Double(all) * Self.greatestHeldOutShare
    let wanted = max(
      Double(all) * Self.heldOutShare, min(greatest, Double(Self.wantedTokenCount)))
    var (tokens, first) = (0, documents.endIndex)
    while Double(tokens) < wanted, first > documents.startIndex + documents.count / 2 {
      first -= 1
      tokens += documents[first].range.count
    }
    return Set(first..<documents.endIndex)
  }
}
