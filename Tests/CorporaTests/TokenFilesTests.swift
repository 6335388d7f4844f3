import Corpora
import Platform
import Testing

@Suite struct TokenFilesTests {
  private func sequences(_ text: String, _ unit: TokenFiles.SequenceUnit) throws -> [[String]] {
    let bytes = Array(text.utf8)
    var result: [[String]] = []
    try bytes.withUnsafeBytes { buffer in
      try TokenFiles.forEachSequence(in: buffer, unit: unit) { ranges throws(Failure) in
        result.append(ranges.map { String(decoding: buffer[$0], as: UTF8.self) })
      }
    }
    return result
  }

  @Test func aLineIsASentence() throws {
    #expect(try sequences("a b\n\nc  d\te\r\nlast", .line) == [["a", "b"], [], ["c", "d", "e"], ["last"]])
    #expect(try sequences("a\n", .line) == [["a"]])
    #expect(try sequences("\n", .line) == [[]])
    #expect(try sequences("", .line) == [])
  }

  @Test func aDocumentIsOneSequence() throws {
    #expect(try sequences("a b\n\nc\n", .document) == [["a", "b", "c"]])
    #expect(try sequences("", .document) == [[]])
  }

  @Test func boundaryMarksAreNoTokens() throws {
    #expect(try sequences("<s> a </s> <unk> <su>\n", .line) == [["a", "<unk>", "<su>"]])
  }

  @Test func foldersAreWalkedInByteOrder() throws {
    let root = "/tmp/inkling-token-files-\(getpid())"
    defer { removeTree(root) }
    try createDirectories(root + "/b")
    for name in ["/c", "/b/x", "/a", "/.hidden"] { try writeFileAtomically(root + name, [97]) }
    #expect(try TokenFiles([root + "/"]).paths == [root + "/a", root + "/b/x", root + "/c"])
    #expect(throws: Failure.self) { try TokenFiles([root + "/missing"]) }
    removeTree(root + "/b/x")
    #expect(throws: Failure.self) { try TokenFiles([root + "/b"]) }
  }
}
