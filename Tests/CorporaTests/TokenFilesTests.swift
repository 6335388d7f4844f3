import Corpora
import Platform
import Testing

@Suite struct TokenFilesTests {
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
