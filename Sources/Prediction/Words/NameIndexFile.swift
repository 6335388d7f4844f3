import LanguageModeling
import Platform

/// `names.bin`: the index of names of a large vocabulary, mapped and shared, so that nobody has to make it.
///
/// All numbers little-endian, of 64 bits unless said: 8 bytes `INKNAM01`; the number of types; the XXH64 of `vocabulary.txt`; the
/// byte counts of four sections; the XXH64 of all before. Then the sections (`NameIndex.sections`): folded names, inner parts and
/// initials, two numbers of 32 bits an entry, in the order of their keys, and the text of the keys. Where names are folded or
/// cut into parts by other rules, the file has another magic.
package final class NameIndexFile: Sendable {
  /// The file's name in a model directory; models may lack it.
  package static let name = "names.bin"
  private static let magic = UInt64(0x3130_4D41_4E4B_4E49)
  private static let sectionCount = 4
  private static let headerWordCount = 4 + sectionCount

  let typeCount: Int
  /// Inside `owner`, and checked to be.
  nonisolated(unsafe) let sections: [UnsafeRawBufferPointer]
  private let owner: Owner

  /// What keeps the bytes alive.
  private enum Owner: Sendable {
    case file(MappedFile)
    case memory(Memory)
  }

  private final class Memory: Sendable {
    nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

    init(_ content: [UInt8]) {
      bytes = .allocate(byteCount: content.count, alignment: 8)
      bytes.copyBytes(from: content)
    }

    deinit { bytes.deallocate() }
  }

  /// Nil where the file was not made of the vocabulary, or by other rules.
  ///
  /// - Parameter digest: the vocabulary's XXH64, as the model's description has it.
  init?(_ file: MappedFile, typeCount: Int, digest: String) {
    guard let header = Self.header(of: file.bytes), header.typeCount == typeCount,
      UInt64(digest, radix: 16) == header.digest
    else { return nil }
    self.typeCount = typeCount
    sections = header.sections
    owner = .file(file)
  }

  /// - Parameter content: what `content(for:digest:)` made.
  init(_ content: [UInt8]) {
    let memory = Memory(content)
    let header = Self.header(of: UnsafeRawBufferPointer(memory.bytes))
    typeCount = header?.typeCount ?? 0
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    sections = header?.sections ?? Array(repeating: nothing, count: Self.sectionCount)
    owner = .memory(memory)
  }

  /// Nil where there is none, or the sections are not as long as the rest.
  private static func header(
    of bytes: UnsafeRawBufferPointer
  ) -> (typeCount: Int, digest: UInt64, sections: [UnsafeRawBufferPointer])? {
    guard bytes.count >= headerWordCount * 8, let base = bytes.baseAddress else { return nil }
    // A copy: the file may become another one meanwhile.
    let words = (0..<headerWordCount).map {
      UInt64(littleEndian: base.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
    }
    guard words[0] == magic, words[headerWordCount - 1] == hash(words), words[1] <= Vocabulary.maximumCount
    else { return nil }
    var sections: [UnsafeRawBufferPointer] = []
    var start = headerWordCount * 8
    for place in 0..<sectionCount {
      let isText = place == sectionCount - 1
      guard let count = Int(exactly: words[3 + place]), count <= bytes.count - start, isText || count % 8 == 0
      else { return nil }
      sections.append(UnsafeRawBufferPointer(start: base + start, count: count))
      start += count
    }
    return start == bytes.count ? (Int(words[1]), words[2], sections) : nil
  }

  /// The content of the file.
  ///
  /// - Parameter digest: the XXH64 of the vocabulary's own file.
  package static func content(for vocabulary: Vocabulary, digest: UInt64, threadCount: Int) -> [UInt8] {
    let sections = NameIndex.sections(of: vocabulary, threadCount: threadCount)
    var header = [magic, UInt64(vocabulary.count), digest] + sections.map { UInt64($0.count) }
    header.append(hash(header + [0]))
    var result: [UInt8] = []
    result.reserveCapacity(sections.reduce(header.count * 8) { $0 + $1.count })
    for word in header { withUnsafeBytes(of: word.littleEndian) { result.append(contentsOf: $0) } }
    for section in sections { result.append(contentsOf: section) }
    return result
  }

  /// Of all words of a header but the last.
  private static func hash(_ words: [UInt64]) -> UInt64 {
    words.dropLast().map(\.littleEndian).withUnsafeBytes { XXH64.hash($0) }
  }
}
