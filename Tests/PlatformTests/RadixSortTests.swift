import Testing

@testable import Platform

@Suite struct RadixSortTests {
  /// Numbers on both sides of where digits are counted, of few bits and of all, with digits that all of them lack.
  @Test(arguments: [0, 1, 4_096, 4_097, 20_000]) func numbersAreSorted(count: Int) {
    var random = SplitMix64(seed: UInt64(count))
    for mask in [UInt64.max, 0x7FF, 0xFFFF_0000_0000_00FF, 1 << 63] {
      var numbers = (0..<count).map { _ in random.next() & mask }
      let expected = numbers.sorted()
      radixSort(&numbers)
      #expect(numbers == expected)
      var short = (0..<count).map { _ in UInt32(truncatingIfNeeded: random.next() & mask) }
      let expectedShort = short.sorted()
      radixSort(&short)
      #expect(short == expectedShort)
    }
  }

  /// Elements of equal numbers lie as the second order says, whether few or many are sorted.
  @Test(arguments: [0, 1, 100, 10_000])
  func sortsEqualNumbersByTheSecondOrder(count: Int) {
    var random = SplitMix64(seed: UInt64(count))
    var elements = (0..<count).map { (number: (random.next() % 50) << 40, name: UInt32($0)) }
    let expected = elements.sorted { ($0.number, $1.name) < ($1.number, $0.name) }
    radixSort(&elements, by: \.number) { $0.name > $1.name }
    #expect(elements.map(\.name) == expected.map(\.name))
    #expect(elements.map(\.number) == expected.map(\.number))
  }

  /// Several threads sort as one does: numbers of all bits, of few, and nearly all of one group.
  @Test(arguments: [UInt64.max, 0xFFF, 0xFFFF_0000_0000_00FF, 3]) func threadsSortAsOneDoes(mask: UInt64) {
    var random = SplitMix64(seed: mask)
    var elements = (0..<100_000).map { (number: random.next() & mask, name: UInt32($0)) }
    let expected = elements.sorted { ($0.number, $1.name) < ($1.number, $0.name) }
    radixSort(&elements, threadCount: 3, by: \.number) { $0.name > $1.name }
    #expect(elements.map(\.name) == expected.map(\.name))
    #expect(elements.map(\.number) == expected.map(\.number))
  }
}
