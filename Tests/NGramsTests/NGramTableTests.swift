import Platform
import Testing

@testable import NGrams

@Suite struct NGramTableTests {
  /// A level gives the same n-grams from memory and from a file, whatever the buffers' sizes.
  @Test(arguments: [Int.max, 1])
  func cursorReadsBackWhatWasAppended(_ memoryByteCount: Int) throws {
    var builder = NGramLevelBuilder(order: 3, memoryByteCount: memoryByteCount)
    let count: UInt32 = 5000
    for number in 0..<count {
      try builder.append(
        [number / 10, number % 10, 7], logProbability: -Float(number), logBackoff: Float(number) / 2)
    }
    let level = try builder.finish()
    #expect(level.count == Int(count))
    for bufferByteCount in [1, 100, 1 << 18] {
      var cursor = level.makeCursor(bufferByteCount: bufferByteCount)
      var number: UInt32 = 0
      while try cursor.advance() {
        let ids = [cursor.id(0), cursor.id(1), cursor.id(2)]
        let (index, logProbability, logBackoff) = (cursor.index, cursor.logProbability, cursor.logBackoff)
        #expect(index == Int(number))
        #expect(ids == [number / 10, number % 10, 7])
        #expect(logProbability == -Float(number) && logBackoff == Float(number) / 2)
        number += 1
      }
      let isValid = cursor.isValid
      #expect(number == count && !isValid)
    }
  }

  @Test func unwritableTemporaryDirectory() throws {
    let failure = #expect(throws: Failure.self) { try SpillFile(inDirectory: "/no/such/directory") }
    #expect(failure?.what == "/no/such/directory")
  }
}
