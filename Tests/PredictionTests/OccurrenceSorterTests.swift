import Platform
import Testing

@testable import Prediction

@Suite struct OccurrenceSorterTests {
  /// Values that come again and again, and values that come once, in one run or many.
  @Test(arguments: [0, 20_000, .max], [0, 1, 1024, 9000])
  func countsAreThoseOfADictionary(byteCount: Int, valueCount: Int) throws {
    var random = SplitMix64(seed: UInt64(valueCount))
    var sorter = OccurrenceSorter(expectedCount: valueCount / 2, room: FittingRoom(byteCount: byteCount))
    var expected: [UInt64: Int] = [:]
    for index in 0..<valueCount {
      let value = index % 3 == 0 ? random.next() : (random.next() % 50) << 32 | 7
      expected[value, default: 0] += 1
      try sorter.append(value)
    }
    var found: [(value: UInt64, count: Int)] = []
    try sorter.finish { value, count in found.append((value, count)) }
    #expect(found.map(\.value) == expected.keys.sorted())
    #expect(found.allSatisfy { expected[$0.value] == $0.count })
  }
}
