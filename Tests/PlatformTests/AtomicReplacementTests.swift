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

/// Directories with a file `mark`; their own files are `mark` and `data`.
private let testKind = DirectoryKind(name: "a test", descriptionName: "mark", knownNames: ["mark", "data"]) {
  fileExists($0 + "/mark") ? ["mark", "data"] : nil
}

@Suite struct AtomicReplacementTests {
  private func replace(_ path: String, _ data: [UInt8]) throws {
    var replacement = try DirectoryReplacement(path, kind: testKind)
    try writeNewFile(replacement.temporaryPath + "/data", data)
    try writeNewFile(replacement.temporaryPath + "/mark", [])
    #expect(try replacement.commit() == [])
  }

  @Test func replacedDirectoryHoldsTheNewContent() throws {
    let directory = TemporaryDirectory()
    let model = directory.path + "/a/model"
    try replace(model, [1])
    #expect(directoryEntries(model) == ["data", "mark"])
    try replace(model + "//.", [2])
    #expect(try readFile(model + "/data") == [2])
    #expect(directoryEntries(directory.path + "/a") == ["model"])
    var status = stat()
    #expect(stat(model, &status) == 0 && status.st_mode & 0o777 == 0o700)
    #expect(stat(model + "/data", &status) == 0 && status.st_mode & 0o777 == 0o600)
  }

  @Test func whatIsAPersonsMovesAlong() throws {
    let directory = TemporaryDirectory()
    let model = directory.path + "/model"
    try replace(model, [1])
    try createDirectories(model + "/notes/deep")
    try writeFileAtomically(model + "/notes/deep/one", [7])
    try writeFileAtomically(model + "/README", [8])
    symlink("/nowhere", model + "/link")
    try replace(model, [2])
    #expect(directoryEntries(model) == ["README", "data", "link", "mark", "notes"])
    #expect(try readFile(model + "/notes/deep/one") == [7] && readFile(model + "/README") == [8])
    #expect(linkTarget(model + "/link") == "/nowhere")
    #expect(directoryEntries(directory.path) == ["model"])
  }

  @Test(arguments: ["notes.txt", ".git/HEAD", "data"])
  func whatIsNoneOfTheKindIsRefused(_ file: String) throws {
    let directory = TemporaryDirectory()
    let path = directory.path + "/folder"
    try createDirectories(file.contains("/") ? path + "/.git" : path)
    try writeFileAtomically(path + "/" + file, [1])
    let failure = try #require(throws: Failure.self) { _ = try DirectoryReplacement(path, kind: testKind) }
    #expect(failure.what == path && failure.why.contains("neither empty nor a test"))
    #expect(try readFile(path + "/" + file) == [1])
    #expect(directoryEntries(directory.path) == ["folder"])
    for path in ["/", "", directory.path + "/missing/.."] {
      #expect(throws: Failure.self) { _ = try DirectoryReplacement(path, kind: testKind) }
    }
  }

  @Test func emptyFoldersAndLinksAreTaken() throws {
    let directory = TemporaryDirectory()
    try createDirectories(directory.path + "/empty")
    try replace(directory.path + "/empty", [1])
    symlink("empty", directory.path + "/link")
    try replace(directory.path + "/link/", [2])
    #expect(linkTarget(directory.path + "/link") == "empty")
    #expect(try readFile(directory.path + "/empty/data") == [2])
    symlink("later/model", directory.path + "/dangling")
    try replace(directory.path + "/dangling", [3])
    #expect(try readFile(directory.path + "/later/model/data") == [3])
    #expect(directoryEntries(directory.path) == ["dangling", "empty", "later", "link"])
  }

  /// What is left by processes that were killed: before the exchange, after it, and before a directory was put back.
  @Test func theNextReplacementEndsWhatAKilledOneBegan() throws {
    let directory = TemporaryDirectory()
    let model = directory.path + "/model"
    try replace(model, [1])
    let old = directory.path + "/model.tmp-999999999-0123456789abcdef"
    try createDirectories(old)
    for name in ["mark", "data", "README"] { try writeFileAtomically(old + "/" + name, [5]) }
    let half = directory.path + "/model.tmp-999999999-fedcba9876543210"
    try createDirectories(half)
    try writeFileAtomically(half + "/data.tmp-1-0123456789abcdef", [6])
    // Nobody's business, for all that the name is like.
    try createDirectories(directory.path + "/model.tmp-2024")
    try writeFileAtomically(directory.path + "/model.tmp-2024/holiday.jpg", [9])
    try replace(model, [2])
    #expect(directoryEntries(directory.path) == ["model", "model.tmp-2024"])
    #expect(directoryEntries(model) == ["README", "data", "mark"])
    #expect(try readFile(model + "/data") == [2] && readFile(model + "/README") == [5])

    #expect(rename(model, directory.path + "/model.old-999999999-0123456789abcdef") == 0)
    do { let begun = try DirectoryReplacement(model, kind: testKind); _ = begun.path }
    #expect(try readFile(model + "/data") == [2])
  }

