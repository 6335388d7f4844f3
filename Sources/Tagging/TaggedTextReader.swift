import Platform

/// Reads tagged sentences: a word a line, and an empty line between sentences.
///
/// A line is either `word TAB tag` (further columns are passed over), or a line of CoNLL-U with its ten columns, of which
/// the second is the word and the fourth its universal part of speech. In CoNLL-U, comments, ranges such as `1-2` (a written
/// word that is several) and empty nodes such as `5.1` are passed over: their parts are there.
public struct TaggedTextReader: Sendable {
  /// What is read of each line.
  public enum Columns: Hashable, Sendable {
    case wordAndTag
    /// Words, and their tags where there are some: a line may have the word alone.
    case words
  }

  private let columns: Columns
  /// Of each tag, its place among the names.
  public private(set) var tags: [String] = []
  private var places: [String: Int] = [:]
  private let addsTags: Bool

  /// - Parameter tags: names that are known; nil takes up those that come.
  public init(columns: Columns = .wordAndTag, tags: [String]? = nil) {
    self.columns = columns
    self.tags = tags ?? []
    addsTags = tags == nil
    for (place, tag) in self.tags.enumerated() { places[tag] = place }
  }

  /// - Parameters:
  ///   - text: a whole file; a byte order mark is passed over, lines may end in CR LF.
  ///   - name: for errors.
  /// - Throws: `Failure` naming the line that has no tag.
  public mutating func sentences(
    of text: UnsafeRawBufferPointer, name: String
  ) throws(Failure) -> [TaggedSentence] {
    var sentences: [TaggedSentence] = []
    var sentence = TaggedSentence(words: [], tags: [])
    var start = text.hasByteOrderMark ? 3 : 0
    var line = 0
    let isUniversal = Self.isUniversal(text)
    while start < text.count {
      let end = text[start...].firstIndex(of: 0x0A) ?? text.count
      line += 1
      var bytes = text[start..<end]
      if bytes.last == 0x0D { bytes = bytes.dropLast() }
      start = end + 1
      if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
        if !sentence.words.isEmpty { sentences.append(sentence) }
        sentence = TaggedSentence(words: [], tags: [])
        continue
      }
      guard let (word, tag) = try fields(bytes, isUniversal, "\(name):\(line)") else { continue }
      sentence.words.append(word)
      sentence.tags.append(place(of: tag))
    }
    if !sentence.words.isEmpty { sentences.append(sentence) }
    return sentences
  }

  /// Whether the first line that has a number and ten columns says that this is CoNLL-U.
  private static func isUniversal(_ text: UnsafeRawBufferPointer) -> Bool {
    var start = text.hasByteOrderMark ? 3 : 0
    while start < text.count {
      let end = text[start...].firstIndex(of: 0x0A) ?? text.count
      let line = text[start..<end]
      start = end + 1
      guard let first = line.first, first != 0x0D else { continue }
      if first == UInt8(ascii: "#"), !line.contains(0x09) { continue }
      let columns = line.split(separator: 0x09, omittingEmptySubsequences: false)
      return columns.count == 10
        && columns[0].allSatisfy {
          (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
    }
    return false
  }

  /// A line's word and tag; nil for a line that is none's.
  private func fields(
    _ line: Slice<UnsafeRawBufferPointer>, _ isUniversal: Bool, _ place: String
  ) throws(Failure) -> (word: [UInt8], tag: String?)? {
    if isUniversal, line.first == UInt8(ascii: "#"), !line.contains(0x09) { return nil }
    let fields = line.split(separator: 0x09, maxSplits: 9, omittingEmptySubsequences: false)
    let (wordColumn, tagColumn) = isUniversal ? (1, 3) : (0, 1)
    if isUniversal, fields[0].contains(where: { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }) {
      return nil
    }
    guard fields.count > wordColumn, !fields[wordColumn].isEmpty else {
      throw Failure(place, why: "has no word", remedy: "write a word, a tab and its tag on every line")
    }
    let word = Array(fields[wordColumn])
    guard fields.count > tagColumn, !fields[tagColumn].isEmpty else {
      if columns == .words { return (word, nil) }
      throw Failure(place, why: "has no tag", remedy: "write a word, a tab and its tag on every line")
    }
    return (word, String(decoding: fields[tagColumn], as: UTF8.self))
  }

  private mutating func place(of tag: String?) -> Int {
    guard let tag else { return -1 }
    if let known = places[tag] { return known }
    guard addsTags else { return -1 }
    places[tag] = tags.count
    tags.append(tag)
    return tags.count - 1
  }
}
