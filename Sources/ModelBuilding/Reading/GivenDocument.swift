import Lexing

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

extension CorpusReading {
  /// Adds documents that are no files to a store.
  func read(_ given: GivenDocuments, into store: inout DocumentStore) -> Outcome {
    let start = store.documents.count
    for document in given.documents {
      document.text.withUnsafeBytes { text in
        types.forEachType(of: text, grammar: given.grammar) { type, _ in store.append(type: type) }
      }
      store.endDocument(
        path: document.name, group: document.name, languageID: given.grammar.languageID,
        byteCount: document.text.count)
    }
    return Outcome(heldOut: heldOut(store.documents[start...]))
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
