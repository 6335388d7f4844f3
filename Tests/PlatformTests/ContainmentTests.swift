import Platform
import Testing

@Suite struct ContainmentTests {
  @Test func linksThatLeadOut() throws {
    let root = "/tmp/inkling-containment-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    defer { removeTree(root) }
    try createDirectories(root + "/project/sub")
    try createDirectories(root + "/elsewhere")
    let project = root + "/project"
    #expect(symlink("../elsewhere", project + "/out") == 0)
    #expect(symlink("sub", project + "/in") == 0)
    #expect(symlink("/nowhere/at/all", project + "/dangling") == 0)
    #expect(symlink("loop", project + "/loop") == 0)
    for path in ["sub", "in", "in/new", "sub/new/newer", "", "sub/../sub"] {
      #expect(!leadsOutside(project + "/" + path, of: project), "\(path)")
    }
    for path in ["out", "out/new", "dangling", "loop", "..", "sub/../..", "out/../elsewhere", "new/.."] {
      #expect(leadsOutside(project + "/" + path, of: project), "\(path)")
    }
  }
}
