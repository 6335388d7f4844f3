import Platform
import Testing

@Suite struct SystemPathTests {
  @Test("a name of any bytes comes back as the same bytes")
  func anyBytes() {
    var seed: UInt64 = 7
    func next(_ limit: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % limit
    }
    // Bytes that begin, continue and spoil sequences, and the private-use scalars that stand for single bytes.
    let parts: [[UInt8]] = [
      [0x61], [0xC3, 0xA9], [0xE9], [0x80], [0xF4, 0x8F, 0xBA, 0x80], [0xF4, 0x8F, 0xBB, 0xBF],
      [0xF0, 0x9F, 0x98, 0x80],
      [0xFF], [0xED, 0xA0, 0x80], [0xC3],
    ]
    for _ in 0..<2_000 {
      let bytes = (0..<next(8)).flatMap { _ in parts[next(parts.count)] }
      #expect(String(systemPathBytes: bytes).systemPathBytes == bytes)
    }
  }

  @Test("a name that is UTF-8 stays what it is")
  func utf8() {
    #expect(String(systemPathBytes: Array("café/漢字 😀".utf8)) == "café/漢字 😀")
  }

  @Test("a file whose name is Latin-1 is listed, read and removed")
  func latin1File() throws {
    let folder = "/tmp/inkling-path-\(getpid())"
    try createDirectories(folder)
    defer { removeTree(folder) }
    let path = folder + "/" + String(systemPathBytes: [0x63, 0xE9])
    try writeFileAtomically(path, [1, 2])
    #expect(directoryEntries(folder).map(\.systemPathBytes) == [[0x63, 0xE9]])
    #expect(try readFile(folder + "/" + directoryEntries(folder)[0]) == [1, 2])
    unlink(path)
    #expect(directoryEntries(folder).isEmpty)
  }

  @Test(
    "a pipe, a terminal's end, a device and a folder are refused at once, and a sparse terabyte by its size")
  func notRegular() throws {
    let folder = "/tmp/inkling-type-\(getpid())"
    try createDirectories(folder)
    defer { removeTree(folder) }
    #expect(mkfifo(folder + "/pipe", 0o600) == 0)
    for path in [folder + "/pipe", "/dev/ptmx", "/dev/zero", folder] {
      #expect(throws: Failure.self) { try readFile(path, limit: 100) }
      #expect(throws: Failure.self) { try MappedFile(path) }
    }
    let sparse = folder + "/sparse"
    try writeFileAtomically(sparse, [])
    #expect(truncate(sparse, 1 << 40) == 0)
    #expect(throws: Failure.self) { try readFile(sparse, limit: 1 << 24) }
  }
}
