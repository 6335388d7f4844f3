import Platform
import Testing

@testable import Corpora

@Suite struct IgnoreTests {
  private func isIgnored(_ rules: String, _ path: String, isDirectory: Bool = false) -> Bool {
    IgnoreFile(Array(rules.utf8)).verdict(Array(path.utf8)[...], isDirectory: isDirectory) == .ignored
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

  /// A pattern of many stars ends in reasonable time on a text that does not match.
  @Test func starsAreNotExponential() {
    let pattern = Array(String(repeating: "a*", count: 30).utf8) + [UInt8(ascii: "b")]
    let text = Array(repeating: UInt8(ascii: "a"), count: 200)
    #expect(!Wildmatch.matches(pattern[...], text[...], isPath: true))
  }

  private static let names = [
    "a", "b", "ab", "foo", "bar", "x.c", "x.o", "foo.txt", "b c", "#d", "!e", "[f]", "*g",
  ]
  private static let patterns = [
    "a", "b/", "/a", "/foo/", "foo/bar", "a/b", "*", "*.o", "*.c", "!*.c", "!a", "!foo/", "**/a", "a/**",
    "a/**/b",
    "**/foo/**", "foo**", "**foo", "foo**/bar", "f*o", "/*", "!/foo", "*/b", "a/*/b", "?", "??", "[ab]",
    "[!a]",
    "[a-c]*", "x.[co]", "b c", "b\\ c", "a ", "\\#d", "#d", "\\!e", "!e", "\\[f\\]", "[[]f]", "\\*g", "foo/",
    "!foo/bar",
    "/", "//", "a//b", "**", "!**/a", "***", "**/", "/**/a", "a/**/", "*a*b*", "foo.txt/", "!b/",
    "[[:alpha:]]",
    "b\\", "[", "a[/]b", "a?b", "**/x.*", "foo/*/", "\\a", "!", "!/a/b", "bar/**/x.c",
  ]

  /// On random trees with random rules we ignore what git ignores.
  @Test func agreesWithGit() throws {
    guard try shell("git --version") != nil else { return }
    for seed in 0..<25 as Range<UInt64> {
      var generator = SeededGenerator(seed)
      let folder = try TemporaryFolder()
      var folders = [""]
      for _ in 0..<5 {
        let parent = folders.randomElement(using: &generator) ?? ""
        folders.append(parent + (Self.names.randomElement(using: &generator) ?? "a") + "/")
      }
      for parent in Set(folders).sorted() {
        for _ in 0..<3 {
          let name = Self.names.randomElement(using: &generator) ?? "a"
          if !folders.contains(parent + name + "/") { try folder.write(parent + name, "x") }
        }
        if parent.isEmpty || Bool.random(using: &generator) {
          let rules = (0..<4).map { _ in Self.patterns.randomElement(using: &generator) ?? "a" }
          try createDirectories(folder.path + "/" + parent)
          try folder.write(parent + ".gitignore", rules.joined(separator: "\n") + "\n")
        }
      }
      _ = try shell("cd '\(folder.path)' && XDG_CONFIG_HOME=/nonexistent git init -q .")
      try folder.write(".git/info/exclude", Self.patterns.randomElement(using: &generator) ?? "a")
      try compareWithGit(folder.path, seed)
    }
  }

  private func compareWithGit(_ root: String, _ seed: UInt64) throws {
    var paths: [(path: String, isIgnored: Bool)] = []
    func visit(_ folder: String, _ rules: IgnoreRules, isInIgnored: Bool) {
      let path = folder.isEmpty ? root : root + "/" + folder
      let names = directoryEntries(path)
      let rules = rules.entering(path, relativePath: Array(folder.utf8), names: names)
      for name in names where name != ".git" {
        let relative = folder.isEmpty ? name : folder + "/" + name
        let isFolder = isDirectory(root + "/" + relative)
        let verdict = rules.verdict(Array(relative.utf8), isDirectory: isFolder)?.0
        let isIgnored = isInIgnored || verdict == .ignored
        paths.append((relative, isIgnored))
        if isFolder { visit(relative, rules, isInIgnored: isIgnored) }
      }
    }
    visit("", IgnoreRules(above: root), isInIgnored: false)
    let input = paths.map { $0.path + "\0" }.joined()
    let output = try #require(
      try shell("cd '\(root)' && git -c core.excludesFile=/dev/null check-ignore -z --stdin", input: input))
    let theirs = Set(output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
    let ours = Set(paths.filter(\.isIgnored).map(\.path))
    #expect(
      ours == theirs,
      "seed \(seed): only we \(ours.subtracting(theirs)), only git \(theirs.subtracting(ours))")
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
