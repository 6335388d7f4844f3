import Neural
import Platform
import Testing

@Suite struct TreeShapeTests {
  private func tree(_ leafCount: Int, _ pairs: [(Int, Int)]) throws -> TreeShape {
    try TreeShape(leafCount: leafCount, compositions: pairs.map { .init(left: $0.0, right: $0.1) })
  }

  @Test func heightsAreThoseOfTheFarthestLeaf() throws {
    #expect(try tree(4, [(0, 1), (2, 3), (4, 5)]).heights == [0, 0, 0, 0, 1, 1, 2])
    #expect(TreeShape.leftBranching(4).heights == [0, 0, 0, 0, 1, 2, 3])
    #expect(try tree(4, [(1, 2), (0, 4), (5, 3)]).spans.suffix(3) == [1..<3, 0..<3, 0..<4])
    #expect(TreeShape.leftBranching(1).nodeCount == 1 && TreeShape.leftBranching(0).nodeCount == 0)
  }

  @Test(arguments: [
    (3, [(0, 1)]), (3, [(0, 1), (0, 2)]), (3, [(0, 0), (1, 3)]), (3, [(0, 4), (1, 2)]), (2, [(0, -1)]),
    (2, [(0, 1), (2, 2)]), (1, [(0, 0)]), (0, [(0, 0)]),
  ])
  func whatIsNoBinaryTreeIsRefused(leafCount: Int, pairs: [(Int, Int)]) {
    #expect(throws: Failure.self) { try tree(leafCount, pairs) }
  }
}
