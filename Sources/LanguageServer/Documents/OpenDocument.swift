import Prediction
import Synchronization

/// A document that the client has open: its lane keeps edits and requests in order, its content changes inside
/// the lock only.
final class OpenDocument: Sendable {
  let identity: DocumentIdentity
  let lane: Lane
  /// Raised on `didClose`, so that background work for the document ends.
  let isClosed = CancellationFlag()
  /// Whether a job of the lane is at what opening or an edit left to do.
  let isPreparing = Atomic(false)
  /// Whether such a job is to be submitted in a moment.
  let isPreparingSoon = Atomic(false)
  /// Set when its marks are to be pushed.
  let pushAlarm = Alarm()
  /// Nil until the lane's first job has read the text; no later job of the lane finds it so.
  private let content = Mutex<DocumentContent?>(nil)

  init(_ identity: DocumentIdentity, lane: Lane) {
    self.identity = identity
    self.lane = lane
  }

  func open(_ content: DocumentContent) { self.content.withLock { $0 = content } }

  /// Lets go of everything.
  ///
  /// - Returns: what it was.
  func close() -> DocumentContent? {
    content.withLock { content in
      defer { content = nil }
      return content
    }
  }

  func withContent<Result: Sendable, Failure: Error>(
    _ body: (inout DocumentContent) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    try content.withLock { (content) throws(Failure) -> Result? in
      guard content != nil else { return nil }
      return try body(&content!)
    }
  }
}

/// What is known of an open document. Its text is the engine's.
struct DocumentContent: Sendable {
  private var lines: LineIndex
  /// As the client counts.
  var version: Int
  /// Whether anybody has typed in it since it was opened.
  private(set) var isEdited = false
  /// Edits and changes of the engine so far: whatever was computed at another count is out of date.
  var revision = 0
  var engine: any DocumentEngine
  private(set) var surprisals: SurprisalCache
  private(set) var slips: SlipCache
  var sliceSize = SliceSize()
  /// Every look for slips has some costs of its own, and is given up once somebody waits.
  var slipSliceSize = SliceSize(target: .milliseconds(8))
  /// What the slice at hand has taken so far.
  var slipSliceDuration = Duration.zero
  /// The completion answered last, for `completionItem/resolve`.
  var offered: [Suggestion] = []
  /// Where that was, as a byte offset of the text as it was then.
  var offeredPlace = 0
  /// When the text changed last; nil before it has.
  private(set) var lastEdit: ContinuousClock.Instant?
  /// The revision at which a list was asked for last.
  var askedRevision: Int?
  /// Set by an answer that came too early for the network: it is to read on.
  var wantsPreparation = false

  init(version: Int, engine: any DocumentEngine) {
    lines = LineIndex(engine.buffer)
    self.version = version
    self.engine = engine
    surprisals = SurprisalCache(byteCount: engine.buffer.count)
    slips = SlipCache(byteCount: engine.buffer.count)
  }

  /// The text with its lines, to be read and let go of before the next edit.
  var text: SourceText { SourceText(buffer: engine.buffer, lines: lines) }

  /// Takes up another engine, which knows the text already.
  ///
  /// - Returns: the one before.
  mutating func replaceEngine(_ engine: any DocumentEngine) -> any DocumentEngine {
    defer { self.engine = engine }
    forgetFindings()
    revision += 1
    return self.engine
  }

  /// Forgets surprisals and slips: all of them are to be found anew.
  mutating func forgetFindings() {
    surprisals.invalidate(byteCount: text.byteCount)
    slips.invalidate(byteCount: text.byteCount)
    slipSliceDuration = .zero
  }

  mutating func record(_ found: [Surprisal], in slice: Range<Int>) { surprisals.record(found, in: slice) }
  mutating func record(_ found: [DetectedSlip], in slice: Range<Int>) { slips.record(found, in: slice) }

  mutating func replace(_ byteRange: Range<Int>, with bytes: [UInt8]) {
    isEdited = true
    lastEdit = .now
    engine.replace(byteRange, with: bytes)
    lines.replace(byteRange, newCount: bytes.count, in: engine.buffer)
    let text = text
    let lineStart = text.lines.start(ofLine: text.lines.line(at: byteRange.lowerBound))
    let lookBack = min(byteRange.lowerBound - lineStart, 256)
    surprisals.replace(byteRange, newCount: bytes.count, lookBack: lookBack, byteCount: text.byteCount)
    let edited = byteRange.lowerBound..<byteRange.lowerBound + bytes.count
    let around = engine.surroundings(of: edited, tokenCount: SlipCache.reachTokenCount)
    slipSliceDuration = .zero
    slips.replace(
      byteRange, newCount: bytes.count, lookBack: edited.lowerBound - around.lowerBound,
      lookAhead: around.upperBound - edited.upperBound, byteCount: text.byteCount)
    revision += 1
  }

  func string(in byteRange: Range<Int>) -> String {
    let buffer = engine.buffer
    return String(decoding: buffer.bytes(in: byteRange.clamped(to: 0..<buffer.count)), as: UTF8.self)
  }
}
