import Platform

/// Numbers one after the other: in memory up to a bound, beyond it in a file without a name.
package struct SpillableNumbers: Sendable {
  /// The first numbers.
  private var head: [UInt32] = []
  private let headLimit: Int
  /// The others, but for the last of them.
  private var file: SpillFile?
  private var fileCount = 0
  /// The last ones, to be written together.
  private var tail: [UInt32] = []
  private let temporaryDirectory: String

  /// How many numbers are written at once.
  private static let tailLimit = 1 << 15

  package init(memoryByteCount: Int = .max, temporaryDirectory: String) {
    headLimit = memoryByteCount / MemoryLayout<UInt32>.stride
    self.temporaryDirectory = temporaryDirectory
  }

  /// Numbers so far.
  package var count: Int { head.count + fileCount + tail.count }

  /// Whether there is nothing beyond the bound.
  package var isInMemory: Bool { fileCount == 0 && tail.isEmpty }

  /// Appends numbers, some at a time: each call has its price.
  package mutating func append(_ numbers: [UInt32]) throws(Failure) {
    let left = headLimit - head.count
    if numbers.count <= left {
      head += numbers
      return
    }
    // A head that is full grows no more, as an array's room would.
    if left > 0 {
      head.reserveCapacity(headLimit)
      head += numbers.prefix(left)
    }
    let rest = numbers.dropFirst(left)
    guard tail.count + rest.count >= Self.tailLimit else {
      tail += rest
      return
    }
    try spill(tail[...])
    tail.removeAll(keepingCapacity: true)
    // A long piece is not copied first.
    try spill(rest)
  }

  private mutating func spill(_ numbers: ArraySlice<UInt32>) throws(Failure) {
    let spilled: SpillFile
    if let file { spilled = file } else { spilled = try SpillFile(inDirectory: temporaryDirectory) }
    file = spilled
    let outcome: Result<Void, Failure> = numbers.withUnsafeBytes { bytes in
      do throws(Failure) { return .success(try spilled.append(bytes)) } catch { return .failure(error) }
    }
    try outcome.get()
    fileCount += numbers.count
  }

  package subscript(range: Range<Int>) -> [UInt32] {
    get throws(Failure) {
      if range.upperBound <= head.count { return Array(head[range]) }
      var numbers: [UInt32] = []
      try read(range, into: &numbers)
      return numbers
    }
  }

  /// Replaces `numbers` by those of a range; an array of that many is used as it is.
  package func read(_ range: Range<Int>, into numbers: inout [UInt32]) throws(Failure) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "numbers that were appended")
    if numbers.count != range.count { numbers = [UInt32](repeating: 0, count: range.count) }
    guard !range.isEmpty else { return }
    let result: Result<Void, Failure> = numbers.withUnsafeMutableBufferPointer { numbers in
      do throws(Failure) { return .success(try fill(numbers, from: range)) } catch { return .failure(error) }
    }
    try result.get()
  }

  /// - Parameter numbers: as many as the range has.
  private func fill(
    _ numbers: UnsafeMutableBufferPointer<UInt32>, from range: Range<Int>
  ) throws(Failure) {
    func part(_ place: Range<Int>) -> (here: Range<Int>, there: UnsafeMutableBufferPointer<UInt32>)? {
      let common = range.clamped(to: place)
      guard !common.isEmpty else { return nil }
      let start = common.lowerBound - range.lowerBound
      return (
        common.lowerBound - place.lowerBound..<common.upperBound - place.lowerBound,
        UnsafeMutableBufferPointer(rebasing: numbers[start..<start + common.count])
      )
    }
    let fileEnd = head.count + fileCount
    if let (here, there) = part(0..<head.count) { _ = there.update(fromContentsOf: head[here]) }
    if let (here, there) = part(head.count..<fileEnd), let file {
      try file.read(
        into: UnsafeMutableRawBufferPointer(there),
        atByteOffset: here.lowerBound * MemoryLayout<UInt32>.stride)
    }
    if let (here, there) = part(fileEnd..<fileEnd + tail.count) {
      _ = there.update(fromContentsOf: tail[here])
    }
  }
}
