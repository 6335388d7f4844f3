import Platform
import Testing

@testable import Corpora

/// Nothing outside of the folder that was named is read, and walks come to an end.
@Suite struct ConfinementTests {
  private func reasons(_ report: CorpusReport) -> [LeftOutReason: Int] {
    report.leftOut.reduce(into: [:]) { $0[$1.reason] = $1.what.count }
  }

  private func link(_ target: String, _ path: String) { #expect(symlink(target, path) == 0) }

  @Test func linksLeadNowhere() throws {
    let outside = try TemporaryFolder()
    try outside.write("z.c", "int z;\n")
    try outside.write(".netrc", "machine example.org password x\n")
    let folder = try TemporaryFolder()
    try folder.write("a/x.c", "int x;\n")
    try folder.write("b/y.c", "int y;\n")
    let name = String(outside.path.split(separator: "/").last ?? "")
    // Within: what they lead to is found where it is.
    link("..", folder.path + "/a/up")
    link("../b", folder.path + "/a/again")
    link("x.c", folder.path + "/a/same.c")
    link("nowhere", folder.path + "/a/broken.c")
    // Outside: files and folders, absolute, upwards, one link behind the other, and through a folder's.
    link(outside.path, folder.path + "/a/outside")
    link(outside.path + "/z.c", folder.path + "/z.c")
    link("../\(name)/z.c", folder.path + "/up.c")
    link("outside/z.c", folder.path + "/a/chain.c")
    link(outside.path + "/.netrc", folder.path + "/notes.txt")
    link("/", folder.path + "/root")
    let (found, report) = try documents([folder.path, folder.path])
    #expect(Set(found.map(\.file.relativePath)) == ["a/x.c", "b/y.c"])
    // The folder that is named a second time is one of those seen before.
    #expect(reasons(report) == [.linkSeenBefore: 4, .linkOutside: 6])
    #expect(try TokenFiles([folder.path]).paths == [folder.path + "/a/x.c", folder.path + "/b/y.c"])
  }

  /// A link that a person names is followed.
  @Test func namedLinksAreFollowed() throws {
    let outside = try TemporaryFolder()
    try outside.write("sub/z.c", "int z;\n")
    let folder = try TemporaryFolder()
    link(outside.path, folder.path + "/folder")
    link(outside.path + "/sub/z.c", folder.path + "/file.c")
    #expect(try relativePaths([folder.path + "/folder"]) == ["sub/z.c"])
    #expect(try relativePaths([folder.path + "/folder/"]) == ["sub/z.c"])
    #expect(try relativePaths([folder.path + "/file.c"]) == ["file.c"])
    var options = CorpusOptions()
    options.confinement = realPath(folder.path)
    #expect(try relativePaths([folder.path + "/folder"], options) == [])
  }

  /// A file that has become a link between the walk and its reading.
  @Test func swappedFiles() throws {
    let outside = try TemporaryFolder()
    try outside.write("z.c", "int z;\n")
    let folder = try TemporaryFolder()
    try folder.write("sub/a.c", "int a;\n")
    var report = CorpusReport()
    var walker = try CorpusWalker(paths: [folder.path], grammars: grammars)
    let found = walker.next(&report)
    let file = try #require(found)
    #expect(try file.contents(limit: 100) == Array("int a;\n".utf8))
    #expect(throws: Failure.self) { try file.contents(limit: 3) }
    unlink(folder.path + "/sub/a.c")
    link(outside.path + "/z.c", folder.path + "/sub/a.c")
    #expect(throws: Failure.self) { try file.contents(limit: 100) }
    removeTree(folder.path + "/sub")
    try outside.write("a.c", "int a;\n")
    link(outside.path, folder.path + "/sub")
    #expect(throws: Failure.self) { try file.contents(limit: 100) }
  }

  /// Folders deeper than any path that the system takes.
  @Test func deepFolders() throws {
    let folder = try TemporaryFolder()
    try folder.write("a.c", "int a;\n")
    // The process's own folder is left alone: other tests run in it.
    var descriptor = open(folder.path, O_RDONLY | O_DIRECTORY)
    for _ in 0..<3000 {
      #expect(mkdirat(descriptor, "ddd", 0o755) == 0)
      let next = openat(descriptor, "ddd", O_RDONLY | O_DIRECTORY)
      close(descriptor)
      descriptor = next
    }
    close(descriptor)
    var options = CorpusOptions()
    let (found, report) = try documents([folder.path], options)
    #expect(found.map(\.file.relativePath) == ["a.c"] && reasons(report) == [.tooDeep: 1])
    options.depthLimit = 4000
    #expect(try documents([folder.path], options).1.leftOut.isEmpty)
    #expect(try shell("rm -rf '\(folder.path)'") != nil)
  }

  @Test func walksHaveABudget() throws {
    let folder = try TemporaryFolder()
    for i in 0..<30 { try folder.write("d\(i % 3)/f\(i).c", "int x\(i);\n") }
    var options = CorpusOptions()
    options.entryLimit = 20
    let (found, report) = try documents([folder.path], options)
    #expect(found.count == 17 && reasons(report) == [.beyondLimit: 1])
    options.entryLimit = 33
    #expect(try documents([folder.path], options).1.leftOut.isEmpty)
  }

  @Test func theSystemIsNotWalked() throws {
    for path in ["/proc", "/sys", "/dev"] where isDirectory(path) {
      #expect(SystemFolders.contains(path, try OpenFolder(path)))
    }
    #expect(!SystemFolders.contains("/tmp", try OpenFolder("/tmp")))
  }

  /// Names of any bytes are walked, matched by rules and read.
  @Test func namesThatAreNotUTF8() throws {
    let folder = try TemporaryFolder()
    let names: [[UInt8]] = [
      [0x63, 0xE9], [0xFF, 0xFE], Array("\u{301}x".utf8), Array("e\u{301}".utf8), Array("\u{E9}".utf8),
    ]
    for (i, name) in names.enumerated() {
      let text = String(systemPathBytes: name)
      try folder.write(text + "/" + text + ".c", "int x\(i);\n")
    }
    try folder.write(".gitignore", [0x2F, 0xFF, 0x2A, 0x0A])
    let (found, _) = try documents([folder.path])
    #expect(Set(found.map { $0.file.relativePath.systemPathBytes }).count == 4)
    #expect(!found.contains { $0.file.relativePath.systemPathBytes.contains(0xFF) })
    let path = folder.path + "/" + String(systemPathBytes: [0xFF, 0xFE]) + "/x.c"
    #expect(CorpusPrivacy.isLeftOut(path, below: folder.path))
    #expect(!CorpusPrivacy.isLeftOut(folder.path + "/\u{301}x/\u{301}x.c", below: folder.path))
  }
}
