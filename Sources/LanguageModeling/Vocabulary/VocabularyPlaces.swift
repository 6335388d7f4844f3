import Platform

/// `vocabulary.places`: where each type of a large `vocabulary.txt` lies, mapped, so that nobody has to read that through before
/// the first word is looked up.
///
/// All numbers little-endian, of 64 bits unless said: 8 bytes `INKVOC01`; the number of types; the byte count of `vocabulary.txt`
/// and its XXH64; how many bytes there are behind the numbers; two zeros; the XXH64 of all before. Then for each type its place
/// (`VocabularyText.Place`, two numbers of 32 bits); of every 32nd ordinary type the first eight bytes as one number; and the
/// bytes of the types that are escaped in `vocabulary.txt`. The content is untrusted, and so is what comes of bisecting it.
struct VocabularyPlaces {
  static let magic = UInt64(0x3130_434F_564B_4E49)
  private static let headerWordCount = 8

  let file: MappedFile
  let count: Int
  let places: UnsafePointer<VocabularyText.Place>
  let samples: UnsafePointer<UInt64>
  let arena: UnsafeRawBufferPointer

  /// Nil where the file was not made of this vocabulary.
  ///
  /// - Parameter digest: the vocabulary's XXH64, as the model's description has it.
  init?(_ file: MappedFile, vocabularyByteCount: Int, digest: String) {
    let headerByteCount = Self.headerWordCount * 8
    guard file.count >= headerByteCount, let base = file.bytes.baseAddress else { return nil }
    // A copy: the file may become another one meanwhile.
    let header = (0..<Self.headerWordCount).map {
      UInt64(littleEndian: base.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
    }
    guard header[0] == Self.magic, header[7] == Self.hash(header), header[1] <= Vocabulary.maximumCount,
      header[2] == vocabularyByteCount, UInt64(digest, radix: 16) == header[3],
      header[4] < Vocabulary.maximumByteCount
    else { return nil }
    count = Int(header[1])
    let arenaStart = headerByteCount + 8 * (count + VocabularyText.sampleCount(of: count))
    guard count >= Vocabulary.specials.count, file.count == arenaStart + Int(header[4]) else { return nil }
    self.file = file
    places = (base + headerByteCount).assumingMemoryBound(to: VocabularyText.Place.self)
    samples = (base + headerByteCount + 8 * count).assumingMemoryBound(to: UInt64.self)
    arena = UnsafeRawBufferPointer(rebasing: file.bytes[arenaStart...])
    guard areInOrder(fileByteCount: vocabularyByteCount) else { return nil }
  }

  /// Whether each type lies behind the one before, in the file or among the escaped ones, and only the special ones and the first
  /// may be empty: whatever goes through all types has no more bytes before it than there are.
  private func areInOrder(fileByteCount: Int) -> Bool {
    var ends = (file: UInt64(0), arena: UInt64(0))
    for index in 0..<count {
      let place = places[index]
      let isEscaped = place.start & VocabularyText.Place.arenaBit != 0
      let start = UInt64(place.start & ~VocabularyText.Place.arenaBit)
      let end = start + UInt64(place.length)
      guard start >= (isEscaped ? ends.arena : ends.file),
        end <= UInt64(isEscaped ? arena.count : fileByteCount),
        place.length > 0 || index <= Vocabulary.specials.count
      else { return false }
      if isEscaped { ends.arena = end } else { ends.file = end }
    }
    return true
  }

  /// The content of the file for a `vocabulary.txt`.
  static func serialized(_ text: VocabularyText, of file: MappedFile) -> [UInt8] {
    let parts = text.parts
    var header = [
      magic, UInt64(text.count), UInt64(file.count), XXH64.hash(file.bytes), UInt64(parts.arena.count), 0, 0,
      0,
    ]
    header[7] = hash(header)
    var result: [UInt8] = []
    result.reserveCapacity(
      header.count * 8 + parts.places.count + parts.samples.count + parts.arena.count)
    for word in header { withUnsafeBytes(of: word.littleEndian) { result.append(contentsOf: $0) } }
    result.append(contentsOf: parts.places)
    result.append(contentsOf: parts.samples)
    result.append(contentsOf: parts.arena)
    return result
  }

  private static func hash(_ header: [UInt64]) -> UInt64 {
    header.dropLast().map(\.littleEndian).withUnsafeBytes { XXH64.hash($0) }
  }
}
