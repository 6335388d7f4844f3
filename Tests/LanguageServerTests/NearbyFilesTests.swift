import Lexing
import Platform
import Prediction
import Testing

@testable import LanguageServer

/// The server's engines with files around an open document.
@Suite(.serialized) struct NearbyFilesTests {
  let root = "/tmp/inkling-nearby-\(getpid())-\(UInt64.random(in: 0 ... .max))"
  let engines = ModelEngines()

  private func write(_ name: String, _ text: String) throws {
    let path = root + "/" + name
    try createDirectories(String(path[..<path.lastIndex(of: "/")!]))
    try writeFileAtomically(path, Array(text.utf8))
  }

  private func document(_ name: String) -> DocumentIdentity {
    var document = DocumentIdentity(uri: "file://\(root)/\(name)", languageID: "swift")
    document.workspaceFolder = root
    return document
  }

  private func open(_ name: String, _ text: String) -> any DocumentEngine {
    var engine = engines.engine(for: document(name), text: Array(text.utf8), modelPath: "/nowhere")
    while engine.prepare(while: { true }) {}
    engines.noteNearby(document(name))
    read()
    return engine
  }

  private func read() { while engines.readNearbyFiles() {} }

  private func knows(_ engine: any DocumentEngine, _ word: String) -> Int {
    var engine = engine
    return engine.knowledge(of: word, at: nil)?.sharedCount ?? -1
  }

  @Test func readsWhatIsNearAndNothingElse() throws {
    defer { removeTree(root) }
    try write(".git/config", "")
    try write(".gitignore", "ignored/\n")
    try write("a/open.swift", "let onDisk = 1")
    try write("a/sibling.swift", "let walnut = 1\nlet password = \"w4lnut-2\"")
    try write("top.swift", "let walnut = birch")
    try write("b/deep/other.swift", "let maple = walnut")
    try write("ignored/x.swift", "let hidden = 1")
    try write("a/.env", "HIDDEN=walnut")
    try write("a/image.bin", "\u{0}\u{1}walnut")
    let engine = open("a/open.swift", "let inEditor = 2")
    #expect(knows(engine, "walnut") == 3)
    #expect(knows(engine, "birch") == 1 && knows(engine, "maple") == 1)
    #expect(knows(engine, "inEditor") == 1 && knows(engine, "onDisk") == 0)
    #expect(knows(engine, "hidden") == 0 && knows(engine, "HIDDEN") == 0 && knows(engine, "w4lnut") == 0)
    #expect(engines.status().first?.nearbyFileCount == 3)

    // A file that changes, one that goes, one that is opened and one that is closed: exactly.
    try write("top.swift", "let cedar = 1")
    unlink(root + "/b/deep/other.swift")
    engines.didChangeFile(root + "/top.swift")
    engines.didChangeFile(root + "/b/deep/other.swift")
    read()
    #expect(knows(engine, "walnut") == 1 && knows(engine, "cedar") == 1 && knows(engine, "birch") == 0)
    let second = open("a/sibling.swift", "let walnut = walnut")
    #expect(knows(engine, "walnut") == 2)
    withExtendedLifetime(second) {}
    engines.didClose(document("a/sibling.swift"))
    read()
    // The engine itself is still held by the test; what was counted again is the file.
    #expect(engines.status().first?.nearbyFileCount == 2)

    engines.forgetNearbyFiles()
    #expect(engines.status().first?.nearbyFileCount == 0 && knows(engine, "cedar") == 0)
  }

  @Test func environmentFilesTeachNothing() throws {
    defer { removeTree(root) }
    let engine = open(".env", "NAME=walnut\nOTHER=wal")
    #expect(knows(engine, "walnut") == 0)
    var copy = engine
    #expect(copy.suggestions(at: 21, limit: 5, deadline: .now + .seconds(5)).items.isEmpty)
  }
}

/// What a repository that was only cloned may hold to have other files read.
extension NearbyFilesTests {
  @Test func nothingOutsideOfTheWorkspaceIsRead() throws {
    let outside = root + "-outside"
    defer {
      removeTree(root)
      removeTree(outside)
    }
    try createDirectories(outside + "/private")
    try writeFileAtomically(outside + "/private/diary.swift", Array("let diaryWord = 1".utf8))
    try write("a/open.swift", "let inEditor = 1")
    try write("a/near.swift", "let walnut = 1")
    try write("m/model.json", #"{"format": "inkling-model"}"#)
    try write("m/words.swift", "let modelWord = 1")
    #expect(symlink(outside + "/private", root + "/docs") == 0)
    #expect(symlink(outside + "/private/diary.swift", root + "/a/diary.swift") == 0)
    #expect(symlink("/", root + "/root") == 0)
    let engine = open("a/open.swift", "let inEditor = 2")
    // Told of by an editor that watches files, and opened by way of the link.
    engines.didChangeFile(root + "/a/diary.swift")
    engines.didChangeFile(root + "/docs/diary.swift")
    engines.didChangeFile(root + "/m/words.swift")
    read()
    let other = open("docs/other.swift", "let otherWord = 1")
    #expect(knows(engine, "walnut") == 1)
    #expect(knows(engine, "diaryWord") == 0 && knows(engine, "modelWord") == 0)
    #expect(knows(other, "diaryWord") == 0)
    #expect(engines.status().first?.nearbyFileCount == 1)
  }
}
