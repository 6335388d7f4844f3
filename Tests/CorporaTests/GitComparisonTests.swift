import Platform
import Testing

@testable import Corpora

/// On random trees with random rules we ignore what git ignores. Passed over where there is no git.
@Suite struct GitComparisonTests {
  private static let names = [
    "a", "b", "ab", "A", "B", "foo", "bar", "Foo", "x.c", "x.o", "foo.txt", "b c", "#d", "!e", "[f]", "*g",
    "a-b", "a]b", "é", "z\\y", "a ", "-", "]", "^",
  ]

  /// Pieces that patterns are put together from.
  private static let pieces = [
    "a", "b", "ab", "foo", "bar", "A", "F", "x", ".c", ".o", "*", "*", "**", "**/", "/**", "/**/", "/", "/",
    "?",
    "[ab]", "[!a]", "[^a]", "[a-c]", "[A-F]", "[[:alpha:]]", "[[:upper:]]", "[![:alpha:]]", "[[:punct:]]",
    "[]a]", "[]-]", "[a-]", "[!]a]", "[\\]a]", "[b-a]", "[a", "[[:nope:]]", "[[:alpha:]", "[a[:]", "[]",
    "\\a", "\\*", "\\?", "\\[", "\\ ", "\\/", "\\\\", "\\", " ", "  ", "\t", "#", "!", "]", "-", "^", "é",
    "***",
    "*/", "/*", "[a/b]", "[!x]",
  ]

  private static func pattern(_ generator: inout SplitMix64) -> String {
    var pattern = Int.random(in: 0..<5, using: &generator) == 0 ? "!" : ""
    if Int.random(in: 0..<6, using: &generator) == 0 { pattern += "/" }
    for _ in 0..<Int.random(in: 1...5, using: &generator) {
      // Names that are there make matches likely.
      let isName = Int.random(in: 0..<3, using: &generator) == 0
      pattern += (isName ? names : pieces).randomElement(using: &generator) ?? "a"
    }
    if Int.random(in: 0..<6, using: &generator) == 0 { pattern += "/" }
    if Int.random(in: 0..<8, using: &generator) == 0 { pattern += "  " }
    return pattern
  }

  private static func rules(_ generator: inout SplitMix64) -> String {
    let end = Int.random(in: 0..<6, using: &generator) == 0 ? "\r\n" : "\n"
    let mark = Int.random(in: 0..<10, using: &generator) == 0 ? "\u{FEFF}" : ""
    let count = Int.random(in: 1...6, using: &generator)
    let text = mark + (0..<count).map { _ in pattern(&generator) }.joined(separator: end)
    return Bool.random(using: &generator) ? text + end : text
  }

  @Test func agreesWithGit() throws {
    guard try shell("git --version") != nil else { return }
    let isLong = getenv("INKLING_LONG_TESTS") != nil
    let first = getenv("INKLING_GIT_SEED").flatMap { UInt64(String(cString: $0)) } ?? 0
    for seed in first..<first + (isLong ? 1000 : 40) {
      var generator = SplitMix64(seed: seed)
      let folder = try TemporaryFolder()
      var folders = [""]
      for _ in 0..<6 {
        let parent = folders.randomElement(using: &generator) ?? ""
        folders.append(parent + (Self.names.randomElement(using: &generator) ?? "a") + "/")
      }
      for parent in Set(folders).sorted() {
        try createDirectories(folder.path + "/" + parent)
        for _ in 0..<4 {
          let name = Self.names.randomElement(using: &generator) ?? "a"
          if !folders.contains(parent + name + "/") { try folder.write(parent + name, "x") }
        }
        if parent.isEmpty || Bool.random(using: &generator) {
          try folder.write(parent + ".gitignore", Self.rules(&generator))
        }
      }
      _ = try shell("cd '\(folder.path)' && git init -q .")
      try folder.write(".git/info/exclude", Self.rules(&generator))
      if Bool.random(using: &generator) {
        _ = try shell("cd '\(folder.path)' && git config core.ignorecase true")
      }
      try compare(folder.path, seed)
    }
  }

  private func compare(_ root: String, _ seed: UInt64) throws {
    var paths: [(path: String, isIgnored: Bool)] = []
    var budget = Int.max
    func visit(_ folder: String, _ rules: IgnoreRules, isInIgnored: Bool) throws {
      let path = folder.isEmpty ? root : root + "/" + folder
      let open = try OpenFolder(path)
      let names = open.entries()
      let rules = rules.entering(open, path: path, relativePath: Array(folder.utf8), names: names)
      for name in names.map({ String(systemPathBytes: $0) }) where name != ".git" {
        let relative = folder.isEmpty ? name : folder + "/" + name
        let isFolder = isDirectory(root + "/" + relative)
        let verdict = rules.verdict(Array(relative.utf8), isDirectory: isFolder, budget: &budget)?.verdict
        let isIgnored = isInIgnored || verdict == .ignored
        paths.append((relative, isIgnored))
        if isFolder { try visit(relative, rules, isInIgnored: isIgnored) }
      }
    }
    try visit("", IgnoreRules(above: root), isInIgnored: false)
    let input = paths.map { $0.path + "\0" }.joined()
    let output = try #require(
      try shell("cd '\(root)' && git check-ignore --no-index -z --stdin", input: input))
    let theirs = Set(output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
    let ours = Set(paths.filter(\.isIgnored).map(\.path))
    #expect(
      ours == theirs,
      "seed \(seed): only we \(ours.subtracting(theirs)), only git \(theirs.subtracting(ours))")
  }

  /// What the person's own configuration says, in git's and in ours.
  @Test func configuration() throws {
    func excludes(_ text: String) throws -> [UInt8]? {
      var parser = GitConfigurationParser(Array(text.utf8))
      var value: [UInt8]?
      while let entry = parser.next() {
        if entry.section == "core", entry.key == "excludesfile" { value = entry.value }
      }
      return value
    }
    let texts = [
      "[core]\n\texcludesFile = /a/b\n", "[core] excludesfile=/a b  # no\n",
      "[CORE]\nEXCLUDESFILE = \"/a # b\" ; c\n",
      "; c\n[user]\nname = x\n[core]\nexcludesFile = /a\\\n/b\n",
      "[core]\nexcludesFile = \"/a\\\"b\\\\c\\t\"\n",
      "[core]\r\nexcludesFile = /a\r\n",
      "[core \"x\"]\nexcludesFile = /a\n[core]\nexcludesFile = /b\nexcludesFile = /c",
      "\u{FEFF}[core]\nexcludesFile = /a", "[core]\nexcludesFile = a\"  b\"  c  \n",
    ]
    guard try shell("git --version") != nil else { return }
    let folder = try TemporaryFolder()
    for text in texts {
      try folder.write("config", text)
      // Of several the last holds; a subsection is another key.
      let theirs = try #require(try shell("git config -z -f '\(folder.path)/config' core.excludesFile"))
      #expect(try excludes(text) == Array(theirs.dropLast()), "\(text)")
    }
  }
}
