import NGrams
import Platform

/// The numbers of documents' types, one document after the other: in memory up to a bound, beyond it in a file without a name.
struct DocumentNumbers {
  /// Of the first documents.
  private var head: [UInt32] = []
  private let headLimit: Int
  /// Of the others.
  private var file: SpillFile?
  /// Of the document that has not ended.
  private var open: [UInt32] = []
  private let temporaryDirectory: String

  init(memoryByteCount: Int, temporaryDirectory: String) {
    headLimit = memoryByteCount / MemoryLayout<UInt32>.stride
    self.temporaryDirectory = temporaryDirectory
  }

  /// Numbers so far.
  var count: Int { head.count + (file?.byteCount ?? 0) / MemoryLayout<UInt32>.stride + open.count }

  mutating func append(_ number: UInt32) { open.append(number) }

  /// Ends a document, whose numbers are in one place.
  mutating func endDocument() throws(Failure) {
    if file == nil, head.count + open.count <= headLimit {
      head += open
    } else {
      let spilled: SpillFile
      if let file { spilled = file } else { spilled = try SpillFile(inDirectory: temporaryDirectory) }
      file = spilled
      try spilled.append(open)
    }
    open.removeAll(keepingCapacity: true)
  }

  /// - Parameter range: within a document that has ended.
  subscript(range: Range<Int>) -> [UInt32] {
    get throws(Failure) {
      if range.upperBound <= head.count { return Array(head[range]) }
      var numbers = [UInt32](repeating: 0, count: range.count)
      guard let file, !range.isEmpty else { return [] }
      try file.read(
        into: &numbers, atByteOffset: (range.lowerBound - head.count) * MemoryLayout<UInt32>.stride)
      return numbers
    }
  }
}
