import Lexing
import Platform

/// A person's files as training and held-out documents, one at a time.
///
///     var corpus = try Corpus(paths: ["."], grammars: library)
///     while let document = corpus.next() { … }
///     print(corpus.report)
///
/// Which files are held out depends on their relative paths and the seed alone, so that a file stays where it was
/// when others come. If there are files at all one is for training, and if there are two one is held out.
public struct Corpus {
  public let options: CorpusOptions
  /// What was used and left out so far.
  public var report = CorpusReport()

  private let grammars: GrammarLibrary
  private var walker: CorpusWalker
  private var duplicates = DuplicateFinder()
  private let heldOutFiles: HeldOutFiles
  /// Held-out documents that wait until there is one for training.
  private var waitingForTraining: [CorpusDocument] = []
  /// The training document that is held out if no other turns out to be.
  private var candidate: CorpusDocument?
  private var hasTraining = false
  private var hasHeldOut = false
  private var ready: [CorpusDocument] = []

  /// - Parameter heldOutFiles: files that are not to be read.
  public init(
    paths: [String], options: CorpusOptions = CorpusOptions(), grammars: GrammarLibrary,
    leavingOut heldOutFiles: HeldOutFiles = HeldOutFiles()
  ) throws(Failure) {
    self.options = options
    self.heldOutFiles = heldOutFiles
    self.grammars = grammars
    walker = try CorpusWalker(paths: paths, options: options, grammars: grammars)
  }

  /// The next document; nil when there is none left.
  public mutating func next() -> CorpusDocument? {
    while ready.isEmpty {
      guard let file = walker.next(&report) else {
        finish()
        break
      }
      switch read(file) {
      case .failure(let reason):
        report.leaveOut(file.path, languageID: file.languageID, byteCount: file.byteCount, reason.reason)
      case .success(let text):
        split(CorpusDocument(file: file, part: part(of: file.relativePath), text: text))
      }
    }
    guard let document = ready.popLast() else { return nil }
    report.add(document.file, document.part, byteCount: document.text.count)
    return document
  }

  // MARK: Reading

  private struct LeftOutError: Error { var reason: LeftOutReason }

  /// The file's text in UTF-8, or why it is not to be used.
  private mutating func read(_ file: CorpusFile) -> Result<[UInt8], LeftOutError> {
    if heldOutFiles.isNamed(file.path) || heldOutFiles.hasIdentity(of: file.path) {
      return .failure(LeftOutError(reason: .heldOut))
    }
    let limit = file.isNamed ? Int.max : options.fileByteLimit
    guard let bytes = try? file.contents(limit: limit) else {
      return .failure(LeftOutError(reason: .unreadable))
    }
    if bytes.withUnsafeBytes({ heldOutFiles.contains($0) }) {
      return .failure(LeftOutError(reason: .heldOut))
    }
    guard let text = TextDecoding.utf8(bytes) else { return .failure(LeftOutError(reason: .binary)) }
    if text.isEmpty { return .failure(LeftOutError(reason: .empty)) }
    // A grammar that cannot be read says so when the text is lexed.
    let isProse = (try? grammars.grammar(languageID: file.languageID))?.isProse ?? true
    let reason = text.withUnsafeBytes { ContentRules.reasonToLeaveOut($0, isProse: isProse) }
    if let reason, !file.isNamed || reason == .secret || reason == .model {
      return .failure(LeftOutError(reason: reason))
    }
    if duplicates.isDuplicate(bytes, file) { return .failure(LeftOutError(reason: .duplicate)) }
    return .success(text)
  }

  // MARK: Splitting

  /// The part that a path and the seed choose.
  public func part(of relativePath: String) -> CorpusPart {
    Self.share(relativePath, seed: options.seed) < options.heldOutShare ? .heldOut : .training
  }

  /// A number from 0 to 1, evenly spread over paths.
  static func share(_ relativePath: String, seed: UInt64) -> Double {
    var hash = ContentHash(seed: seed)
    hash.combine(relativePath.systemPathBytes)
    return Double(hash.value >> 11) / Double(1 << 53 as UInt64)
  }

  private mutating func split(_ document: CorpusDocument) {
    if document.part == .heldOut {
      guard hasTraining else {
        waitingForTraining.append(document)
        return
      }
      hasHeldOut = true
      releaseCandidate()
      ready.insert(document, at: 0)
      return
    }
    if hasHeldOut || options.heldOutShare <= 0 {
      emitTraining(document)
    } else if let other = candidate {
      let isNearer =
        Self.share(document.file.relativePath, seed: options.seed)
        < Self.share(other.file.relativePath, seed: options.seed)
      candidate = isNearer ? document : other
      emitTraining(isNearer ? other : document)
    } else {
      candidate = document
      // One training document is enough for those held out before it.
      if !waitingForTraining.isEmpty { releaseCandidate() }
    }
  }

  private mutating func emitTraining(_ document: CorpusDocument) {
    hasTraining = true
    ready.insert(document, at: 0)
    for held in waitingForTraining {
      hasHeldOut = true
      ready.insert(held, at: 0)
    }
    waitingForTraining = []
    if hasHeldOut { releaseCandidate() }
  }

  private mutating func releaseCandidate() {
    guard let document = candidate else { return }
    candidate = nil
    emitTraining(document)
  }

  /// Decides on what waits when there are no more files.
  private mutating func finish() {
    if var document = candidate {
      candidate = nil
      if hasTraining && !hasHeldOut && waitingForTraining.isEmpty {
        document.part = .heldOut
        hasHeldOut = true
        ready.insert(document, at: 0)
      } else {
        emitTraining(document)
      }
    }
    guard !waitingForTraining.isEmpty else { return }
    var first = waitingForTraining.removeFirst()
    first.part = .training
    emitTraining(first)
  }
}
