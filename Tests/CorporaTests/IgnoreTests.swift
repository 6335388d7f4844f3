import Platform
import Testing

@testable import Corpora

@Suite struct IgnoreTests {
  private func isIgnored(_ rules: String, _ path: String, isDirectory: Bool = false) -> Bool {
    var budget = Int.max
    return IgnoreFile(Array(rules.utf8))
      .verdict(Array(path.utf8)[...], isDirectory: isDirectory, budget: &budget) == .ignored
  }

  /// The examples and sentences of gitignore(5).
  @Test func manual() {
    #expect(isIgnored("hello.*", "a/hello.txt"))
    #expect(isIgnored("/hello.*", "hello.c") && !isIgnored("/hello.*", "a/hello.java"))
    #expect(isIgnored("foo/", "a/foo", isDirectory: true) && !isIgnored("foo/", "a/foo"))
    #expect(isIgnored("doc/frotz", "doc/frotz") && !isIgnored("doc/frotz", "a/doc/frotz"))
    #expect(isIgnored("**/foo", "foo") && isIgnored("**/foo", "a/b/foo"))
    #expect(isIgnored("**/foo/bar", "a/foo/bar") && !isIgnored("**/foo/bar", "foo/a/bar"))
    #expect(isIgnored("abc/**", "abc/x/y") && !isIgnored("abc/**", "abc", isDirectory: true))
    #expect(isIgnored("a/**/b", "a/b") && isIgnored("a/**/b", "a/x/y/b") && !isIgnored("a/**/b", "ab"))
    #expect(isIgnored("foo/*", "foo/test.json") && !isIgnored("foo/*", "foo/bar/hello.c"))
    #expect(isIgnored("\\#x", "#x") && isIgnored("\\!important", "!important"))
    #expect(isIgnored("a  \nb", "a") && isIgnored(#"a\ "#, "a ") && !isIgnored(#"a\ "#, "a"))
    #expect(isIgnored("*.[oa]", "x.o") && isIgnored("x[!a-c]y", "xdy") && !isIgnored("x[!a-c]y", "xby"))
    #expect(isIgnored("[[:digit:]]?", "4x") && !isIgnored("[[:digit:]]?", "x4"))
    #expect(isIgnored("[]-]", "]") && isIgnored("[]-]", "-") && !isIgnored("[a", "[a"))
    #expect(!isIgnored("*.txt\n!keep.txt", "keep.txt") && isIgnored("!keep.txt\n*.txt", "keep.txt"))
    #expect(isIgnored("x\r\ny\r\n", "x") && !isIgnored("# x", "# x"))
  }

  /// A walk that begins below the repository's top obeys the rules above it.
  @Test func rulesAboveTheRoot() throws {
    let folder = try TemporaryFolder()
    try createDirectories(folder.path + "/.git/info")
    try folder.write(".git/info/exclude", "excluded.swift\n")
    try folder.write(".gitignore", "/sub/deep/anchored.swift\nnamed.swift\n/anchored.swift\n")
    for name in ["anchored.swift", "named.swift", "kept.swift", "excluded.swift"] {
      try folder.write("sub/deep/" + name, "let x = \"\(name)\"\n")
    }
    #expect(try relativePaths([folder.path + "/sub"]) == ["deep/kept.swift"])
    #expect(try relativePaths([folder.path + "/sub/deep"]) == ["kept.swift"])
  }

  /// `.inklingignore` adds to what git ignores and brings back from it.
  @Test func inklingignoreDecides() throws {
    let folder = try TemporaryFolder()
    try folder.write(".gitignore", "notes/\n*.swift\n")
    try folder.write(".inklingignore", "!notes/\n!a.swift\nprivate.md\n")
    try folder.write("notes/n.md", "some notes")
    try folder.write("private.md", "secret thoughts")
    try folder.write("a.swift", "let a = 1\n")
    try folder.write("b.swift", "let b = 1\n")
    #expect(try relativePaths([folder.path]) == ["a.swift", "notes/n.md"])
  }
}
