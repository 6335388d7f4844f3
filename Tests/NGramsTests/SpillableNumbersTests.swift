import Platform
import Testing

@testable import NGrams

@Suite struct SpillableNumbersTests {
  /// What stays in memory, what lies in the file and what waits to be written read as one.
  @Test(arguments: [0, 4, 1000 * 4, 70_000 * 4, .max])
  func rangesAreThoseOfAnArray(memoryByteCount: Int) throws {
    var random = SplitMix64(seed: UInt64(truncatingIfNeeded: memoryByteCount))
    var numbers = SpillableNumbers(memoryByteCount: memoryByteCount, temporaryDirectory: "/tmp")
    var all: [UInt32] = []
    var read: [UInt32] = []
    for round in 0..<40 {
      // Some of nothing, some longer than what is written at once.
      let count = round % 8 == 0 ? 0 : Int(random.next() % (round % 9 == 0 ? 60_000 : 900))
      let piece = (0..<count).map { _ in UInt32(truncatingIfNeeded: random.next()) }
      all += piece
      try numbers.append(piece)
      #expect(numbers.count == all.count)
      #expect(numbers.isInMemory == (all.count <= memoryByteCount / 4))
      for _ in 0..<5 {
        let start = Int(random.next() % UInt64(all.count + 1))
        let range = start..<start + Int(random.next() % UInt64(all.count - start + 1))
        try numbers.read(range, into: &read)
        #expect(read == Array(all[range]))
      }
      #expect(try numbers[0..<all.count] == all)
    }
  }
}
