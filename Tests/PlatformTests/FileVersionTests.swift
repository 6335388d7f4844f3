import Platform
import Testing

@Suite struct FileVersionTests {
  @Test func anotherContentIsAnotherVersion() throws {
    let path = "/tmp/inkling-version-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    defer { unlink(path) }
    #expect(FileVersion(path) == nil)
    try writeFileAtomically(path, [1, 2])
    let first = try #require(FileVersion(path))
    #expect(first == FileVersion(path) && first.byteCount == 2)
    // As long and, it may be, written at the same moment: another file all the same.
    try writeFileAtomically(path, [3, 4])
    #expect(FileVersion(path) != first)
  }

  @Test func timestampsAreISO8601() {
    let text = utcTimestamp()
    let shape = text.map { $0.isNumber ? "0" : $0 }
    #expect(String(shape) == "0000-00-00T00:00:00Z")
    #expect(text > "2026")
  }
}
