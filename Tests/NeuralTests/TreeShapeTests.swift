import Neural
import Testing

@Suite struct TreeShapeTests {
  @Test func nodesSpanTheLeavesUnderThem() {
    func spans(_ leafCount: Int, _ pairs: [(Int, Int)]) -> [Range<Int>] {
      TreeShape(leafCount: leafCount, compositions: pairs.map { .init(left: $0.0, right: $0.1) }).spans
    }
    #expect(spans(4, [(1, 2), (0, 4), (5, 3)]) == [0..<1, 1..<2, 2..<3, 3..<4, 1..<3, 0..<3, 0..<4])
    #expect(spans(4, [(0, 1), (2, 3), (4, 5)]).suffix(3) == [0..<2, 2..<4, 0..<4])
    #expect(spans(1, []) == [0..<1] && spans(0, []) == [])
  }
}
