import JSON

/// The candidates of a request for `inkling/rank`, read straight from its bytes: to make values of some hundred of them, and to let go
/// of those, takes as long as a third of ranking them.
///
/// Only what is plain is read so: objects whose members are strings without escapes, small whole numbers and literals. Everything
/// else is left to whoever reads all of JSON, and so is saying what is wrong.
enum PlainCandidates {
  /// Of shorter lists the values are made in no time.
  private static let leastByteCount = 1 << 10
  /// So far from either end of a message its method may stand.
  private static let methodReach = 256

  /// A request with its candidates as the texts that `RankCandidate.text` would have; nil for any other message.
  static func message(_ content: [UInt8]) -> IncomingMessage? {
    guard content.count >= leastByteCount, let found = content.withUnsafeBufferPointer(read) else {
      return nil
    }
    // Elsewhere in the message the list's name would be another one's, or another spelling of it.
    guard let json = try? JSON.parse(found.rest, limits: IncomingMessage.limits),
      case .request(let id, RankParams.method, .object(var params)?) = IncomingMessage(json),
      params["candidates"] == .array([])
    else { return nil }
    params["candidates"] = .array(found.texts.map(JSON.string))
    return .request(id, method: RankParams.method, params: .object(params))
  }

  private static func read(_ content: UnsafeBufferPointer<UInt8>) -> (rest: [UInt8], texts: [String])? {
    let ends = [content.prefix(methodReach), content.suffix(methodReach)]
    guard ends.contains(where: { place(of: "\"inkling/rank\"", in: $0) != nil }),
      let name = place(of: "\"candidates\"", in: content[...])
    else { return nil }
    var reader = PlainItemReader(bytes: content, place: name.upperBound)
    guard reader.take(UInt8(ascii: ":")) else { return nil }
    let start = reader.place
    guard let texts = reader.texts() else { return nil }
    let rest = [UInt8](content[..<start]) + "[]".utf8 + content[reader.place...]
    let isPlain = rest.withUnsafeBufferPointer {
      !$0.contains(UInt8(ascii: "\\")) && place(of: "\"candidates\"", in: $0[name.upperBound...]) == nil
    }
    return isPlain ? (rest, texts) : nil
  }

  private static func place(
    of literal: StaticString, in bytes: Slice<UnsafeBufferPointer<UInt8>>
  ) -> Range<Int>? {
    let (base, count) = (bytes.base, literal.utf8CodeUnitCount)
    var place = bytes.startIndex
    while place + count <= bytes.endIndex {
      var matched = 0
      while matched < count && base[place + matched] == literal.utf8Start[matched] { matched += 1 }
      if matched == count { return place..<place + count }
      place += 1
    }
    return nil
  }
}

/// Reads a list of plain objects. Whatever it cannot read is nil.
private struct PlainItemReader {
  let bytes: UnsafeBufferPointer<UInt8>
  private(set) var place: Int

  init(bytes: UnsafeBufferPointer<UInt8>, place: Int) {
    self.bytes = bytes
    self.place = place
  }

  private var next: UInt8 { place < bytes.count ? bytes[place] : 0 }

  private mutating func skipSpace() {
    while place < bytes.count {
      switch bytes[place] {
      case 0x20, 0x0A, 0x0D, 0x09: place += 1
      default: return
      }
    }
  }

  /// Passes a byte with the white space around it; false if it is another one.
  mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard next == byte, place < bytes.count else { return false }
    place += 1
    skipSpace()
    return true
  }

  /// The text of each element.
  mutating func texts() -> [String]? {
    guard take(UInt8(ascii: "[")) else { return nil }
    var texts: [String] = []
    texts.reserveCapacity(RankParams.candidateLimit / 4)
    repeat {
      guard texts.count < RankParams.candidateLimit, let text = item() else { return nil }
      texts.append(text)
    } while take(UInt8(ascii: ","))
    guard next == UInt8(ascii: "]") else { return nil }
    place += 1
    return texts
  }

  private mutating func item() -> String? {
    guard take(UInt8(ascii: "{")) else { return nil }
    var (label, insertText) = (Range<Int>?.none, Range<Int>?.none)
    var (format, kind) = (0, 0)
    repeat {
      guard let key = string(), take(UInt8(ascii: ":")) else { return nil }
      switch next {
      case UInt8(ascii: "\""):
        guard let value = string() else { return nil }
        if isKey(key, "label") { label = value }
        if isKey(key, "insertText") { insertText = value }
        // Nobody has a number in quotes.
        if isKey(key, "kind") || isKey(key, "insertTextFormat") { return nil }
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        guard let value = number(), !isKey(key, "label"), !isKey(key, "insertText") else { return nil }
        if isKey(key, "kind") { kind = value }
        if isKey(key, "insertTextFormat") { format = value }
      default:
        guard isKey(key, "deprecated") || isKey(key, "preselect"), literal("true") || literal("false") else {
          return nil
        }
      }
    } while take(UInt8(ascii: ","))
    guard next == UInt8(ascii: "}"), let label else { return nil }
    place += 1
    let text = RankCandidate.textRange(
      in: bytes, insertText ?? label, isSnippet: format == 2, kind: kind)
    // `string` has seen that it is UTF-8, and it is cut at signs of a byte.
    return String(decoding: UnsafeBufferPointer(rebasing: bytes[text]), as: UTF8.self)
  }

  private func isKey(_ key: Range<Int>, _ name: StaticString) -> Bool {
    guard key.count == name.utf8CodeUnitCount else { return false }
    for offset in 0..<key.count where bytes[key.lowerBound + offset] != name.utf8Start[offset] {
      return false
    }
    return true
  }

  /// What stands between quotes.
  private mutating func string() -> Range<Int>? {
    guard next == UInt8(ascii: "\"") else { return nil }
    let start = place + 1
    var end = start
    var all: UInt8 = 0
    while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
      guard bytes[end] >= 0x20, bytes[end] != UInt8(ascii: "\\") else { return nil }
      all |= bytes[end]
      end += 1
    }
    guard end < bytes.count else { return nil }
    if all >= 0x80, String(validating: bytes[start..<end], as: UTF8.self) == nil { return nil }
    place = end + 1
    return start..<end
  }

  /// A whole number as everybody writes it.
  private mutating func number() -> Int? {
    let start = place
    var value = 0
    while case UInt8(ascii: "0")...UInt8(ascii: "9") = next, place - start < 9 {
      value = 10 * value + Int(next - UInt8(ascii: "0"))
      place += 1
    }
    guard place - start == 1 || bytes[start] != UInt8(ascii: "0") else { return nil }
    let end = place
    skipSpace()
    return next == UInt8(ascii: ",") || next == UInt8(ascii: "}") ? end > start ? value : nil : nil
  }

  private mutating func literal(_ literal: StaticString) -> Bool {
    let count = literal.utf8CodeUnitCount
    guard place + count <= bytes.count,
      (0..<count).allSatisfy({ bytes[place + $0] == literal.utf8Start[$0] })
    else { return false }
    place += count
    return true
  }
}
