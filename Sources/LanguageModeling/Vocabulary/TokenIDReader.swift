import CSystem
import Platform

/// Reads text whose tokens are separated by white space as ids, a block at a time; each sequence is ended by `</s>`.
///
/// Separators are space, NUL and the control characters 9 to 13. Tokens outside the vocabulary are `<unk>`; the spellings
/// `<s>` and `</s>` are passed over, as they would stand for a boundary that is not there, and so is a byte order mark at
/// the start. Short types that were read
/// lately are remembered; the other lookups go on in groups, so that their memory accesses overlap.
public struct TokenIDReader: ~Copyable {
  /// What gives `</s>`.
  public enum SequenceEnds: Sendable {
    /// Every line end, and the end of a last line without one.
    case lines
    /// The end of the text.
    case end
  }

  private static let groupCount = 32

  private let vocabulary: Vocabulary
  private let index: VocabularyIndex
  private let text: UnsafeRawBufferPointer
  private let sequenceEnds: SequenceEnds
  /// A copy of the last bytes, followed by 64 separators.
  private let tail: UnsafeMutableRawPointer
  private let tailStart: Int
  private let recent = RecentTypes()
  private let group: UnsafeMutablePointer<Lookup>
  private var groupFilled = 0

  /// A type whose id is not known yet.
  private struct Lookup {
    var type = UnsafeRawBufferPointer(start: nil, count: 0)
    var hash: UInt64 = 0
    /// Where the id belongs.
    var target = 0
    var spelling: RecentTypes.Spelling?
  }

  /// Where the open token began, and where the next mask begins.
  private var tokenStart: Int
  private var position = 0
  private var mask: UInt64 = 0
  private var maskStart = 0
  private var isAtEnd = false

  /// - Parameter text: must stay readable while the reader lives.
  public init(_ text: UnsafeRawBufferPointer, vocabulary: Vocabulary, sequenceEnds: SequenceEnds) {
    self.vocabulary = vocabulary
    self.text = text
    self.sequenceEnds = sequenceEnds
    index = vocabulary.index()
    group = .allocate(capacity: Self.groupCount)
    group.initialize(repeating: Lookup(), count: Self.groupCount)
    tailStart = text.count / 64 * 64
    tokenStart = text.hasByteOrderMark ? 3 : 0
    tail = .allocate(byteCount: 128, alignment: 64)
    tail.initializeMemory(as: UInt8.self, repeating: 0x20, count: 128)
    if let base = text.baseAddress, tailStart < text.count {
      tail.copyMemory(from: base + tailStart, byteCount: text.count - tailStart)
    }
  }

  deinit {
    group.deallocate()
    recent.deallocate()
    tail.deallocate()
  }

  /// Bytes read so far.
  public var byteOffset: Int { min(maskStart, text.count) }

  /// Fills `ids` as far as the text goes.
  ///
  /// - Parameter ids: at least 128.
  /// - Returns: how many were read; 0 at the end.
  public mutating func read(into ids: UnsafeMutableBufferPointer<UInt32>) -> Int {
    precondition(ids.count >= 4 * Self.groupCount)
    var count = 0
    while count + 4 <= ids.count {
      if mask == 0 {
        guard nextMask() else { break }
        continue
      }
      let separator = maskStart &+ mask.trailingZeroBitCount
      mask &= mask &- 1
      if separator > tokenStart { add(tokenStart..<separator, &count, ids) }
      tokenStart = separator &+ 1
      if sequenceEnds == .lines, separator < text.count, text[separator] == 0x0A {
        ids[count] = TokenID.sentenceEnd.rawValue
        count &+= 1
      }
    }
    if isAtEnd == false, position > text.count, mask == 0 {
      isAtEnd = true
      let hasOpenLine = text.count > 0 && text[text.count - 1] != 0x0A
      if sequenceEnds == .end || hasOpenLine {
        ids[count] = TokenID.sentenceEnd.rawValue
        count &+= 1
      }
    }
    resolve(ids)
    return count
  }

  private mutating func nextMask() -> Bool {
    guard position <= text.count else { return false }
    maskStart = position
    position &+= 64
    // The tail goes on with separators, the first of which ends the last token.
    let isTail = maskStart >= tailStart
    let base = isTail ? UnsafeRawPointer(tail) : text.baseAddress! + maskStart
    mask = inkling_separator_mask(base)
    if isTail {
      let left = UInt64(text.count &- maskStart)
      mask &= left >= 63 ? ~0 : (1 &<< (left &+ 1)) &- 1
    }
    return true
  }

  @inline(__always)
  private mutating func add(
    _ range: Range<Int>, _ count: inout Int, _ ids: UnsafeMutableBufferPointer<UInt32>
  ) {
    let type = UnsafeRawBufferPointer(rebasing: text[range])
    // What lies behind the type is read too.
    let spelling =
      range.lowerBound &+ 16 <= text.count ? RecentTypes.Spelling(type.baseAddress!, type.count) : nil
    if let spelling, let id = recent.id(of: spelling) {
      ids[count] = id
      count &+= 1
      return
    }
    if type[0] == UInt8(ascii: "<"), type.count <= 4, Self.isBoundaryMark(type) { return }
    let hash = VocabularyIndex.hash(type)
    index.prefetch(hash)
    group[groupFilled] = Lookup(type: type, hash: hash, target: count, spelling: spelling)
    groupFilled &+= 1
    count &+= 1
    if groupFilled == Self.groupCount { resolve(ids) }
  }

  private static func isBoundaryMark(_ type: UnsafeRawBufferPointer) -> Bool {
    type.elementsEqual("<s>".utf8) || type.elementsEqual("</s>".utf8)
  }

  /// Looks the types of the group up.
  private mutating func resolve(_ ids: UnsafeMutableBufferPointer<UInt32>) {
    let places = vocabulary.text
    for place in 0..<groupFilled { index.prefetchPlace(group[place].hash, in: places) }
    for place in 0..<groupFilled { index.prefetchBytes(group[place].hash, in: places) }
    for place in 0..<groupFilled {
      let lookup = group[place]
      let id = (index.id(of: lookup.type, hash: lookup.hash, in: places) ?? .unknown).rawValue
      ids[lookup.target] = id
      if let spelling = lookup.spelling { recent.store(spelling, id) }
    }
    groupFilled = 0
  }
}
