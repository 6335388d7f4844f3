import JSON
import LanguageModeling
import Platform
import Testing

@Suite struct ModelDirectoryTests {
  let path = "/tmp/inkling-directory-\(getpid())-\(UInt64.random(in: 0 ... .max))"

  private func write() throws {
    var writer = try ModelDirectoryWriter(path)
    let types: [[UInt8]] = (0..<20).map { Array("word\($0)".utf8) }
    try writer.write(ModelDirectory.vocabularyName, Vocabulary(types: types).serialized())
    try writeFileAtomically(writer.path(of: "data.bin"), [UInt8](0...255))
    try writer.add("data.bin")
    writer["corpus"] = ["tokens": 12, "bits": 0.25]
    try writer.commit()
  }

  @Test func writesAndOpens() throws {
    defer { removeTree(path) }
    try write()
    try write()  // over the first
    let directory = try ModelDirectory(path)
    #expect(directory["corpus"]?["tokens"]?.integerValue == 12)
    #expect(directory.file("data.bin")?.count == 256)
    #expect(try directory.vocabulary().count == 23)
    #expect(directoryEntries("/tmp").filter { path.hasSuffix("/" + $0) || $0.hasPrefix(path) }.count == 1)
  }

  @Test func cancelLeavesNothing() throws {
    do {
      var writer = try ModelDirectoryWriter(path)
      try writer.write("a", [1])
      writer.cancel()
    }
    #expect(!fileExists(path))
  }

  /// Every single-byte change and every truncation is noticed, or changes nothing that is read.
  @Test func damageIsNoticed() throws {
    defer { removeTree(path) }
    try write()
    var generator = SplitMix64(seed: 7)
    for name in [ModelDirectory.descriptionName, ModelDirectory.vocabularyName, "data.bin"] {
      let file = path + "/" + name
      let original = try readFile(file)
      for round in 0..<1000 {
        var bytes = original
        if round % 5 == 0 {
          bytes.removeLast(1 + Int(generator.next() % UInt64(bytes.count)))
        } else {
          bytes[Int(generator.next() % UInt64(bytes.count))] ^= UInt8(1 + generator.next() % 255)
        }
        let descriptor = open(file, O_WRONLY | O_TRUNC)
        bytes.withUnsafeBytes { _ = Platform.write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        guard let opened = try? ModelDirectory(path) else { continue }
        // Only model.json has bytes that mean nothing: its white space.
        #expect(name == ModelDirectory.descriptionName)
        #expect(opened["corpus"] == ["tokens": 12, "bits": 0.25])
      }
      try writeFileAtomically(file, original)
    }
    _ = try ModelDirectory(path)
  }

  @Test func sizesOnlyThenVerify() throws {
    defer { removeTree(path) }
    try write()
    var bytes = try readFile(path + "/data.bin")
    bytes[100] ^= 1
    try writeFileAtomically(path + "/data.bin", bytes)
    let directory = try ModelDirectory(path, verification: .sizes)
    let failure = #expect(throws: Failure.self) { try directory.verify() }
    #expect(failure?.what == path + "/data.bin")
    #expect(throws: Failure.self) { try ModelDirectory(path) }
  }

  @Test func messagesNameTheWayOut() throws {
    defer { removeTree(path) }
    #expect(
      throws: Failure(path, why: "no such model", remedy: "train one with inkling-train, or check the path")
    ) {
      try ModelDirectory(path)
    }
    try createDirectories(path)
    let empty = #expect(throws: Failure.self) { try ModelDirectory(path) }
    #expect(empty?.why.contains("no model.json") == true)
    try writeFileAtomically(path + "/model.json", Array(#"{"format": "inkling-model", "version": 99}"#.utf8))
    let newer = #expect(throws: Failure.self) { try ModelDirectory(path) }
    #expect(newer?.why.contains("newer format") == true && newer?.remedy.contains("update") == true)
    try writeFileAtomically(path + "/model.json", Array("{\"format\": ".utf8))
    #expect(throws: Failure.self) { try ModelDirectory(path) }
  }

  /// Values that xxHash's own program prints.
  @Test func hashAgreesWithTheSpecification() {
    #expect(XXH64.digest([]) == "ef46db3751d8e999")
    #expect(XXH64.digest(Array("a".utf8)) == "d24ec4f1a98c6e5b")
    #expect(XXH64.digest(Array("abc".utf8)) == "44bc2cf5ad770999")
    #expect(XXH64.digest([UInt8](0..<39)) == "00a396ef1679a859")
    #expect(XXH64.digest([UInt8](0...255)) == "1facbe8406cd904b")
  }
}
