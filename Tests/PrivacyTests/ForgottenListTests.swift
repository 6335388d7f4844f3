import JSON
import Platform
import Testing

@testable import Privacy

@Suite struct ForgottenListTests {
  let path = "/tmp/inkling-forgotten-\(getpid())-\(UInt64.random(in: 0 ... .max))"

  /// FIPS 180-4's own examples (NIST, "SHA256.pdf"), and a length that fills a block with its padding.
  @Test func digests() {
    func digest(_ text: String) -> String {
      SHA256.digest(Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    #expect(digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
  }

  private func contains(_ words: ForgottenWords, _ word: String) -> Bool {
    Array(word.utf8).withUnsafeBytes { words.contains($0) }
  }

  @Test func survivesTheDisk() throws {
    defer { unlink(ForgottenList.path(besideModel: path)) }
    #expect(try ForgottenList.read(besideModel: path).isEmpty)
    var list = ForgottenList(salt: [0, 17, 255])
    list.forget(word: "walnut")
    let before = list.mark
    list.forgetUntilTrainedAgain(["birch", "elm"])
    list.keepOfLatest(["birch"])
    list.forget(path: "/tmp/a folder")
    try list.write(besideModel: path + "/")
    let read = try ForgottenList.read(besideModel: path)
    #expect(read == list)
    #expect(contains(read.lastingWords, "walnut") && !contains(read.lastingWords, "birch"))
    // Whatever the clocks say: what counts is how far the model's training has read the list.
    func words(_ mark: ForgottenList.Mark?) -> ForgottenWords {
      var description: JSONObject = ["trained": ["at": "2999-01-02T03:04:04Z"]]
      description["forgotten"] = mark?.json
      return read.words(forModel: description)
    }
    #expect(contains(words(before), "birch") && contains(words(nil), "birch"))
    #expect(!contains(words(read.mark), "birch") && contains(words(read.mark), "walnut"))
    #expect(!contains(words(nil), "elm"))
    #expect(contains(read.words(forModel: nil), "birch"))
    // Another list has counted further, but not these words.
    var other = ForgottenList(salt: [1])
    for _ in 0..<5 { other.forgetUntilTrainedAgain(["oak"]) }
    #expect(contains(words(other.mark), "birch"))
    #expect(read.contains(path: "/tmp/a folder/x") && !read.contains(path: "/tmp/a folders"))
    // Neither the words nor anything like them are in the file, and nobody else may read it.
    let file = ForgottenList.path(besideModel: path)
    #expect(!String(decoding: try readFile(file), as: UTF8.self).contains("walnut"))
    var status = stat()
    #expect(fileStatus(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
  }

  /// What is forgotten later does not bring back what was forgotten before.
  @Test func oneForgettingLeavesTheOther() {
    var list = ForgottenList(salt: [7])
    list.forgetUntilTrainedAgain(["birch"])
    let trained = list.mark
    list.forgetUntilTrainedAgain(["elm", "oak"])
    list.keepOfLatest(["elm"])
    let all = list.words(forModel: nil)
    #expect(contains(all, "birch") && contains(all, "elm") && !contains(all, "oak"))
    let some = list.words(forModel: ["forgotten": trained.json])
    #expect(!contains(some, "birch") && contains(some, "elm"))
  }

  /// Lists of 0.1.0 know models by their time.
  @Test func olderListsAreRead() throws {
    let file = ForgottenList.path(besideModel: path)
    defer { unlink(file) }
    let digest = SHA256.digest([0x0A] + Array("birch".utf8)).prefix(16).map {
      ($0 < 16 ? "0" : "") + String($0, radix: 16)
    }.joined()
    try writeFileAtomically(
      file, Array("inkling-forgotten 1 0a\nuntil 2026-01-02T03:04:05Z \(digest)\npath /x\n".utf8))
    let list = try ForgottenList.read(besideModel: path)
    func contains(_ time: String) -> Bool {
      self.contains(list.words(forModel: ["trained": ["at": .string(time)]]), "birch")
    }
    #expect(contains("2026-01-02T03:04:04Z") && !contains("2026-01-02T03:04:05Z"))
    #expect(self.contains(list.words(forModel: nil), "birch") && list.contains(path: "/x/y"))
    #expect(!self.contains(list.words(forModel: ["forgotten": list.mark.json]), "birch"))
  }

  /// A list belongs to the model, by whatever link it is named.
  @Test func linksLeadToTheModelsList() throws {
    let link = path + "-link"
    try createDirectories(path)
    symlink(path, link)
    defer {
      unlink(link)
      rmdir(path)
    }
    #expect(ForgottenList.path(besideModel: link) == ForgottenList.path(besideModel: path))
  }

  @Test func damageIsSaid() throws {
    let file = ForgottenList.path(besideModel: path)
    defer { unlink(file) }
    for text in ["", "nonsense\n", "inkling-forgotten 1 0\n", "inkling-forgotten 1 00\nword xy\n"] {
      try writeFileAtomically(file, Array(text.utf8))
      #expect(throws: Failure.self) { try ForgottenList.read(besideModel: path) }
    }
  }
}
