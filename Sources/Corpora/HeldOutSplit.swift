import Platform

/// Decides which documents are held out, in the order in which they are read.
///
/// Each document's part depends on its relative path and the seed alone. Only where that would leave none for training, or
/// none held out of several, one changes its part; so a document may have to wait until others are there.
package struct HeldOutSplit<Document> {
  private let heldOutShare: Double
  /// Held-out documents that wait until there is one for training.
  private var waitingForTraining: [Document] = []
  /// The training document that is held out if no other turns out to be, and its share.
  private var candidate: (document: Document, share: Double)?
  private var hasTraining = false
  private var hasHeldOut = false
  private var ready: [(document: Document, part: CorpusPart)] = []

  /// - Parameter heldOutShare: of the documents, 0 to 1.
  package init(heldOutShare: Double) { self.heldOutShare = heldOutShare }

  /// A number from 0 to 1, evenly spread over paths.
  package static func share(_ relativePath: String, seed: UInt64) -> Double {
    var hash = ContentHash(seed: seed)
    hash.combine(relativePath.systemPathBytes)
    return Double(hash.value >> 11) / Double(1 << 53 as UInt64)
  }

  /// The next document whose part is decided; nil where there is none so far.
  package mutating func next() -> (document: Document, part: CorpusPart)? { ready.popLast() }

  /// - Parameter share: the document's, from its relative path.
  package mutating func add(_ document: Document, share: Double) {
    if share < heldOutShare {
      guard hasTraining else {
        waitingForTraining.append(document)
        return
      }
      hasHeldOut = true
      releaseCandidate()
      ready.insert((document, .heldOut), at: 0)
    } else if hasHeldOut || heldOutShare <= 0 {
      emitTraining(document)
    } else if let other = candidate {
      let isNearer = share < other.share
      if isNearer { candidate = (document, share) }
      emitTraining(isNearer ? other.document : document)
    } else {
      candidate = (document, share)
      // One training document is enough for those held out before it.
      if !waitingForTraining.isEmpty { releaseCandidate() }
    }
  }

  private mutating func emitTraining(_ document: Document) {
    hasTraining = true
    ready.insert((document, .training), at: 0)
    for held in waitingForTraining {
      hasHeldOut = true
      ready.insert((held, .heldOut), at: 0)
    }
    waitingForTraining = []
    if hasHeldOut { releaseCandidate() }
  }

  private mutating func releaseCandidate() {
    guard let waiting = candidate else { return }
    candidate = nil
    emitTraining(waiting.document)
  }

  /// Decides on what waits when there are no more documents.
  package mutating func finish() {
    if let waiting = candidate {
      candidate = nil
      if hasTraining && !hasHeldOut && waitingForTraining.isEmpty {
        hasHeldOut = true
        ready.insert((waiting.document, .heldOut), at: 0)
      } else {
        emitTraining(waiting.document)
      }
    }
    guard !waitingForTraining.isEmpty else { return }
    emitTraining(waitingForTraining.removeFirst())
  }
}
