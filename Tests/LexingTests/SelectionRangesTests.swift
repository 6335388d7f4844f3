import Testing

@testable import Lexing

@Suite struct SelectionRangesTests {
  /// The texts of the ranges around the place that `|` marks, from the inside out, without the last, the whole text.
  private func ranges(_ languageID: String, _ marked: String) throws -> [String] {
    let parts = marked.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
    let text = Array((parts[0] + parts[1]).utf8)
    var ranges = SelectionRanges(LexedDocument(text: text, grammar: try grammar(languageID)))
    let found = ranges.ranges(around: parts[0].utf8.count)
    #expect(found.last == 0..<text.count)
    return found.dropLast().map { String(decoding: text[$0], as: UTF8.self) }
  }

  /// That the ranges have these among them, in this order.
  private func expect(
    _ languageID: String, _ marked: String, _ expected: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try ranges(languageID, marked)
    #expect(found.filter(expected.contains) == expected, "of \(found)", sourceLocation: sourceLocation)
  }

  @Test func operatorsBindByPrecedence() throws {
    #expect(
      try ranges("c", "x = a + b| * c - d; y;").prefix(6) == [
        "b", "b * c", "a + b * c", "a + b * c - d", "x = a + b * c - d", "x = a + b * c - d;",
      ])
    try expect("python", "x = a + -b| ** c\ny", ["b", "b ** c", "-b ** c", "a + -b ** c", "x = a + -b ** c"])
    try expect("python", "not a| in b or c and d\ne", ["a", "a in b", "not a in b", "not a in b or c and d"])
    try expect("python", "a not in b| if c else d\ne", ["b", "a not in b", "a not in b if c else d"])
    try expect(
      "swift", "a ?? b|.c == d && e\nf", ["b", "b.c", "a ?? b.c", "a ?? b.c == d", "a ?? b.c == d && e"])
    try expect("c", "a = b ? c : d| + 1;", ["d", "d + 1", "b ? c : d + 1", "a = b ? c : d + 1"])
  }

  @Test func membersAndCallsGrowPartByPart() throws {
    try expect(
      "swift", "let y = a|.b(c).d[e]!.f",
      ["a", "a.b", "a.b(c)", "a.b(c).d", "a.b(c).d[e]", "a.b(c).d[e]!", "a.b(c).d[e]!.f"])
    try expect(
      "swift", "f(a, b: c|.d { $0 }, e)\ng",
      ["c", "c.d", "c.d { $0 }", "b: c.d { $0 }", "a, b: c.d { $0 }, e", "f(a, b: c.d { $0 }, e)"])
    try expect(
      "python", "f(x)(*a, k=g|[1:2])\nh",
      ["g", "g[1:2]", "k=g[1:2]", "*a, k=g[1:2]", "(*a, k=g[1:2])", "f(x)(*a, k=g[1:2])"])
    try expect(
      "c", "n = ((struct s *)p|->q)->r[2]++;", ["p", "p->q", "(struct s *)p->q", "((struct s *)p->q)->r[2]"])
  }

  @Test func conditionsOfAPreprocessor() throws {
    let clauses = "#if A\nlet x = 1\nlet y = 2\n#else\nlet z = 3"
    try expect(
      "swift", "import B\n#if A\nlet x| = 1\nlet y = 2\n#else\nlet z = 3\n#endif\nlet w = 4",
      [
        "x", "let x = 1", "let x = 1\nlet y = 2", "#if A\nlet x = 1\nlet y = 2", clauses,
        clauses + "\n#endif",
      ])
    // What is not closed, or closes nothing, is no condition.
    #expect(try ranges("c", "#endif\n#if A\nint x|;\n").contains("int x;"))
  }

  @Test func pythonBlocks() throws {
    let branch = "if a:\n      return a, 2\n    elif b:\n      pass"
    let text =
      "class A(B):\n  def f(self, a: int = 1):\n    if a:\n      return |a, 2\n    elif b:\n      pass\n    x = 1\n\ny = 2\n"
    try expect(
      "python", text,
      [
        "a", "a, 2", "return a, 2", branch, branch + "\n    x = 1",
        "def f(self, a: int = 1):\n    " + branch + "\n    x = 1",
      ])
    try expect(
      "python", "try:\n  a\nexcept E as e:\n  b|\nelse:\n  c\nd",
      ["b", "except E as e:\n  b", "try:\n  a\nexcept E as e:\n  b\nelse:\n  c"])
    try expect(
      "python", "z = [x|.y for x, w in v if w]",
      ["x", "x.y", "x.y for x, w in v if w", "[x.y for x, w in v if w]"])
    try expect("python", "for a, b| in c: d\ne", ["b", "a, b", "for a, b in c: d"])
    try expect("python", "x = {\n 1: f(\n2|, 3)}\ny", ["2", "2, 3", "f(\n2, 3)", "1: f(\n2, 3)"])
  }

  @Test func cStatements() throws {
    let body = "{\n  if (n) return s[n]; else { n++; }\n  return 0;\n}"
    try expect(
      "c", "int f(const char *s, int n)\n{\n  if (n) return s[|n]; else { n++; }\n  return 0;\n}\nint g;",
      [
        "n", "s[n]", "return s[n]", "if (n) return s[n]; else { n++; }", body,
        "int f(const char *s, int n)\n" + body,
      ])
    try expect("c", "static const cha|r *p = q, *r;", ["char", "char *", "static const char *p = q"])
    try expect(
      "c", "switch (a) { case 1: case 2: b| = 3; break; }",
      ["b", "b = 3", "case 2: b = 3", "case 1: case 2: b = 3"])
    try expect("c", "void f(int a, char *b|) {}", ["b", "char *b", "int a, char *b", "(int a, char *b)"])
    try expect("c", "int a;\n#define B(x) \\\n  x|\nint c;", ["x", "#define B(x) \\\n  x"])
  }

  @Test func swiftDeclarations() throws {
    try expect(
      "swift", "public struct A: B {\n  @C var x: [Int|] = y\n}\nz",
      ["Int", "[Int]", ": [Int]", "x: [Int] = y", "@C var x: [Int] = y"])
    try expect(
      "swift", "func f<T>(a b: T|) throws -> T where T: D { return b }\nz",
      [
        "T", ": T", "(a b: T)", "(a b: T) throws -> T",
        "func f<T>(a b: T) throws -> T where T: D { return b }",
      ])
    try expect(
      "swift", "switch a {\ncase .b(let c): d|()\n  e\ndefault: f\n}",
      ["d", "d()", "d()\n  e", "case .b(let c): d()\n  e"])
    try expect(
      "swift", "if let a = b|, c { d } else if e { g }", ["b", "= b", "a = b", "let a = b", "let a = b, c"])
    try expect(
      "swift", "if a { b } else if c { d| }\ne", ["d", "{ d }", "if c { d }", "if a { b } else if c { d }"])
  }

  @Test func stringsAndCommentsHoldWords() throws {
    try expect("swift", "f(\"one two| \\(a + b)\")", ["two", "one two \\(a + b)", "\"one two \\(a + b)\""])
    try expect(
      "swift", "f(\"one \\(a| + b)\")", ["a", "a + b", "\\(a + b)", "one \\(a + b)", "\"one \\(a + b)\""])
    try expect(
      "swift", "// One. Two| three.\n// Four.\nlet a = 1", ["Two", "Two three.", "// One. Two three."])
  }

  @Test func prose() throws {
    let text =
      "First. Then, when she (the old| captain) saw it, she left; nobody knew. Last.\nStill here.\n\nNext one.\n"
    #expect(
      try ranges("plaintext", text) == [
        "old", "the old captain", "(the old captain)",
        "Then, when she (the old captain) saw it, she left; nobody knew.",
        "First. Then, when she (the old captain) saw it, she left; nobody knew. Last.\nStill here.",
      ])
    try expect(
      "plaintext", "He came, saw| it; e.g. a cat. So.",
      ["saw", "saw it", "He came, saw it", "He came, saw it; e.g. a cat."])
  }

  /// Whatever the text and the place: each range holds the one before and is longer, the last is the text.
  @Test(arguments: ["swift", "python", "c", "cpp", "javascript", "plaintext", "markdown", "yaml"])
  func rangesAreNested(languageID: String) throws {
    let pieces =
      "if|else|(|)|{|}|[|]|\"|'|\\(|:|,|;|\n|\n  |\n    | |a|b1|=|->|<|>|?|!|.|case|for|in|lambda|not|//|#if|/*|*/|*|+|struct|func|def|é|-1"
      .split(separator: "|")
    let grammar = try grammar(languageID)
    var random = UInt64(7)
    for _ in 0..<25 {
      var text: [UInt8] = []
      for _ in 0..<60 {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += Array(pieces[Int(random >> 33) % pieces.count].utf8)
      }
      var ranges = SelectionRanges(LexedDocument(text: text, grammar: grammar))
      for place in stride(from: 0, through: text.count, by: 7) {
        let found = ranges.ranges(around: place)
        let isNested = zip(found, found.dropFirst()).allSatisfy { inner, outer in
          outer.lowerBound <= inner.lowerBound && outer.upperBound >= inner.upperBound && outer != inner
        }
        #expect(isNested && found.last == 0..<text.count)
        #expect(found.allSatisfy { $0.lowerBound <= place && $0.upperBound >= place })
      }
    }
  }

  /// Brackets, blocks and operators without end take no stack and little time.
  @Test(arguments: ["swift", "python", "c"])
  func hostileTextsEnd(languageID: String) throws {
    let grammar = try grammar(languageID)
    let pieces = [
      "(", "{", "a+", "if (a) ", "a.b(", "[{", "-", "a ? ", "case a: ", "lambda a: ", "\n\tif a:", "a<",
      "else if ",
      "\"\\(", "@a\n", "a ? b : ", ": ", "else ", ".a", "case a; ", "a, ", "a: ", "(a)",
    ]
    for piece in pieces {
      let text = Array(String(repeating: piece, count: 300).utf8)
      var ranges = SelectionRanges(LexedDocument(text: text, grammar: grammar))
      #expect(ranges.ranges(around: text.count / 2).last == 0..<text.count)
      #expect(ranges.ranges(around: text.count).count <= SelectionRanges.limit)
    }
  }
}
