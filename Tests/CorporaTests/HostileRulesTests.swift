import Platform
import Testing

@testable import Corpora

/// Ignore rules that somebody wrote to hold up whoever reads them.
@Suite struct HostileRulesTests {
  private func matches(_ pattern: String, _ text: String, budget: Int = 1 << 20) -> Bool? {
    var budget = budget
    return Wildmatch.matches(Array(pattern.utf8)[...], Array(text.utf8)[...], isPath: true, budget: &budget)
  }

  private func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

  /// Deep patterns take no stack, and many stars no exponential time.
  @Test func patternsEnd() {
    #expect(matches(repeated("**/", 50_000) + "zzz", "a/b/c/d/e/f/g/h") == false)
    #expect(matches(repeated("**/", 50_000) + "h", "a/b/c/d/e/f/g/h") == true)
    #expect(matches(repeated("**/a/", 20) + "b", repeated("a/", 60) + "c") == false)
    #expect(matches(repeated("a*", 30) + "b", repeated("a", 200)) == false)
    #expect(matches("**/" + repeated("a*", 30) + "b", repeated(repeated("a", 20) + "/", 10) + "a") == false)
    #expect(matches(repeated("*/", 40_000), "a/b") == false)
    #expect(matches(repeated("[", 10_000), "a") == false)
    #expect(matches(repeated("a*", 30) + "b", repeated("a", 200), budget: 100) == nil)
  }

  /// More rules than anybody writes: what lies below is left out, and that is said.
  @Test func filesThatAreTooLong() throws {
    let folder = try TemporaryFolder()
    try folder.write("kept.c", "int kept;\n")
    try folder.write("sub/.gitignore", [UInt8](repeating: 0x78, count: (1 << 24) + 1))
    try folder.write("sub/a.c", "int a;\n")
    let (found, report) = try documents([folder.path])
    #expect(found.map(\.file.relativePath) == ["kept.c"])
    #expect(report.leftOut.map(\.reason).contains(.rulesTooLong))
  }

  /// A long list of names costs next to nothing.
  @Test func manyNames() throws {
    let folder = try TemporaryFolder()
    try folder.write(".gitignore", (0..<20_000).map { "name\($0).c\n" }.joined() + "!name7.c\n")
    for i in 0..<40 { try folder.write("d/name\(i * 700 + 7).c", "int x\(i);\n") }
    var options = CorpusOptions()
    options.ignoreStepLimit = 0
    options.ignoreStepsPerEntry = 100
    let kept = ["d/name7.c"] + (29..<40).map { "d/name\($0 * 700 + 7).c" }
    #expect(try relativePaths([folder.path], options) == kept.sorted())
  }

  /// What would take too long to find out is left out rather than read.
  @Test func budget() throws {
    let folder = try TemporaryFolder()
    try folder.write(".gitignore", repeated(repeated("a*", 20) + "b\n", 100))
    for i in 0..<20 { try folder.write(repeated("a", 40) + "\(i).c", "int x\(i);\n") }
    var options = CorpusOptions()
    options.ignoreStepLimit = 0
    options.ignoreStepsPerEntry = 200
    #expect(try relativePaths([folder.path], options) == [])
    options.ignoreStepLimit = 1 << 24
    #expect(try relativePaths([folder.path], options).count == 20)
  }
}
