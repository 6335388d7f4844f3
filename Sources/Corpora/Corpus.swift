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
  private var split: HeldOutSplit<CorpusDocument>
  private var isFinished = false

  /// - Parameter heldOutFiles: files that are not to be read.
  public init(
    paths: [String], options: CorpusOptions = CorpusOptions(), grammars: GrammarLibrary,
    leavingOut heldOutFiles: HeldOutFiles = HeldOutFiles()
  ) throws(Failure) {
    self.options = options
    split = HeldOutSplit(heldOutShare: options.heldOutShare)
    self.heldOutFiles = heldOutFiles
    self.grammars = grammars
    walker = try CorpusWalker(paths: paths, options: options, grammars: grammars)
  }

  /// The next document; nil when there is none left.
  public mutating func next() -> CorpusDocument? {
    while true {
      if let decided = split.next() {
        var document = decided.document
        document.part = decided.part
        report.add(document.file, document.part, byteCount: document.text.count)
        return document
      }
      if isFinished { return nil }
      guard let file = nextFile() else {
        isFinished = true
        split.finish()
        continue
      }
      guard options.shard?.holds(file.relativePath) ?? true else { continue }
      switch read(file) {
      case .failure(let reason):
        report.leaveOut(file.path, languageID: file.languageID, byteCount: file.byteCount, reason.reason)
      case .success(let content):
        split.add(
          CorpusDocument(
            file: file, part: part(of: file.relativePath), text: content.text, identity: content.identity),
          share: Self.share(file.relativePath, seed: options.seed))
      }
    }
  }

  /// What a walk leaves out every process finds; the one that reads the first part of the corpus reports it.
  private mutating func nextFile() -> CorpusFile? {
    guard let shard = options.shard, shard.index > 0 else { return walker.next(&report) }
    var unreported = CorpusReport()
    return walker.next(&unreported)
  }

  // MARK: Reading

  private struct LeftOutError: Error { var reason: LeftOutReason }

  /// The file's text in UTF-8, or why it is not to be used.
  private mutating func read(
    _ file: CorpusFile
  ) -> Result<(text: [UInt8], identity: ContentIdentity), LeftOutError> {
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
    let identity = bytes.withUnsafeBytes { ContentIdentity(of: $0) }
    if duplicates.isDuplicate(bytes, identity, file) {
      return .failure(LeftOutError(reason: .duplicate))
    }
    return .success((text, identity))
  }

  // MARK: Splitting

  /// The part that a path and the seed choose.
  public func part(of relativePath: String) -> CorpusPart {
    Self.share(relativePath, seed: options.seed) < options.heldOutShare ? .heldOut : .training
  }

  static func share(_ relativePath: String, seed: UInt64) -> Double {
    HeldOutSplit<CorpusDocument>.share(relativePath, seed: seed)
  }
}