  /// A person's file that would be lost to one of the same name keeps its content under another.
  @Test func namesThatMeetStayApart() throws {
    let directory = TemporaryDirectory()
    let model = directory.path + "/model"
    try replace(model, [1])
    let old = directory.path + "/model.tmp-999999999-0123456789abcdef"
    try createDirectories(old)
    for name in ["mark", "README"] { try writeFileAtomically(old + "/" + name, [5]) }
    try writeFileAtomically(model + "/README", [6])
    try replace(model, [2])
    #expect(directoryEntries(model) == ["README", "README.~1~", "data", "mark"])
    #expect(try readFile(model + "/README") == [6] && readFile(model + "/README.~1~") == [5])
  }

  @Test func livingWritersAreLeftAlone() throws {
    let directory = TemporaryDirectory()
    let model = directory.path + "/model"
    var slow = try DirectoryReplacement(model, kind: testKind)
    try writeNewFile(slow.temporaryPath + "/data", [3])
    try writeNewFile(slow.temporaryPath + "/mark", [])
    try replace(model, [1])
    #expect(try slow.commit() == [])
    #expect(try readFile(model + "/data") == [3])
    #expect(directoryEntries(directory.path) == ["model"])
  }

  @Test func withoutCommitNothingChanges() throws {
    let directory = TemporaryDirectory()
    let model = directory.path + "/new/folders/model"
    do {
      let replacement = try DirectoryReplacement(model, kind: testKind)
      try writeNewFile(replacement.temporaryPath + "/data", [1, 2, 3])
    }
    #expect(directoryEntries(directory.path).isEmpty)
  }

  @Test func aFileInTheWayIsNamed() throws {
    let directory = TemporaryDirectory()
    let path = directory.path + "/model"
    try writeFileAtomically(path, [1])
    #expect(throws: Failure.self) { _ = try DirectoryReplacement(path, kind: testKind) }
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

@Suite struct AtomicFileTests {
  @Test func namesAreRandomAndLinksAreNotFollowed() throws {
    let directory = TemporaryDirectory()
    let outside = directory.path + "/outside"
    try writeFileAtomically(outside, [1])
    try createDirectories(directory.path + "/project")
    let path = directory.path + "/project/dictionary.txt"
    // What a hostile project lays in the way of names that could be known.
    symlink(outside, "\(path).tmp-\(getpid())")
    symlink(outside, path)
    try writeFileAtomically(path, [2])
    #expect(try readFile(outside) == [1] && readFile(path) == [2])
    #expect(linkTarget(path) == nil)
    #expect(throws: Failure.self) { _ = try createFile("\(path).tmp-\(getpid())") }
  }

  @Test func followedLinksStay() throws {
    let directory = TemporaryDirectory()
    let path = directory.path + "/link"
    symlink("file", path)
    for byte: UInt8 in [1, 2] {
      try writeFileAtomically(path, [byte], links: .followed)
      #expect(linkTarget(path) == "file")
      #expect(try readFile(directory.path + "/file") == [byte])
    }
    #expect(directoryEntries(directory.path) == ["file", "link"])
  }

  @Test func modes() throws {
    let directory = TemporaryDirectory()
    let path = directory.path + "/file"
    func mode() -> mode_t {
      var status = stat()
      return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }
    try writeFileAtomically(path, [1])
    #expect(mode() == 0o600)
    chmod(path, 0o640)
    try writeFileAtomically(path, [1], keepsMode: true)
    #expect(mode() == 0o640)
    try writeFileAtomically(path, [1])
    #expect(mode() == 0o600)
  }

  @Test func devicesAndPipesAreNotReplaced() throws {
    let directory = TemporaryDirectory()
    let failure = #expect(throws: Failure.self) {
      try writeFileAtomically("/dev/full", [1], links: .followed)
    }
    #expect(failure?.why == "the disk is full")
    let pipe = directory.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(throws: Failure.self) { try writeFileAtomically(pipe, [1]) }
    let reader = open(pipe, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try writeFileAtomically(pipe, [4], links: .followed)
    var byte: UInt8 = 0
    #expect(read(reader, &byte, 1) == 1 && byte == 4)
    #expect(directoryEntries(directory.path) == ["pipe"])
  }

  @Test func abandonedTemporariesGo() throws {
    let directory = TemporaryDirectory()
    let path = directory.path + "/file"
    try writeNewFile("\(path).tmp-999999999-0123456789abcdef", [1])
    try writeNewFile("\(path).tmp-99999-of-theirs", [1])
    let living = try createFile("\(path).tmp-999999998-0123456789abcdef")
    defer { close(living) }
    flock(living, LOCK_EX)
    try writeFileAtomically(path, [1])
    #expect(
      directoryEntries(directory.path) == [
        "file", "file.tmp-99999-of-theirs", "file.tmp-999999998-0123456789abcdef",
      ])
  }

  @Test func longNames() throws {
    let directory = TemporaryDirectory()
    let path = directory.path + "/" + String(repeating: "n", count: 255)
    try writeFileAtomically(path, [1])
    #expect(try readFile(path) == [1])
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
