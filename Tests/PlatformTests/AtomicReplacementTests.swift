import Platform
import Testing

/// A fresh directory that is removed at the end of the test.
struct TemporaryDirectory: ~Copyable {
  let path: String

  init() {
    var template = Array("/tmp/inkling-platform-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit { removeTree(path) }
}

@Suite struct AtomicReplacementTests {
  @Test func replacedDirectoryHoldsOnlyTheNewContent() throws {
    let directory = TemporaryDirectory()
    let model = directory.path + "/a/model"
    var first = try DirectoryReplacement(model)
    try writeFileAtomically(first.temporaryPath + "/old", [1])
    try first.commit()
    #expect(directoryEntries(model) == ["old"])

    var second = try DirectoryReplacement(model + "/")
    try writeFileAtomically(second.temporaryPath + "/new", [2])
    #expect(directoryEntries(model) == ["old"])
    try second.commit()
    #expect(directoryEntries(model) == ["new"])
    #expect(directoryEntries(directory.path + "/a") == ["model"])
  }

  @Test func withoutCommitNothingChanges() throws {
    let directory = TemporaryDirectory()
    let model = directory.path + "/model"
    do {
      let replacement = try DirectoryReplacement(model)
      try writeFileAtomically(replacement.temporaryPath + "/half", [1, 2, 3])
    }
    #expect(directoryEntries(directory.path).isEmpty)
  }

  @Test func aFileInTheWayIsNamed() throws {
    let directory = TemporaryDirectory()
    let path = directory.path + "/model"
    try writeFileAtomically(path, [1])
    #expect(throws: Failure.self) { _ = try DirectoryReplacement(path) }
    #expect(try readFile(path) == [1])
  }

  @Test func linksAreRemovedAndNotFollowed() throws {
    let directory = TemporaryDirectory()
    try createDirectories(directory.path + "/kept/deep")
    try createDirectories(directory.path + "/gone")
    symlink(directory.path + "/kept", directory.path + "/gone/link")
    removeTree(directory.path + "/gone")
    #expect(directoryEntries(directory.path) == ["kept"])
    #expect(directoryEntries(directory.path + "/kept") == ["deep"])
  }
}

@Suite struct FileReadingTests {
  @Test func failuresNameThePathAndTheCause() throws {
    let directory = TemporaryDirectory()
    let missing = directory.path + "/missing"
    let failure = try #require(throws: Failure.self) { try readFile(missing) }
    #expect(failure.what == missing)
    #expect(failure.why == "no such file or directory")
    #expect(throws: Failure.self) { try MappedFile(directory.path) }
  }

  @Test func mappedAndReadContentAgree() throws {
    let directory = TemporaryDirectory()
    let path = directory.path + "/file"
    for count in [0, 1, 4095, 4096, 100_000] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try writeFileAtomically(path, bytes)
      #expect(try readFile(path) == bytes)
      #expect(try MappedFile(path).withBytes { Array($0) } == bytes)
    }
    #expect(throws: Failure.self) { try readFile(path, limit: 99_999) }
  }
}
