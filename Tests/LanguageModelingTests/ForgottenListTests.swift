import Platform
import Testing

@testable import LanguageModeling

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
    list.forget(word: "birch", forModelsBefore: "2026-01-02T03:04:05Z")
    list.forget(path: "/tmp/a folder")
    try list.write(besideModel: path + "/")
    let read = try ForgottenList.read(besideModel: path)
    #expect(read == list)
    #expect(contains(read.lastingWords, "walnut") && !contains(read.lastingWords, "birch"))
    #expect(contains(read.words(forModelTrainedAt: "2026-01-02T03:04:04Z"), "birch"))
    #expect(contains(read.words(forModelTrainedAt: nil), "birch"))
    #expect(!contains(read.words(forModelTrainedAt: "2026-01-02T03:04:05Z"), "birch"))
    #expect(read.contains(path: "/tmp/a folder/x") && !read.contains(path: "/tmp/a folders"))
    // Neither the words nor anything like them are in the file, and nobody else may read it.
    let file = ForgottenList.path(besideModel: path)
    #expect(!String(decoding: try readFile(file), as: UTF8.self).contains("walnut"))
    var status = stat()
    #expect(fileStatus(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
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
