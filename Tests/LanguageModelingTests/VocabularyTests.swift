import Platform
import Testing

@testable import LanguageModeling

@Suite struct VocabularyTests {
  static let types: [[UInt8]] =
    [
      "zebra", "a", "ab", "abc", "b", "\n", "\u{0E}", "\\", "é", "日本", "ab\tc", "",
    ].map { Array($0.utf8) } + [[0xFF, 0x41], [0x80]]

  private func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    let path = "/tmp/inkling-vocabulary-\(getpid())-\(UInt64.random(in: 0 ... .max)).txt"
    try writeFileAtomically(path, bytes)
    defer { unlink(path) }
    return try body(path)
  }

  @Test func idsAscendWithTheBytes() {
    let vocabulary = Vocabulary(types: Self.types)
    #expect(vocabulary.count == 3 + Self.types.count)
    var previous: [UInt8]?
    for id in 3..<vocabulary.count {
      let bytes = vocabulary.bytes(of: TokenID(id))
      if let previous { #expect(previous.lexicographicallyPrecedes(bytes)) }
      previous = bytes
      #expect(vocabulary.id(of: bytes) == TokenID(id))
    }
    #expect(vocabulary.id(of: "<unk>") == .unknown)
    #expect(vocabulary.id(of: "</s>") == .sentenceEnd)
    #expect(vocabulary.id(of: "abcd") == nil)
    #expect(vocabulary.string(of: TokenID(rawValue: 4_000_000_000)) == "<unk>")
  }

  @Test func twinsCountOnce() {
    let vocabulary = Vocabulary(types: [[1], [1], [0]])
    #expect(vocabulary.count == 5)
    #expect(vocabulary.bytes(of: TokenID(3)) == [0])
  }

  @Test func prefixesAreRangesOfIDs() {
    let vocabulary = Vocabulary(types: Self.types)
    for prefix in ["", "a", "ab", "abc", "abcd", "z", "\u{E9}", "~", "<"].map({ Array($0.utf8) }) + [[0xFF]] {
      let range = vocabulary.ids(withPrefix: prefix)
      let expected = (3..<UInt32(vocabulary.count)).filter {
        vocabulary.bytes(of: TokenID(rawValue: $0)).starts(with: prefix)
      }
      #expect(Array(range) == expected)
    }
  }

  @Test func fileRoundTrips() throws {
    let vocabulary = Vocabulary(types: Self.types)
    let bytes = vocabulary.serialized()
    #expect(String(validating: bytes, as: UTF8.self) != nil)
    try withFile(bytes) { path in
      let read = try Vocabulary(path: path)
      #expect(read.count == vocabulary.count)
      for id in 0..<vocabulary.count {
        #expect(read.bytes(of: TokenID(id)) == vocabulary.bytes(of: TokenID(id)))
      }
      #expect(read.serialized() == bytes)
    }
  }

  // MARK: Places

  private func withPlaces(
    _ vocabulary: Vocabulary, mutating: (inout [UInt8]) -> Void = { _ in },
    _ body: (MappedFile, MappedFile, String) throws -> Void
  ) throws {
    try withFile(vocabulary.serialized()) { path in
      let file = try MappedFile(path)
      var places = try Vocabulary.places(of: file)
      mutating(&places)
      try withFile(places) { try body(file, MappedFile($0), XXH64.digest(file.bytes)) }
    }
  }

  @Test func placesAreAsGoodAsReading() throws {
    let types = Self.types + (0..<4000).map { Array("type \($0 * 31)".utf8) }
    let vocabulary = Vocabulary(types: types)
    try withPlaces(vocabulary) { file, places, digest in
      let read = try Vocabulary(file: file, places: places, digest: digest)
      #expect(read.memoryByteCount == 0)
      #expect(read.count == vocabulary.count)
      for id in 0..<vocabulary.count {
        #expect(read.bytes(of: TokenID(id)) == vocabulary.bytes(of: TokenID(id)))
        #expect(read.id(of: vocabulary.bytes(of: TokenID(id))) == TokenID(id))
      }
      #expect(read.ids(withPrefix: Array("type 1".utf8)) == vocabulary.ids(withPrefix: Array("type 1".utf8)))
      #expect(read.serialized() == vocabulary.serialized())
      // Those of another text are not looked at.
      let other = try Vocabulary(file: file, places: places, digest: "0123456789abcdef")
      #expect(other.memoryByteCount > 0)
      #expect(other.serialized() == vocabulary.serialized())
    }
  }

  /// Whatever bytes a file of places has, nothing outside the files is read, and every lookup ends.
  @Test func damagedPlacesAreNoPlaces() throws {
    let vocabulary = Vocabulary(types: Self.types + (0..<200).map { Array("word\($0)".utf8) })
    var random = SplitMix64(seed: 4)
    for round in 0..<300 {
      try withPlaces(vocabulary) { places in
        if round % 10 == 0 { places.removeLast(Int.random(in: 1...places.count, using: &random)) }
        for _ in 0..<Int.random(in: 1...8, using: &random) where !places.isEmpty {
          places[Int.random(in: places.indices, using: &random)] = UInt8.random(
            in: 0 ... .max, using: &random)
        }
      } _: { file, places, digest in
        guard let read = try? Vocabulary(file: file, places: places, digest: digest) else { return }
        #expect(read.count == vocabulary.count)
        for id in 0..<read.count { _ = read.id(of: read.bytes(of: TokenID(id))) }
        _ = read.id(of: "word77")
        _ = read.ids(withPrefix: Array("w".utf8))
      }
    }
  }

  /// Types that lie over each other would have more bytes than there are: such places are read anew.
  @Test func placesThatOverlapAreNotTaken() throws {
    let vocabulary = Vocabulary(types: (0..<3000).map { Array("word\($0)".utf8) })
    for isLonger in [true, false] {
      try withPlaces(vocabulary) { places in
        for id in 3..<vocabulary.count {
          // The low bytes of a length.
          for offset in 0..<2 { places[64 + 8 * id + 4 + offset] = isLonger ? 0x20 : 0 }
        }
      } _: { file, places, digest in
        let read = try Vocabulary(file: file, places: places, digest: digest)
        #expect(read.memoryByteCount > 0)
        #expect(read.serialized() == vocabulary.serialized())
      }
    }
  }

  /// Lookups by bisection and by the hash table that replaces it agree.
  @Test func manyLookups() {
    var types: [[UInt8]] = []
    for number in 0..<5000 {
      types.append(Array(String(number * 7).utf8))
      types.append(Array("a longer word with the number \(number)".utf8))
    }
    let vocabulary = Vocabulary(types: types)
    for _ in 0..<2 {
      for id in 0..<vocabulary.count {
        #expect(vocabulary.id(of: vocabulary.bytes(of: TokenID(id))) == TokenID(id))
      }
      #expect(vocabulary.id(of: "6") == nil)
      #expect(vocabulary.id(of: "") == nil)
    }
  }

  @Test func lookupsSideBySideFindTheSame() {
    let types = (0..<500).map { Array("type\($0 * $0)".utf8) } + Self.types
    let asked = types + types.map { $0 + [0x21] } + Vocabulary.specials
    let expected = Vocabulary(types: types)
    let single = asked.map { expected.id(of: $0) }
    let vocabulary = Vocabulary(types: types)
    let bytes = asked.map { UnsafeMutableRawBufferPointer.allocate(byteCount: $0.count, alignment: 1) }
    defer { for bytes in bytes { bytes.deallocate() } }
    for (bytes, type) in zip(bytes, asked) { bytes.copyBytes(from: type) }
    // First by bisection, then by the table.
    for count in [0, 1, 31, 32, 33, asked.count, asked.count] {
      let found = vocabulary.ids(ofTypes: count) { UnsafeRawBufferPointer(bytes[$0]) }
      #expect(found == Array(single.prefix(count)))
    }
  }

  /// Types that differ late, and types that others continue with zeros.
  @Test func searchesFindWhatIsThereAndNothingElse() {
    var random = SystemRandomNumberGenerator()
    func type() -> [UInt8] {
      let start: [UInt8] = Bool.random() ? [] : Array("common prefix".utf8)
      return start
        + (0..<Int.random(in: 0...9, using: &random)).map { _ in [0, 1, 97, 255].randomElement()! }
    }
    let types = Set((0..<2000).map { _ in type() })
    let vocabulary = Vocabulary(types: types)
    let ordered = (3..<vocabulary.count).map { vocabulary.bytes(of: TokenID($0)) }
    #expect(ordered.count == types.count)
    for _ in 0..<400 {
      let wanted = type()
      #expect(vocabulary.id(of: wanted) == ordered.firstIndex(of: wanted).map { TokenID($0 + 3) })
      let first = ordered.firstIndex { !$0.lexicographicallyPrecedes(wanted) } ?? ordered.count
      #expect(vocabulary.ids(withPrefix: wanted).lowerBound == UInt32(first + 3))
    }
  }

  @Test(arguments: [
    ("", "middle of a line"), ("<unk>\n<s>\n</s>\na", "middle of a line"), ("<unk>\n<s>\n", "expected </s>"),
    ("<unk>\n<s>\n</s>\nb\na\n", "out of order"), ("<unk>\n<s>\n</s>\nb\nb\n", "out of order"),
    ("<unk>\n<s>\n</s>\n\\q\n", "malformed escape"), ("<unk>\n<s>\n</s>\n\\x4\n", "malformed escape"),
  ])
  func malformedFiles(_ text: String, _ reason: String) throws {
    try withFile(Array(text.utf8)) { path in
      let failure = #expect(throws: Failure.self) { try Vocabulary(path: path) }
      #expect(failure?.why.contains(reason) == true)
      #expect(failure?.what.hasPrefix(path) == true)
    }
  }
}
