import Platform
import Testing

@Suite struct ConfinedFileTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func linksAndDevicesAreNotOpened() throws {
    let root = "/tmp/inkling-confined-\(UInt64.random(in: 0 ... .max))"
    defer { removeTree(root) }
    try createDirectories(root + "/in/sub")
    try createDirectories(root + "/out")
    try writeFileAtomically(root + "/in/sub/a", [1, 2, 3])
    try writeFileAtomically(root + "/out/a", [4])
    #expect(symlink("../out", root + "/in/folder") == 0)
    #expect(symlink("../../out/a", root + "/in/sub/file") == 0)
    #expect(mkfifo(root + "/in/pipe", 0o644) == 0)
    #expect(symlink(root + "/in", root + "/named") == 0)

    #expect(try readFile(bytes("sub/a"), below: root + "/in") == [1, 2, 3])
    #expect(try readFile(bytes("sub/a"), below: root + "/named") == [1, 2, 3])
    for path in [
      "sub/file", "folder/a", "../out/a", "sub/../../out/a", "pipe", "sub", "", "none", "/etc/passwd",
    ] {
      #expect(throws: Failure.self, "\(path)") { try readFile(bytes(path), below: root + "/in") }
    }
    #expect(throws: Failure.self) { try readFile(bytes("sub/a"), below: root + "/in", limit: 2) }
    let folder = try OpenFolder(root + "/in")
    #expect(folder.entries() == ["folder", "pipe", "sub"].map(bytes))
    #expect(folder.entries(limit: 2).count == 2)
    #expect(folder.firstBytes(of: bytes("pipe"), count: 4) == nil)
    #expect(try folder.folder(bytes("sub")).firstBytes(of: bytes("a"), count: 2) == [1, 2])
    #expect(throws: Failure.self) { try folder.folder(bytes("folder")) }
  }

  @Test func foldersAboveAreToldByWholeNames() {
    #expect(isPath("/a/b", atOrBelow: "/a") && isPath("/a", atOrBelow: "/a") && isPath("/a", atOrBelow: "/"))
    #expect(!isPath("/ab", atOrBelow: "/a") && !isPath("/", atOrBelow: "/a"))
    // A combining character at the start of a name, and names that differ in their bytes alone.
    #expect(isPath("/a/\u{301}x", atOrBelow: "/a") && !isPath("/e\u{301}/x", atOrBelow: "/\u{E9}"))
  }

  @Test func statusOfNamesThatAreNotUTF8() throws {
    let folder = "/tmp/inkling-status-\(UInt64.random(in: 0 ... .max))-" + String(systemPathBytes: [0xE9])
    defer { removeTree(folder) }
    try createDirectories(folder + "/" + String(systemPathBytes: [0xFF]))
    #expect(isDirectory(folder) && fileExists(folder + "/" + String(systemPathBytes: [0xFF])))
    #expect(FileVersion(folder) != nil)
  }
}
